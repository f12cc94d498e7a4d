import { noPrices } from "../../server/pricing/cost.ts";
import type {
  GatewayModel,
  GatewayTarget,
  Lease,
  Upstream,
} from "../../server/litellm/upstream.ts";

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

/** Aliases with one target and with several, some of which are dead: nothing listens there. */
export function gatewayModels(providerUrl: string): GatewayModel[] {
  const target = (change: Partial<GatewayTarget> = {}) => gatewayTarget(providerUrl, change);
  const dead = (change: Partial<GatewayTarget> = {}) =>
    target({ apiBase: "http://127.0.0.1:9/v1", ...change });
  const noPrice = { prices: undefined };
  return [
    { alias: "chat-fast", targets: [target()] },
    { alias: "odd, *name*", targets: [target()] },
    { alias: "retried", targets: [target({ retries: 2 })] },
    { alias: "backed", targets: [dead({ retries: 1 }), target({ id: "b", order: 2 })] },
    {
      alias: "twice-backed",
      targets: [dead(), dead({ id: "b", order: 2 }), target({ id: "c", order: 3 })],
    },
    { alias: "shared", targets: [dead({ weight: 9 }), target({ id: "b" })] },
    { alias: "unpriced", targets: [target(noPrice)] },
    { alias: "embed", targets: [target({ model: "openai/text-embedding-3-small", ...noPrice })] },
  ];
}

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

/** A call with a place of its own; the answer is read whole. */
export async function callThrough(
  upstream: Pick<Upstream, "acquire">,
  of: { alias: string; script: object; more: object },
) {
  const lease = await upstream.acquire({ alias: of.alias, teamId: "team-a" });
  try {
    const response = await sendScripted(lease, of.script, of.more);
    return { status: response.status, headers: response.headers, text: await response.text() };
  } finally {
    lease.release();
  }
}
