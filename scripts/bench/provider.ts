/**
 * The fake provider as a process of its own, so that it does not run in the time of what is measured. Prints one line of
 * JSON with its addresses and ends when its input does.
 */
import { startLoopbackProvider } from "../../server/loopback/start.ts";
import { bunRuntime } from "../../server/runtime/bun.ts";

export interface ProviderAddresses {
  /** A plain provider, for LiteLLM. */
  providerUrl: string;
  /** The same as a stand-in for LiteLLM, for `LITELLM_URL`. */
  gatewayUrl: string;
}

if (import.meta.main) {
  const provider = await startLoopbackProvider(bunRuntime, { keptRequests: 0 });
  const gateway = await startLoopbackProvider(bunRuntime, {
    gateway: true,
    keptRequests: 0,
    models: ["bench"],
  });
  const addresses: ProviderAddresses = { providerUrl: provider.url, gatewayUrl: gateway.url };
  process.stdout.write(`${JSON.stringify(addresses)}\n`);
  process.stdin.on("end", () => process.exit(0));
  process.stdin.resume();
}
