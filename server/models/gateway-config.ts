import type { Context } from "../context.ts";
import { unseal } from "../kernel/sealing.ts";
import type { GatewayConfig, GatewayModel, GatewayTarget } from "../litellm/upstream.ts";
import { pricesFromRow } from "./price.ts";
import { selectAliases, selectModelsVersion, type AliasWithTarget } from "./store.ts";
import { gatewayName, serves, variantsOf } from "./variants.ts";

/** What a sealed provider key is authenticated as. */
export const CREDENTIAL_PURPOSE = "provider_credentials.sealed_key";

/**
 * The active aliases as the gateway serves them, provider keys in plain text: only with targets whose credential is switched on.
 * Throws when the master key is another one.
 */
export async function readGatewayConfig(context: Context): Promise<GatewayConfig> {
  const { drizzle } = context.database;
  const version = await selectModelsVersion(drizzle);
  const aliases = new Map<string, AliasWithTarget[]>();
  for (const row of await selectAliases(drizzle)) {
    if (row.alias.status !== "active" || !row.target) continue;
    aliases.set(row.alias.name, [...(aliases.get(row.alias.name) ?? []), row]);
  }
  const models = [...aliases].flatMap(([alias, rows]) =>
    variantsOf(rows.map(({ credential }) => credential)).map((organizationId): GatewayModel => ({
      alias: gatewayName(alias, organizationId),
      targets: rows
        .filter(({ credential }) => serves(credential, organizationId))
        .map((row) => toTarget(context, row.target!, row.credential)),
    })),
  );
  return { version, models: models.filter(({ targets }) => targets.length > 0) };
}

function toTarget(
  context: Context,
  target: NonNullable<AliasWithTarget["target"]>,
  credential: AliasWithTarget["credential"],
): GatewayTarget {
  const sealed = credential?.sealedKey;
  return {
    id: target.id,
    model: target.model,
    apiKey: sealed
      ? unseal(context.masterKey, CREDENTIAL_PURPOSE, sealed).toString("utf8")
      : undefined,
    apiBase: credential?.apiBase ?? undefined,
    weight: target.weight,
    order: target.fallbackOrder,
    timeoutMs: target.timeoutMs,
    retries: target.retries,
    // A price out of the book is left to the gateway, which knows the book's other kinds as well.
    prices: target.priceSource === "operator" ? pricesFromRow(target) : undefined,
  };
}
