import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { makeInternalKey } from "../../server/litellm/internal-key.ts";
import { answeringTarget } from "../../server/litellm/proxy-config.ts";
import type { GatewayModel, GatewayTarget, Upstream } from "../../server/litellm/upstream.ts";
import {
  startLoopbackProvider,
  type RunningLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testGateway, type TestGateway } from "../harness/litellm.ts";
import { freePort } from "../harness/ports.ts";
import { until } from "../harness/process.ts";
import { testRuntime } from "../harness/runtime.ts";
import {
  callThrough,
  gatewayModels,
  gatewayTarget,
  providerKey,
  sendScripted,
} from "./litellm-calls.ts";

/** Real LiteLLM, installed once into `.cache/litellm`; only the provider behind it is ours. */
const INSTALL_MS = 300_000;
const START_MS = 120_000;

let provider: RunningLoopbackProvider;
let gateway: TestGateway;
let upstream: Upstream;
let wished: number;
let version = 0;

const target = (change: Partial<GatewayTarget> = {}) => gatewayTarget(provider.url, change);

const models = () => gatewayModels(provider.url);

async function serve(newModels: readonly GatewayModel[]): Promise<void> {
  version += 1;
  upstream.apply({ version, models: newModels });
  await upstream.whenReady(START_MS);
}

const call = (alias: string, script: object = {}, more = {}) =>
  callThrough(upstream, { alias, script, more });

beforeAll(async () => {
  provider = await startLoopbackProvider(await testRuntime());
  wished = await freePort();
  gateway = await testGateway({ workers: 2, port: wished });
  upstream = gateway.upstream;
  await serve(models());
}, INSTALL_MS);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await provider.stop();
});

afterEach(() => provider.provider.reset());

