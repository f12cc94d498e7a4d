import type { CredentialScope } from "./variants.ts";
import { limitsToApi, timeoutsToApi } from "./alias-settings.ts";
import { pricesToApi } from "./price-fields.ts";
import type { ModelView } from "./schema.ts";
import type { AliasRow, TargetRow } from "./store.ts";

/** An alias with all that belongs to it, but for secrets. */
export interface WholeAlias {
  alias: AliasRow;
  targets: readonly (TargetRow & { credential: CredentialScope | null })[];
  groups: readonly string[];
}

export function toModelView({ alias, targets, groups }: WholeAlias): ModelView {
  return {
    alias: alias.name,
    // The tables' check constraints admit no other mode and status, and prices come from nowhere else.
    mode: alias.mode as ModelView["mode"],
    status: alias.status as ModelView["status"],
    groups: [...groups],
    targets: targets.map((target) => ({
      target_id: target.id,
      model: target.model,
      credential_id: target.credentialId,
      organization_id: target.credential?.organizationId ?? null,
      enabled: target.credential?.enabled ?? true,
      weight: target.weight,
      order: target.fallbackOrder,
      timeout_ms: target.timeoutMs,
      retries: target.retries,
      price_source: target.priceSource as ModelView["targets"][number]["price_source"],
      ...pricesToApi(target),
    })),
    ...settingsToApi(alias),
    version: alias.version,
    created_at: alias.createdAt.toISOString(),
    updated_at: alias.updatedAt.toISOString(),
  };
}

const settingsToApi = (alias: AliasRow) => ({
  default_output_tokens: alias.defaultOutputTokens,
  max_output_tokens: alias.maxOutputTokens,
  min_output_tokens: alias.minOutputTokens,
  reasoning: alias.reasoning,
  cache_ttl_seconds: alias.cacheTtlSeconds,
  limits: limitsToApi(alias.limits),
  timeouts: timeoutsToApi(alias.timeouts),
  extra_params: alias.extraParams,
});

/** What the audit log tells of an alias. */
export const auditState = (alias: AliasRow, targets: readonly TargetRow[]) => ({
  mode: alias.mode,
  status: alias.status,
  ...settingsToApi(alias),
  targets: targets.map((target) => ({
    model: target.model,
    credential_id: target.credentialId,
    weight: target.weight,
    order: target.fallbackOrder,
    timeout_ms: target.timeoutMs,
    retries: target.retries,
    price_source: target.priceSource,
    ...pricesToApi(target),
  })),
});
