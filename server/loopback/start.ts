import type { Runtime } from "../runtime/runtime.ts";
import { createLoopbackProvider, type LoopbackOptions, type LoopbackProvider } from "./provider.ts";

export interface RunningLoopbackProvider {
  /** `http://127.0.0.1:<port>`; OpenAI clients take it with `/v1`. */
  readonly url: string;
  readonly provider: LoopbackProvider;
  /** Lets held requests go and closes the port. Twice is fine. */
  stop(): Promise<void>;
}

/** Puts a loopback provider on a free port of the loopback interface, or on a given one. */
export async function startLoopbackProvider(
  runtime: Runtime,
  options: LoopbackOptions & { port?: number } = {},
): Promise<RunningLoopbackProvider> {
  const provider = createLoopbackProvider(options);
  const server = await runtime.serve({
    host: "127.0.0.1",
    port: options.port ?? 0,
    fetch: (request) => provider.fetch(request),
    maxBodyBytes: 64 * 1024 * 1024,
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    provider,
    async stop() {
      provider.reset();
      await server.stop(1_000);
    },
  };
}
