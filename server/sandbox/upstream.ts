import type { Lease, Upstream } from "../litellm/upstream.ts";
import { type RunningLoopbackProvider, startLoopbackProvider } from "../loopback/start.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { isSandbox } from "./sandbox.ts";
import { scenarios } from "./scenarios.ts";

/** The built-in provider that answers test keys. States: idle → (first call) started → (stop) stopped. */
export class SandboxProvider {
  readonly #runtime: Runtime;
  #started: Promise<RunningLoopbackProvider> | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async lease(model: string): Promise<Lease> {
    this.#started ??= startLoopbackProvider(this.#runtime, {
      keptRequests: 0,
      scriptOf: (name) => scenarios[name]?.script ?? {},
    });
    const { url } = await this.#started;
    return { baseUrl: url, headers: {}, model, release: () => {} };
  }

  async stop(): Promise<void> {
    await (await this.#started)?.stop();
  }
}

/** Places for calls: those of sandboxes at the built-in provider, all others where they belong. */
export function withSandbox(
  upstream: Pick<Upstream, "acquire">,
  provider: SandboxProvider,
): Pick<Upstream, "acquire"> {
  return {
    acquire: (request, signal) =>
      isSandbox(request.teamId) ? provider.lease(request.alias) : upstream.acquire(request, signal),
  };
}
