import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../server/kernel/log.ts";
import { createUpstream } from "../../server/litellm/create-upstream.ts";
import type { GatewayTarget, Upstream } from "../../server/litellm/upstream.ts";
import {
  startLoopbackProvider,
  type RunningLoopbackProvider,
} from "../../server/loopback/start.ts";
import { until } from "../harness/process.ts";
import { testRuntime } from "../harness/runtime.ts";

const runtime = await testRuntime();

let proxy: RunningLoopbackProvider;
let upstream: Upstream;
let changes: number;

const target: GatewayTarget = {
  id: "a",
  model: "their-model",
  apiKey: undefined,
  apiBase: undefined,
  weight: 1,
  order: 1,
  timeoutMs: 1_000,
  retries: 0,
  prices: undefined,
};

beforeEach(async () => {
  proxy = await startLoopbackProvider(runtime, { gateway: true });
  changes = 0;
  upstream = createUpstream({
    mode: { kind: "external", url: `${proxy.url}//`, apiKey: "sk-theirs" },
    self: runtime.self,
    assets: runtime.assets,
    dataDir: "/nowhere",
    environmentDir: "/nowhere",
    environment: {},
    workers: 1,
    port: 0,
    log: silentLog,
    onChange: () => void (changes += 1),
  });
});

afterEach(async () => {
  await upstream.stop(1_000);
  await proxy.stop();
});

describe("an operator's own LiteLLM", () => {
  it("is reached by its URL and key, as the first target's model", async () => {
    upstream.start();
    upstream.apply({ version: 1, models: [{ alias: "chat", targets: [target] }] });
    await upstream.whenReady(5_000);
    const lease = await upstream.acquire({ alias: "chat", teamId: "team-a" });
    expect(lease).toMatchObject({
      baseUrl: proxy.url,
      model: "their-model",
      headers: { authorization: "Bearer sk-theirs" },
    });
    lease.release();
    expect(upstream.status()).toMatchObject({
      state: "ready",
      mode: "external",
      wantedConfig: 1,
      servedConfig: 1,
      children: [],
    });
    expect(changes).toBeGreaterThan(0);
  });

  it("counts as away while it does not answer, and says which address", async () => {
    await proxy.stop();
    upstream.start();
    upstream.apply({ version: 1, models: [] });
    await until("it is found away", () => upstream.status().state === "restarting");
    expect(upstream.status().problem).toContain(proxy.url);
  });

  it("tells its prices", async () => {
    upstream.start();
    expect((await upstream.priceBook())?.size).toBeGreaterThan(0);
  });

  it("has none to tell while it is away", async () => {
    await proxy.stop();
    expect(await upstream.priceBook()).toBeUndefined();
  });

  it("refuses an alias without a model", async () => {
    upstream.apply({ version: 1, models: [] });
    await expect(upstream.acquire({ alias: "chat", teamId: "team-a" })).rejects.toMatchObject({
      code: "gateway_unavailable",
    });
  });

  it("waits for nothing when it was never started", async () => {
    await upstream.stop(1_000);
    expect(upstream.status().state).toBe("stopped");
  });
});
