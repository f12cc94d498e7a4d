import type { CallLimits, CallTimeouts } from "../../db/schema/index.ts";
import { ConfigCache } from "../config-cache.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import type { GatewayConfig } from "../litellm/upstream.ts";
import type { TargetPrices } from "../pricing/cost.ts";
import { readGatewayConfig } from "./gateway-config.ts";
import { pricesFromRow } from "./price.ts";
import { type AliasWithTarget, selectAliases, selectGrantedAliases } from "./store.ts";
import { gatewayName, serves, variantsOf } from "./variants.ts";

/** Teams whose granted aliases stay in memory. */
const TEAM_CAPACITY = 20_000;

export interface AliasTarget {
  id: string;
  /** A LiteLLM model string. Never shown to teams. */
  model: string;
  weight: number;
  /** Tried when the targets of a lower order have failed. */
  fallbackOrder: number;
  timeoutMs: number;
  retries: number;
  prices: TargetPrices;
}

/** A model alias as the call path sees it, for the teams of one organization. */
export interface ModelAlias {
  id: string;
  name: string;
  /** What the gateway calls it for these teams. */
  gatewayName: string;
  mode: "chat" | "embedding";
  /** Raised by every change of the alias. */
  version: number;
  createdAt: Date;
  extraParams: readonly string[];
  /** Null = 4,096 for the worst case. */
  defaultOutputTokens: number | null;
  /** Null = the provider's. */
  maxOutputTokens: number | null;
  /** An output limit is never cut below this for want of credits. */
  minOutputTokens: number;
  /** Its output limit is never cut. */
  reasoning: boolean;
  /** How long answers are kept; 0 = not at all. */
  cacheTtlSeconds: number;
  timeouts: CallTimeouts;
  /** Of the calls of all teams together. */
  limits: CallLimits;
  /** Those that may serve these teams, in order of position; none = no call can be made at present. */
  targets: readonly AliasTarget[];
}

export interface ModelCatalog {
  /** The active aliases that a team may use, by name. */
  grantedTo(teamId: string): Promise<readonly ModelAlias[]>;
  /** The active alias of a name with the targets that serve everyone; undefined = there is none. */
  alias(name: string): Promise<ModelAlias | undefined>;
  /** What the gateway has to serve, read anew with decrypted credentials. */
  gatewayConfig(): Promise<GatewayConfig>;
  /** Stops listening for changes; twice is fine. */
  stop(): void;
}

/** An active alias with all rows of its targets. */
type AliasRows = readonly [AliasWithTarget, ...AliasWithTarget[]];

/** The aliases and grants in memory, for the call path; dropped when models or tenants change. */
export function createModelCatalog(context: Context): ModelCatalog {
  const { changes } = context;
  const aliases = new ConfigCache<ReadonlyMap<string, AliasRows>>({
    changes,
    kinds: ["models"],
    capacity: 1,
  });
  const grants = new ConfigCache<readonly ModelAlias[]>({
    changes,
    kinds: ["models", "tenants"],
    capacity: TEAM_CAPACITY,
  });
  const readAliases = () => aliases.get("all", () => loadAliases(context));

  return {
    grantedTo: (teamId) =>
      grants.get(teamId, async () => {
        const granted = await selectGrantedAliases(context.database.drizzle, teamId);
        const rows = await readAliases();
        return granted
          .flatMap(({ name, organizationId }) => {
            const alias = rows.get(name);
            return alias ? [aliasFor(alias, organizationId)] : [];
          })
          .sort((one, other) => (one.name < other.name ? -1 : 1));
      }),
    async alias(name) {
      const rows = (await readAliases()).get(name);
      return rows && aliasFor(rows, null);
    },
    gatewayConfig: () => readGatewayConfig(context),
    stop() {
      aliases.stop();
      grants.stop();
    },
  };
}

/** The alias, if a call can go anywhere. Throws `model_unavailable`: its targets are switched off or another organization's. */
export function requireTargets(alias: ModelAlias): ModelAlias {
  if (alias.targets.length > 0) return alias;
  throw new DomainError(
    "model_unavailable",
    `${JSON.stringify(alias.name)} cannot be used at present. Use another model, or ask whoever runs this service.`,
    { hints: { model: alias.name }, retryAfterSeconds: 30 },
  );
}

async function loadAliases(context: Context): Promise<Map<string, AliasRows>> {
  const aliases = new Map<string, [AliasWithTarget, ...AliasWithTarget[]]>();
  for (const row of await selectAliases(context.database.drizzle)) {
    if (row.alias.status !== "active") continue;
    const known = aliases.get(row.alias.name);
    if (known) known.push(row);
    else aliases.set(row.alias.name, [row]);
  }
  return aliases;
}

function aliasFor(rows: AliasRows, organizationId: string | null): ModelAlias {
  const [{ alias }] = rows;
  const hasOwn = variantsOf(rows.map(({ credential }) => credential)).includes(organizationId);
  return {
    id: alias.id,
    name: alias.name,
    gatewayName: gatewayName(alias.name, hasOwn ? organizationId : null),
    mode: alias.mode === "embedding" ? "embedding" : "chat",
    version: alias.version,
    createdAt: alias.createdAt,
    extraParams: alias.extraParams,
    defaultOutputTokens: alias.defaultOutputTokens,
    maxOutputTokens: alias.maxOutputTokens,
    minOutputTokens: alias.minOutputTokens,
    reasoning: alias.reasoning,
    cacheTtlSeconds: alias.cacheTtlSeconds,
    timeouts: alias.timeouts,
    limits: alias.limits,
    targets: rows.flatMap(({ target, credential }) =>
      target && serves(credential, organizationId) ? [toTarget(target)] : [],
    ),
  };
}

const toTarget = (row: NonNullable<AliasWithTarget["target"]>): AliasTarget => ({
  id: row.id,
  model: row.model,
  weight: row.weight,
  fallbackOrder: row.fallbackOrder,
  timeoutMs: row.timeoutMs,
  retries: row.retries,
  prices: pricesFromRow(row),
});
