import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  startLoopbackProvider,
  type RunningLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testRuntime } from "../harness/runtime.ts";

let running: RunningLoopbackProvider;

beforeAll(async () => {
  running = await startLoopbackProvider(await testRuntime());
});
beforeEach(() => running.provider.reset());
afterAll(() => running.stop());

interface Ask {
  script: object;
  stream?: boolean;
  signal?: AbortSignal;
  url?: string;
}

function ask({ script, stream = false, signal, url = running.url }: Ask): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "any",
      stream,
      messages: [{ role: "user", content: `#loopback ${JSON.stringify(script)}` }],
      ...(stream ? { stream_options: { include_usage: true } } : {}),
    }),
    ...(signal ? { signal } : {}),
  });
}

/** What could be read of a body, and whether it ended as it should. */
async function readAll(response: Response): Promise<{ text: string; broken: boolean }> {
  const decoder = new TextDecoder();
  const reader = response.body!.getReader();
  let text = "";
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true });
    }
    return { text, broken: false };
  } catch {
    return { text, broken: true };
  }
}

describe("scripted faults", () => {
  it("breaks the connection of a stream after the frames named, the first and the last too", async () => {
    for (const [count, last] of [
      [1, '"role":"assistant"'],
      [7, '"usage"'],
    ] as const) {
      const script = { text: "abcd", chunks: 4, cut_after_frames: count };
      const { text, broken } = await readAll(await ask({ script, stream: true }));
      const events = text.split("\n\n").filter((event) => event !== "");
      expect([broken, events.length]).toEqual([true, count]);
      expect(events.at(-1)).toContain(last);
    }
    expect(running.provider.counters).toMatchObject({ inFlight: 0, aborted: 0 });
  });

  it("breaks the connection of a stream after the chunks named", async () => {
    const script = { text: "abcdef", chunks: 6, cut_after_chunks: 2 };
    const { text, broken } = await readAll(await ask({ script, stream: true }));
    expect(broken).toBe(true);
    expect(text).toContain('"content":"b"');
    expect(text).not.toContain('"content":"c"');
    expect(text).not.toContain("[DONE]");
    expect(running.provider.counters).toMatchObject({ inFlight: 0, aborted: 0 });
  });

  it("breaks a plain answer in its middle", async () => {
    const { text, broken } = await readAll(await ask({ script: { cut_after_chunks: 0 } }));
    expect(broken).toBe(true);
    expect(() => JSON.parse(text) as unknown).toThrow();
  });

  it("sends what is not JSON when told to", async () => {
    const plain = await readAll(await ask({ script: { malformed: true } }));
    expect(plain.broken).toBe(false);
    expect(() => JSON.parse(plain.text) as unknown).toThrow();
    const streamed = await readAll(await ask({ script: { malformed: true }, stream: true }));
    expect(streamed.text).toContain("chatcmpl-malformed");
    expect(streamed.text).toContain("[DONE]");
  });

  it("waits as long as latency_ms says", async () => {
    const started = performance.now();
    await (await ask({ script: { latency_ms: 100 } })).json();
    // A timer counts from when the event loop last looked at the clock, so it may fire early.
    expect(performance.now() - started).toBeGreaterThanOrEqual(60);
  });

  it("spreads a stream over time", async () => {
    const started = performance.now();
    const script = { text: "abc", chunks: 3, chunk_interval_ms: 60 };
    const response = await ask({ script, stream: true });
    const { text } = await readAll(response);
    expect(performance.now() - started).toBeGreaterThanOrEqual(80);
    expect(text.match(/"content":"[abc]"/g)).toHaveLength(3);
  });

  it.each(['{"latency": 5}', '{"status": "500"}', "{never closed", '{"a" 1}'])(
    "answers a slip in a script 400: %s",
    async (slip) => {
      const response = await fetch(`${running.url}/v1/chat/completions`, {
        method: "POST",
        body: JSON.stringify({ messages: [{ role: "user", content: `#loopback ${slip}` }] }),
      });
      expect(response.status).toBe(400);
      expect(JSON.stringify(await response.json())).toContain("#loopback");
      expect(running.provider.counters.inFlight).toBe(0);
    },
  );
});