describe("a call", () => {
  it("goes through at the given price, and the answer names its target", async () => {
    const script = { input_tokens: 1000, cached_tokens: 200, output_tokens: 500 };
    const { status, headers, text } = await call("chat-fast", script);
    expect(status).toBe(200);
    expect(headers.get("x-litellm-response-cost")).toBe("0.002");
    expect(answeringTarget(headers.get("x-litellm-model-id"))).toBe("a");
    expect(JSON.parse(text)).toMatchObject({
      usage: { prompt_tokens: 1000, completion_tokens: 500 },
    });
    expect(provider.provider.requests[0]?.headers.get("authorization")).toBe(
      `Bearer ${providerKey}`,
    );
  });

  it("of a stream costs the same, told in its last chunk", async () => {
    const script = { input_tokens: 1000, cached_tokens: 200, output_tokens: 500 };
    const { text } = await call("chat-fast", script, {
      stream: true,
      stream_options: { include_usage: true },
    });
    const events = text.trim().split("\n\n");
    expect(events.at(-1)).toBe("data: [DONE]");
    expect(JSON.parse(events.at(-2)!.slice("data: ".length))).toMatchObject({
      usage: { prompt_tokens: 1000, completion_tokens: 500, cost: 0.002 },
    });
  });

  it("of a stream that the provider cuts ends in an error event, without [DONE]", async () => {
    const { text } = await call("chat-fast", { cut_after_chunks: 1 }, { stream: true });
    const last = text.trim().split("\n\n").at(-1)!;
    expect(JSON.parse(last.slice("data: ".length))).toMatchObject({ error: { code: "500" } });
    expect(text).not.toContain("[DONE]");
  });

  it("reaches an alias whose name would be a pattern or a list to LiteLLM", async () => {
    expect((await call("odd, *name*")).status).toBe(200);
  });

  it("has no cost header when no price is known", async () => {
    const { status, headers } = await call("unpriced");
    expect(status).toBe(200);
    expect(headers.get("x-litellm-response-cost")).toBeNull();
  });

  it("keeps the provider's status, also the tenth time: one target never cools down", async () => {
    for (const status of [400, 401, 429, 500, 500, 500, 500, 500, 500, 500]) {
      const answer = await call("chat-fast", { status, retry_after: 1 });
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.text)).toMatchObject({ error: { code: String(status) } });
    }
    expect((await call("chat-fast")).status).toBe(200);
    expect(provider.provider.requests).toHaveLength(11);
  });

  it("is tried again as often as its target says", async () => {
    const { status } = await call("retried", { status: 500 });
    expect(status).toBe(500);
    expect(provider.provider.requests).toHaveLength(3);
  });

  it.each([
    ["backed", "b"],
    ["twice-backed", "c"],
    ["shared", "b"],
  ])("of %s is answered by the target that can, plain and streamed", async (alias, answering) => {
    for (const more of [{}, { stream: true }, {}, { stream: true }]) {
      const { status, headers, text } = await call(alias, {}, more);
      expect(status).toBe(200);
      expect(answeringTarget(headers.get("x-litellm-model-id"))).toBe(answering);
      if ("stream" in more) expect(text.trim().endsWith("data: [DONE]")).toBe(true);
    }
    expect(provider.provider.requests).toHaveLength(4);
  });

  it("whose targets all fail ends with the provider's status", async () => {
    const { status } = await call("backed", { status: 429 });
    expect(status).toBe(429);
  });

  it("for embeddings counts tokens and has a cost from the price map", async () => {
    const lease = await upstream.acquire({ alias: "embed", teamId: "team-a" });
    const response = await fetch(`${lease.baseUrl}/v1/embeddings`, {
      method: "POST",
      headers: { ...lease.headers, "content-type": "application/json" },
      body: JSON.stringify({ model: lease.model, input: "Hello" }),
    });
    lease.release();
    expect(response.status).toBe(200);
    expect(Number(response.headers.get("x-litellm-response-cost"))).toBeGreaterThan(0);
    const body = (await response.json()) as { usage: { prompt_tokens: number } };
    expect(body.usage.prompt_tokens).toBeGreaterThan(0);
  });

  it("is refused with 401 without a key of ours", async () => {
    const lease = await upstream.acquire({ alias: "chat-fast", teamId: "team-a" });
    lease.release();
    const inAnHour = Math.floor(Date.now() / 1000) + 3_600;
    const forged = makeInternalKey("team-a", "not the secret", inAnHour);
    for (const authorization of [`Bearer ${forged}`, "Bearer sk-anything", ""]) {
      const response = await sendScripted({ ...lease, headers: { authorization } }, {});
      expect(response.status).toBe(401);
    }
    expect(provider.provider.requests).toHaveLength(0);
  });
});

