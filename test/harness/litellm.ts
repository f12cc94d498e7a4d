import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipWheel } from "../../scripts/litellm-assets.ts";
import { silentLog } from "../../server/kernel/log.ts";
import { createUpstream, type UpstreamOptions } from "../../server/litellm/create-upstream.ts";
import type { Upstream } from "../../server/litellm/upstream.ts";
import { testRuntime } from "./runtime.ts";

/** Where the tests of this checkout, its bench and the executables that they start share one installed LiteLLM. */
export const sharedEnvironmentDir = join(import.meta.dirname, "../../.cache/litellm");

export interface TestGateway extends AsyncDisposable {
  upstream: Upstream;
  dataDir: string;
}

/** A real, supervised LiteLLM with a data directory of its own, started but not waited for. */
export async function testGateway(options: Partial<UpstreamOptions> = {}): Promise<TestGateway> {
  const [runtime, dataDir] = await Promise.all([
    testRuntime(),
    mkdtemp(join(tmpdir(), "litellm-test-")),
    pipWheel(),
  ]);
  const upstream = createUpstream({
    mode: { kind: "managed" },
    self: runtime.self,
    assets: runtime.assets,
    dataDir,
    environmentDir: sharedEnvironmentDir,
    environment: process.env,
    workers: 1,
    port: 0,
    log: silentLog,
    onChange: () => {},
    ...options,
  });
  upstream.start();
  return {
    upstream,
    dataDir,
    async [Symbol.asyncDispose]() {
      await upstream.stop(5_000);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