describe("counters", () => {
  it("counts a client that leaves a held plain call", async () => {
    const leave = new AbortController();
    const held = running.provider.once("held");
    const call = ask({ script: { hold: "never" }, signal: leave.signal }).catch(() => undefined);
    await held;
    expect(running.provider.counters).toMatchObject({ inFlight: 1, held: 1, aborted: 0 });
    const aborted = running.provider.once("aborted");
    leave.abort();
    expect((await aborted).path).toBe("/chat/completions");
    await call;
    await running.provider.until((counters) => counters.held === 0);
    expect(running.provider.counters).toMatchObject({ inFlight: 0, aborted: 1 });
  });

  it("counts a client that leaves a stream", async () => {
    const leave = new AbortController();
    const script = { text: "abcdef", chunks: 6, hold: "later", hold_after_chunks: 2 };
    const held = running.provider.once("held");
    const response = await ask({ script, stream: true, signal: leave.signal });
    await held;
    const aborted = running.provider.once("aborted");
    leave.abort();
    await aborted;
    expect((await readAll(response)).text).not.toContain("[DONE]");
    expect(running.provider.counters).toMatchObject({ inFlight: 0, aborted: 1 });
  });

  it("holds many calls open at once until their gate opens", async () => {
    const many = 40;
    const calls = Array.from({ length: many }, () => ask({ script: { hold: "all" } }));
    await running.provider.until((counters) => counters.held === many);
    expect(running.provider.counters.peakInFlight).toBe(many);
    await fetch(`${running.url}/__loopback/release?gate=all`, { method: "POST" });
    for (const response of await Promise.all(calls)) {
      expect(response.status).toBe(200);
      await response.json();
    }
    expect(running.provider.counters).toMatchObject({ inFlight: 0, held: 0, aborted: 0 });
  });

  it("shows its counters to other processes and its last requests to this one", async () => {
    await (await ask({ script: { text: "x" } })).json();
    const response = await fetch(`${running.url}/__loopback/counters`);
    expect(await response.json()).toMatchObject({
      total: 1,
      requests: { "/chat/completions": 1 },
      aborted: 0,
    });
    expect(running.provider.requests).toHaveLength(1);
    expect(running.provider.requests[0]?.body).toContain("#loopback");
  });

  it("knows no other path", async () => {
    const response = await fetch(`${running.url}/v1/completions`, { method: "POST", body: "{}" });
    expect(response.status).toBe(404);
    expect(running.provider.counters.total).toBe(0);
  });
});

describe("as a stand-in for LiteLLM", () => {
  let gateway: RunningLoopbackProvider;
  beforeAll(async () => {
    gateway = await startLoopbackProvider(await testRuntime(), {
      gateway: true,
      price: { input: 2, output: 10 },
    });
  });
  afterAll(() => gateway.stop());
  const script = { input_tokens: 1000, output_tokens: 100 };

  it("tells the cost of a plain answer in a header and not in its body", async () => {
    const response = await ask({ script, url: gateway.url });
    expect(Number(response.headers.get("x-litellm-response-cost"))).toBeCloseTo(0.003, 12);
    expect(response.headers.get("x-litellm-model-id")).not.toBe(null);
    expect(await response.text()).not.toContain('"cost"');
  });

  it("tells the cost of a stream in its last chunk while the header says 0", async () => {
    const response = await ask({ script, stream: true, url: gateway.url });
    expect(response.headers.get("x-litellm-response-cost")).toBe("0");
    const { text } = await readAll(response);
    expect(text).toContain('"cost":0.003');
  });

  it("is alive and has a price book", async () => {
    expect((await fetch(`${gateway.url}/health/liveliness`)).status).toBe(200);
    const book: unknown = await (
      await fetch(`${gateway.url}/public/litellm_model_cost_map`)
    ).json();
    expect(book).toHaveProperty(["loopback-chat", "output_cost_per_token"], 0.00001);
  });
});
