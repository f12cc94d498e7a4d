import type { BrowserGrant } from "../browser/grant.ts";
import type { CallLimits } from "../../db/schema/organizations.ts";

/** Who is calling the team API, as the virtual key proves it. */
export interface TeamPrincipal {
  keyId: string;
  keyName: string;
  /** Whose jobs, wallet and usage it works on: the team's, or those of its sandbox. */
  teamId: string;
  /** The team itself, whose plan, models and limits count. */
  accountId: string;
  isTest: boolean;
  /** Origins of pages that the key may be used from; empty = none. */
  allowedOrigins: readonly string[];
  /** Set when a browser token of the key was sent: all that may be done with it. */
  browser?: BrowserGrant;
  teamName: string;
  organizationId: string;
  /** Of the team and its organization together; `deleted` ones have no valid keys. */
  teamStatus: "active" | "suspended" | "paused";
  /** ISO 8601; null = until somebody resumes it. Only when paused. */
  resumesAt: string | null;
  walletId: string;
  /** The alias of calls that name no model, if set. */
  defaultAlias: string | null;
  /** Job type → alias. */
  jobTypeAliases: Readonly<Record<string, string>>;
  /** Of its calls; each counts by itself. */
  limits: { team: CallLimits; key: CallLimits };
}
