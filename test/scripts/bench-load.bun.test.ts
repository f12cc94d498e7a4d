import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LoadResult } from "../../scripts/bench/load.ts";
import { measure } from "../../scripts/bench/rounds.ts";
import { directTarget } from "../../scripts/bench/targets.ts";
import { Worker } from "../../scripts/bench/worker.ts";
import {
  startLoopbackProvider,
  type RunningLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testRuntime } from "../harness/runtime.ts";

let provider: RunningLoopbackProvider;
let generator: Worker;

beforeAll(async () => {
  provider = await startLoopbackProvider(await testRuntime(), { apiKey: "sk-bench" });
  generator = new Worker("load.ts");
});
afterAll(async () => {
  generator.stop();
  await provider.stop();
});

const load = (text: string, stream: boolean) => ({
  urls: [provider.url],
  connections: 2,
  requests: [{ path: "/v1/chat/completions", headers: { authorization: "Bearer sk-bench" } }],
  body: JSON.stringify({ model: "m", stream, messages: [{ role: "user", content: text }] }),
  durationMs: 50,
});

describe("the load generator", () => {
  it("sends what the provider counts, over the connections asked for", async () => {
    provider.provider.reset();
    const result = await generator.ask<LoadResult>(load("hi", false));
    expect(result.problem).toBe(undefined);
    expect(result.requests).toBeGreaterThan(0);
    expect(provider.provider.counters.total).toBe(result.requests);
    expect(provider.provider.counters.peakInFlight).toBeLessThanOrEqual(2);
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
  });

  it("tells a stream's first byte from its end", async () => {
    const script = { text: "abc", chunks: 3, chunk_interval_ms: 300 };
    const result = await generator.ask<LoadResult>(
      load(`#loopback ${JSON.stringify(script)}`, true),
    );
    expect(result.problem).toBe(undefined);
    // Two intervals lie between them, of which a machine that stands still may hide one.
    expect(result.firstByteP50Ms).toBeLessThan(result.p50Ms - 200);
  });

  it("counts a latency as such", async () => {
    const result = await generator.ask<LoadResult>(load('#loopback {"latency_ms": 60}', false));
    expect(result.p50Ms).toBeGreaterThanOrEqual(40);
  });

  it("says what was answered instead of measuring refusals", async () => {
    const result = await generator.ask<LoadResult>(load('#loopback {"status": 500}', false));
    expect(result.problem).toContain("500");
    expect(result.problem).toContain("server_error");
  });

  it("says when a connection breaks", async () => {
    const script = { cut_after_chunks: 1 };
    const result = await generator.ask<LoadResult>(
      load(`#loopback ${JSON.stringify(script)}`, true),
    );
    expect(result.problem).toContain("closed");
  });

  it("is measured in rounds, which fail with the target's name", async () => {
    const series = { generator, connections: 2, stream: true, rounds: 2, durationMs: 500 };
    const good = directTarget("good", provider.url, "sk-bench");
    const figures = (await measure({ ...series, targets: [good] })).get("good");
    expect(figures?.perSecond).toBeGreaterThan(0);
    const bad = directTarget("bad", provider.url, "sk-other");
    const failed = await measure({ ...series, targets: [bad] }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ message: expect.stringContaining("bad: 401") as string });
  });
});
