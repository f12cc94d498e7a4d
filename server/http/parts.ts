import type { OriginCheck } from "../browser/origins.ts";
import type { StatusSource } from "../admin/status.ts";
import type { BudgetCatalog } from "../budgets/catalog.ts";
import type { Context } from "../context.ts";
import type { Calls } from "../gateway/calls.ts";
import type { HealthSource } from "../health/health.ts";
import type { NetworkBlock } from "../kernel/network.ts";
import type { Limits } from "../limits/limits.ts";
import type { Upstream } from "../litellm/upstream.ts";
import type { ModelCatalog } from "../models/catalog.ts";
import type { PlanCatalog } from "../pricing/catalog.ts";
import type { Assets } from "../runtime/runtime.ts";
import type { KeyCheck } from "./bearer.ts";

/** What the team API is made of. Everything was created before; putting it together does no I/O. */
export interface AppParts {
  context: Context;
  keys: KeyCheck;
  origins: OriginCheck;
  catalog: ModelCatalog;
  plans: PlanCatalog;
  budgets: BudgetCatalog;
  calls: Calls;
  limits: Limits;
  health: HealthSource;
  /** The Swagger UI's files are among them. */
  assets: Assets;
  settings: ApiSettings;
}

export interface ApiSettings {
  /** How teams know this service; titles the document and its page. */
  brand: () => Promise<string>;
  /** Of this program. */
  version: string;
  /** The largest request body in bytes. */
  bodyLimitBytes: number;
  /** Proxies whose word on the client's address counts; absent = none. */
  trustedProxies?: readonly NetworkBlock[];
}

/** What the admin API and its pages are made of. */
export interface AdminParts {
  context: Context;
  /** The bearer token of the commands on this machine. */
  cliToken: string;
  status: StatusSource;
  upstream: Pick<Upstream, "status" | "priceBook" | "restart" | "renderedConfig">;
  /** The team API, which the playground asks as a team does. */
  api: { handle(request: Request): Promise<Response> };
  /** The admin UI and the Swagger UI's files are among them. */
  assets: Assets;
  settings: Pick<ApiSettings, "version" | "bodyLimitBytes" | "trustedProxies">;
}
