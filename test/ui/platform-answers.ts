import type { CredentialView } from "../../server/models/credential-schema.ts";
import type { GroupView } from "../../server/models/group-schema.ts";
import type { ModelView } from "../../server/models/schema.ts";

/** Models, credentials and groups as an admin API could answer them. */

const at = "2026-11-20T09:00:00Z";

const noFurtherPrices = {
  ...{ cached_input_price: null, cache_write_price: null, reasoning_price: null },
  ...{ audio_input_price: null, audio_output_price: null, image_input_price: null },
  ...{ long_context_tokens: null, long_input_price: null, long_cached_input_price: null },
  ...{ long_cache_write_price: null, long_output_price: null },
};

function model(
  change: Partial<ModelView> & { alias: string; behind: readonly string[] },
): ModelView {
  const { behind, ...rest } = change;
  return {
    ...{ mode: "chat", status: "active", groups: ["default"] },
    targets: behind.map((name, index) => ({
      target_id: `019ab1c2-7f00-7000-8000-00000000000${index}`,
      model: name,
      credential_id: credentials[index % credentials.length]!.credential_id,
      ...{ organization_id: null, enabled: true, weight: 1, order: index + 1 },
      ...{ timeout_ms: 600_000, retries: 2, price_source: index === 0 ? "operator" : "book" },
      ...{ input_price: 0.25 * (index + 1), output_price: 2 * (index + 1) },
      ...noFurtherPrices,
    })),
    ...{ default_output_tokens: 1_024, max_output_tokens: 16_384, min_output_tokens: 256 },
    ...{ reasoning: false, cache_ttl_seconds: 3_600, extra_params: ["top_k"] },
    limits: { requests_per_minute: 600, tokens_per_minute: null, concurrent_calls: 40 },
    timeouts: { first_byte_ms: 20_000, idle_ms: null, total_ms: 120_000 },
    ...{ version: 3, created_at: at, updated_at: at },
    ...rest,
  };
}

export const credentials: CredentialView[] = [
  {
    ...{ credential_id: "019ab1c2-7f00-7000-8000-0000000000c1", name: "OpenAI, production" },
    ...{
      has_key: true,
      last_four: "x9Qf",
      api_base: null,
      organization_id: null,
      organization_name: null,
      enabled: true,
    },
    ...{ models: ["chat-fast", "chat-smart"], version: 2, created_at: at, updated_at: at },
  },
  {
    ...{ credential_id: "019ab1c2-7f00-7000-8000-0000000000c2", name: "Own cluster" },
    ...{ has_key: false, last_four: null, api_base: "https://models.example.com/v1" },
    ...{
      organization_id: "aperture-freight",
      organization_name: "Aperture Freight",
      enabled: false,
    },
    ...{ models: [], version: 1, created_at: at, updated_at: at },
  },
];

export const models: ModelView[] = [
  model({
    alias: "chat-fast",
    behind: ["openai/gpt-5-mini", "azure/gpt-5-mini"],
    groups: ["default", "premium"],
  }),
  model({ alias: "chat-smart", behind: ["anthropic/claude-opus-4-5"], groups: ["premium"] }),
  model({
    alias: "embed-small",
    behind: ["openai/text-embedding-3-small"],
    mode: "embedding",
    status: "disabled",
    groups: [],
  }),
];

export const groups: GroupView[] = [
  {
    ...{ group_id: "default", name: "Default", models: ["chat-fast"], team_count: 9 },
    ...{ version: 1, created_at: at },
  },
  {
    ...{ group_id: "premium", name: "Premium", models: ["chat-fast", "chat-smart"] },
    ...{ team_count: 1, version: 4, created_at: at },
  },
];

export const page = <Row>(data: Row[]) => ({ data, next: null, prev: null });
