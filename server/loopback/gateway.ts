import type { Usage } from "./usage.ts";

/** What the stand-in for a gateway books, in USD per million tokens. */
export interface StandInPrice {
  input: number;
  output: number;
}

export const defaultPrice: StandInPrice = { input: 1, output: 2 };

/** The cost in USD, a float as LiteLLM reports it. */
export function costOf(usage: Usage, price: StandInPrice): number {
  return (usage.input * price.input + usage.output * price.output) / 1e6;
}

/**
 * The headers that LiteLLM adds to an answer. For a stream it says 0, because they leave before the cost is known;
 * there the cost is `usage.cost` of the last chunk.
 */
export function gatewayHeaders(costUsd: number): Record<string, string> {
  return {
    "x-litellm-call-id": "00000000-0000-4000-8000-000000000000",
    "x-litellm-model-id": "loopback-deployment",
    "x-litellm-model-api-base": "http://provider.invalid/v1",
    "x-litellm-version": "1.102.4",
    "x-litellm-response-cost": String(costUsd),
    "x-litellm-key-spend": "0.0",
    "x-litellm-response-duration-ms": "1.0",
    "x-litellm-attempted-retries": "0",
    "x-litellm-attempted-fallbacks": "0",
    "llm_provider-server": "loopback",
  };
}

/** A price book of two models in the shape of `/public/litellm_model_cost_map`; prices in USD per token. */
export function costMap(price: StandInPrice) {
  return {
    sample_spec: { mode: "one of: chat, embedding", max_tokens: "limit of the output" },
    "loopback-chat": {
      input_cost_per_token: price.input / 1e6,
      output_cost_per_token: price.output / 1e6,
      cache_read_input_token_cost: price.input / 1e7,
      max_input_tokens: 128_000,
      max_output_tokens: 16_384,
      max_tokens: 16_384,
      litellm_provider: "openai",
      mode: "chat",
    },
    "loopback-embedding": {
      input_cost_per_token: price.input / 1e6,
      output_cost_per_token: 0,
      max_input_tokens: 8_192,
      max_tokens: 8_192,
      litellm_provider: "openai",
      mode: "embedding",
    },
  };
}
