import type { Context } from "../context.ts";
import { unseal } from "../kernel/sealing.ts";
import type { GatewayConfig, GatewayModel, GatewayTarget } from "../litellm/upstream.ts";
import { selectAliases, selectModelsVersion, type AliasWithTarget } from "./store.ts";

/** What a sealed provider key is authenticated as. */
export const CREDENTIAL_PURPOSE = "provider_credentials.sealed_key";

/** The active aliases as the gateway serves them, provider keys in plain text. Throws when the master key is another one. */
export async function readGatewayConfig(context: Context): Promise<GatewayConfig> {
  const { drizzle } = context.database;
  const version = await selectModelsVersion(drizzle);
  const models = new Map<string, GatewayModel & { targets: GatewayTarget[] }>();
  for (const row of await selectAliases(drizzle)) {
    if (row.alias.status !== "active" || !row.target) continue;
    const model = models.get(row.alias.id) ?? { alias: row.alias.name, targets: [] };
    model.targets.push(toTarget(context, row.target, row.credential));
    models.set(row.alias.id, model);
  }
  return { version, models: [...models.values()] };
}

function toTarget(
  context: Context,
  target: NonNullable<AliasWithTarget["target"]>,
  credential: AliasWithTarget["credential"],
): GatewayTarget {
  const sealed = credential?.sealedKey;
  // A price out of the book is left to the gateway, which knows the book's other kinds as well.
  const ours = target.priceSource === "operator";
  return {
    model: target.model,
    apiKey: sealed
      ? unseal(context.masterKey, CREDENTIAL_PURPOSE, sealed).toString("utf8")
      : undefined,
    apiBase: credential?.apiBase ?? undefined,
    weight: target.weight,
    timeoutMs: target.timeoutMs,
    retries: target.retries,
    inputNanosPerMillion: ours ? (target.inputNanos ?? undefined) : undefined,
    outputNanosPerMillion: ours ? (target.outputNanos ?? undefined) : undefined,
  };
}
