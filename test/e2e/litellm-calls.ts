import { noPrices } from "../../server/pricing/cost.ts";
import type { GatewayTarget, Lease } from "../../server/litellm/upstream.ts";

export const providerKey = "provider-key-that-must-not-show";

/** A target at the loopback provider, at $1 and $2 per million tokens. */
export const gatewayTarget = (
  providerUrl: string,
  change: Partial<GatewayTarget> = {},
): GatewayTarget => ({
  id: "a",
  model: "openai/loopback-chat",
  apiKey: providerKey,
  apiBase: `${providerUrl}/v1`,
  weight: 1,
  order: 1,
  timeoutMs: 60_000,
  retries: 0,
  prices: { ...noPrices, input: 1_000_000_000n, output: 2_000_000_000n },
  ...change,
});

/** A chat call through a place at the gateway, whose message scripts the provider. */
export const sendScripted = (
  lease: Pick<Lease, "baseUrl" | "headers" | "model">,
  script: object,
  more = {},
) =>
  fetch(`${lease.baseUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { ...lease.headers, "content-type": "application/json" },
    body: JSON.stringify({
      model: lease.model,
      messages: [{ role: "user", content: `Hi #loopback ${JSON.stringify(script)}` }],
      ...more,
    }),
  });
