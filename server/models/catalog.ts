import { ConfigCache } from "../config-cache.ts";
import type { Context } from "../context.ts";
import type { GatewayConfig } from "../litellm/upstream.ts";
import type { TargetPrices } from "../pricing/cost.ts";
import { readGatewayConfig } from "./gateway-config.ts";
import { selectAliases, selectGrantedAliasIds, type TargetRow } from "./store.ts";

/** Teams whose granted aliases stay in memory. */
const TEAM_CAPACITY = 20_000;

export interface AliasTarget {
  /** A LiteLLM model string. Never shown to teams. */
  model: string;
  weight: number;
  timeoutMs: number;
  retries: number;
  prices: TargetPrices;
}

/** A model alias as the call path sees it. */
export interface ModelAlias {
  id: string;
  name: string;
  mode: "chat" | "embedding";
  /** Raised by every change of the alias. */
  version: number;
  createdAt: Date;
  extraParams: readonly string[];
  /** Null = 4,096 for the worst case. */
  defaultOutputTokens: number | null;
  /** Null = the provider's. */
  maxOutputTokens: number | null;
  /** In order of position. */
  targets: readonly AliasTarget[];
}

export interface ModelCatalog {
  /** The active aliases that a team may use, by name. */
  grantedTo(teamId: string): Promise<readonly ModelAlias[]>;
  /** The active alias of a name, whoever may use it; undefined = there is none. */
  alias(name: string): Promise<ModelAlias | undefined>;
  /** What the gateway has to serve, read anew with decrypted credentials. */
  gatewayConfig(): Promise<GatewayConfig>;
  /** Stops listening for changes; twice is fine. */
  stop(): void;
}

interface Aliases {
  byName: ReadonlyMap<string, ModelAlias>;
  byId: ReadonlyMap<string, ModelAlias>;
}

/** The aliases and grants in memory, for the call path; dropped when models or tenants change. */
export function createModelCatalog(context: Context): ModelCatalog {
  const { changes } = context;
  const aliases = new ConfigCache<Aliases>({ changes, kinds: ["models"], capacity: 1 });
  const grants = new ConfigCache<readonly ModelAlias[]>({
    changes,
    kinds: ["models", "tenants"],
    capacity: TEAM_CAPACITY,
  });
  const readAliases = () => aliases.get("all", () => loadAliases(context));

  return {
    grantedTo: (teamId) =>
      grants.get(teamId, async () => {
        const ids = await selectGrantedAliasIds(context.database.drizzle, teamId);
        const { byId } = await readAliases();
        return ids
          .flatMap((id) => byId.get(id) ?? [])
          .sort((one, other) => (one.name < other.name ? -1 : 1));
      }),
    alias: async (name) => (await readAliases()).byName.get(name),
    gatewayConfig: () => readGatewayConfig(context),
    stop() {
      aliases.stop();
      grants.stop();
    },
  };
}

async function loadAliases(context: Context): Promise<Aliases> {
  const byId = new Map<string, ModelAlias & { targets: AliasTarget[] }>();
  for (const { alias, target } of await selectAliases(context.database.drizzle)) {
    if (alias.status !== "active") continue;
    const known = byId.get(alias.id) ?? {
      id: alias.id,
      name: alias.name,
      mode: alias.mode === "embedding" ? "embedding" : "chat",
      version: alias.version,
      createdAt: alias.createdAt,
      extraParams: alias.extraParams,
      defaultOutputTokens: alias.defaultOutputTokens,
      maxOutputTokens: alias.maxOutputTokens,
      targets: [],
    };
    if (target) known.targets.push(toTarget(target));
    byId.set(alias.id, known);
  }
  return { byId, byName: new Map([...byId.values()].map((alias) => [alias.name, alias])) };
}

function toTarget(row: TargetRow): AliasTarget {
  return {
    model: row.model,
    weight: row.weight,
    timeoutMs: row.timeoutMs,
    retries: row.retries,
    prices: {
      input: row.inputNanos ?? undefined,
      output: row.outputNanos ?? undefined,
      cachedInput: row.cachedInputNanos ?? undefined,
      cacheWrite: row.cacheWriteNanos ?? undefined,
      reasoning: row.reasoningNanos ?? undefined,
    },
  };
}
