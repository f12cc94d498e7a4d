import type { CallLimits } from "../../db/schema/organizations.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import type { ModelAlias } from "../models/catalog.ts";

/** Who or what a limit is of. A model's counts the calls of all teams together. */
export interface Scope {
  kind: "team" | "key" | "model";
  /** Never changes, unlike the name. */
  id: string;
  name: string;
  limits: CallLimits;
}

/** What is asked of one scope for a call: besides a request and a place, these tokens. */
export interface Demand {
  scope: Scope;
  tokens: number;
}

/** What a scope has used of the window, or less than nothing where it is taken back. */
export interface Use {
  scope: Scope;
  requests: number;
  tokens: number;
}

export type LimitedPrincipal = Pick<
  TeamPrincipal,
  "teamId" | "teamName" | "keyId" | "keyName" | "limits"
>;

/** The scopes that have limits; none is the usual case and costs nothing. */
export function scopesOf(
  principal: LimitedPrincipal,
  alias?: Pick<ModelAlias, "id" | "name" | "limits">,
) {
  const { team, key } = principal.limits;
  const scopes: Scope[] = [];
  if (isLimit(team)) {
    scopes.push({ kind: "team", id: principal.teamId, name: principal.teamName, limits: team });
  }
  if (isLimit(key)) {
    scopes.push({ kind: "key", id: principal.keyId, name: principal.keyName, limits: key });
  }
  if (alias && isLimit(alias.limits)) {
    scopes.push({ kind: "model", id: alias.id, name: alias.name, limits: alias.limits });
  }
  return scopes;
}

/** One scope from every other, in memory. */
export const keyOf = ({ kind, id }: Scope) => `${kind}:${id}`;

export const countsInWindow = ({ requestsPerMinute, tokensPerMinute }: CallLimits) =>
  requestsPerMinute !== undefined || tokensPerMinute !== undefined;

const isLimit = (limits: CallLimits) =>
  countsInWindow(limits) || limits.concurrentCalls !== undefined;

/** A call larger than a whole minute's tokens may begin when the minute is empty, rather than never. */
export const demandOf = (scope: Scope, tokens: number): Demand => ({
  scope,
  tokens: Math.min(tokens, scope.limits.tokensPerMinute ?? 0),
});