describe("the pool", { timeout: START_MS }, () => {
  it("gives the first child the wished port, and each call to the child with fewer in flight", async () => {
    expect(upstream.status().children.map((child) => child.port)).toContain(wished);
    const leases = await Promise.all(
      Array.from({ length: 4 }, () => upstream.acquire({ alias: "chat-fast", teamId: "team-a" })),
    );
    expect(upstream.status().children.map((child) => child.callsInFlight)).toEqual([2, 2]);
    for (const lease of [...leases, ...leases]) lease.release();
    expect(upstream.status().children.map((child) => child.callsInFlight)).toEqual([0, 0]);
  });

  it("starts a killed child again, while the other one serves", async () => {
    const victim = upstream.status().children[0]!;
    process.kill(victim.pid!, "SIGKILL");
    await until("the crash is seen", () => upstream.status().children[0]!.state !== "ready");
    expect((await call("chat-fast")).status).toBe(200);
    expect(upstream.status().state).toBe("ready");
    await until("it is back", () => upstream.status().children[0]!.state === "ready", {
      timeoutMs: START_MS,
    });
    expect(upstream.status().children[0]).toMatchObject({
      restarts: 1,
      port: wished,
      lastExit: "signal SIGKILL",
    });
    expect(upstream.status().children[0]!.pid).not.toBe(victim.pid);
    expect((await call("chat-fast")).status).toBe(200);
  });

  it("hands a running call to no newer config: it ends where it began", async () => {
    const before = upstream.status().children.map((child) => child.pid);
    const slow = call("chat-fast", { hold: "rollout", text: "slow but whole" });
    await provider.provider.until((counters) => counters.held === 1);
    const another = { alias: "added", targets: [target()] };
    // Several changes at once are one replacement, to the last of them.
    version += 1;
    upstream.apply({ version, models: [] });
    await serve([...models(), another]);
    expect(upstream.status().servedConfig).toBe(version);
    expect((await call("added")).status).toBe(200);
    const draining = upstream.status().children.filter((child) => child.state === "draining");
    expect(draining.map((child) => child.callsInFlight)).toContain(1);
    provider.provider.release("rollout");
    const whole = await slow;
    expect(whole.status).toBe(200);
    expect(whole.text).toContain("slow but whole");
    await until("the old children have ended", () => upstream.status().children.length === 2, {
      timeoutMs: 20_000,
    });
    const after = upstream.status().children.map((child) => child.pid);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  });

  it("lets a call wait for an alias that is being rolled out", async () => {
    version += 1;
    const waiting = upstream.acquire({ alias: "awaited", teamId: "team-a" });
    upstream.apply({ version, models: [{ alias: "awaited", targets: [target()] }] });
    const lease = await waiting;
    expect((await sendScripted(lease, {})).status).toBe(200);
    lease.release();
  });

  it("refuses an alias that nothing has", async () => {
    await expect(upstream.acquire({ alias: "nobody", teamId: "team-a" })).rejects.toMatchObject({
      code: "gateway_unavailable",
    });
  });

  it("keeps serving when a newer config does not start, and says so", async () => {
    version += 1;
    const served = upstream.status().servedConfig;
    // No process can be started with such an environment.
    const broken = { alias: "broken", targets: [target({ apiKey: "zero\0byte" })] };
    upstream.apply({ version, models: [broken] });
    await until("it is reported", () => upstream.status().problem !== undefined);
    expect(upstream.status()).toMatchObject({ state: "updating", servedConfig: served });
    expect(upstream.status().problem).toContain("the previous models are still served");
    expect(JSON.stringify(upstream.status())).not.toContain("zero");
    expect((await call("awaited")).status).toBe(200);
    await serve(models());
    expect(upstream.status().problem).toBeUndefined();
  });

  it("names an alias whose target LiteLLM does not know, and serves the others", async () => {
    const unknown = { alias: "unknown", targets: [target({ model: "no-such-provider/x" })] };
    await serve([...models(), unknown]);
    expect(upstream.status().problem).toContain("unknown");
    expect((await call("chat-fast")).status).toBe(200);
    await expect(upstream.acquire({ alias: "unknown", teamId: "team-a" })).rejects.toMatchObject({
      code: "gateway_unavailable",
    });
  });
});

it("writes no secret to a file or the log tail, and its files are ours alone", async () => {
  await call("chat-fast", { status: 500, error_message: `wrong key ${providerKey}` });
  const { logTail } = upstream.status();
  expect(logTail.length).toBeGreaterThan(0);
  expect(logTail.join("\n")).not.toContain(providerKey);
  const folder = join(gateway.dataDir, "litellm", "run");
  const configs = readdirSync(folder).filter((name) => name.startsWith("config-"));
  expect(configs.length).toBeGreaterThan(0);
  for (const name of configs) {
    expect(readFileSync(join(folder, name), "utf8")).not.toContain(providerKey);
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  }
});

it("knows what LiteLLM knows of prices", async () => {
  const book = await upstream.priceBook();
  expect(book?.get("openai/gpt-4o-mini")).toMatchObject({
    inputNanosPerMillion: 150_000_000n,
    outputNanosPerMillion: 600_000_000n,
    cachedInputNanosPerMillion: 75_000_000n,
  });
  expect(upstream.status().version).toMatch(/^\d+\.\d+\.\d+/);
});
