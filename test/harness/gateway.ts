import { afterAll } from "vitest";
import { silentLog } from "../../server/kernel/log.ts";
import { External } from "../../server/litellm/external.ts";
import type { Upstream } from "../../server/litellm/upstream.ts";
import type { LoopbackOptions, LoopbackProvider } from "../../server/loopback/provider.ts";
import { startLoopbackProvider } from "../../server/loopback/start.ts";
import { testRuntime } from "./runtime.ts";

export interface StandInGateway {
  url: string;
  /** What it was asked, and gates that hold its answers. */
  provider: LoopbackProvider;
  /** Reaches it as an operator's own LiteLLM. */
  upstream: Upstream;
}

/** The loopback provider in LiteLLM's place. Call it at the top level of the file; it ends with the file. */
export async function standInGateway(options: LoopbackOptions = {}): Promise<StandInGateway> {
  const running = await startLoopbackProvider(await testRuntime(), { ...options, gateway: true });
  const upstream = new External({
    url: running.url,
    apiKey: "sk-stand-in",
    log: silentLog,
    onChange: () => {},
  });
  upstream.start();
  afterAll(async () => {
    await upstream.stop();
    await running.stop();
  });
  return { url: running.url, provider: running.provider, upstream };
}
