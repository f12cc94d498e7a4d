import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import type { Upstream } from "../../server/litellm/upstream.ts";
import { startLoopbackProvider } from "../../server/loopback/start.ts";
import { type Ended, eventsOf, faultCallers, say, secrets, tokens } from "../gateway/fault-path.ts";
import { teamApi, testContext, testDatabase, testRuntime, until } from "../harness.ts";
import { testGateway, type TestGateway } from "../harness/litellm.ts";
import { realModels } from "./litellm-models.ts";

/** Faults with real LiteLLM between: it is killed, replaced and restarted, and what its provider does wrong comes through it. */

const READY_MS = 300_000;
const { database, runtime, beforeEnd } = await testDatabase();
const loopback = await startLoopbackProvider(await testRuntime());
const { provider } = loopback;
const context = await testContext(database);

let gateway: TestGateway;
let upstream: Upstream;
let caller: Awaited<ReturnType<typeof faultCallers>>;
let models: ReturnType<typeof realModels>;

beforeAll(async () => {
  gateway = await testGateway();
  upstream = gateway.upstream;
  models = realModels(context, upstream, `${loopback.url}/v1`);
  const stand = { url: loopback.url, provider, upstream };
  const app = teamApi(context, { gateway: stand, runtime, streamCommentMs: 500 });
  beforeEnd(() => app.stop());
  caller = await faultCallers({ context, provider, ...app });
  await models.add("dear");
  await models.add("brief", { timeoutMs: 1_000 });
  await models.add("picky", { model: "anthropic/loopback-chat" });
  await upstream.whenReady(READY_MS);
}, READY_MS);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await loopback.stop();
});
beforeEach(() => provider.reset());
beforeEnd(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

type Caller = Awaited<ReturnType<typeof caller>>;
const text = { text: "0123456789".repeat(4), chunks: 4, ...tokens };
const succeeded = { status: "succeeded", estimated: false, ...tokens };

const call = (of: Caller, script: object, more: object = {}) => {
  const messages = [{ role: "user", content: say(script) }];
  return of.post("/v1/chat/completions", { model: "dear", messages, ...more });
};
const stream = (of: Caller, script: object, more: object = {}) =>
  call(of, script, { stream: true, stream_options: { include_usage: true }, ...more });

/** A stream of which something has come, held where it is. */
async function begun(of: Caller) {
  const response = await stream(of, { ...text, hold: "stream", hold_after_chunks: 2 });
  const reader = response.body!.getReader();
  let seen = "";
  const read = async (enough: () => boolean) => {
    while (!enough()) {
      const { done, value } = await reader.read();
      if (done) return;
      seen += new TextDecoder().decode(value);
    }
  };
  await read(() => seen.includes("0123456789"));
  // It reads on meanwhile, as a client does: one that takes nothing for long is given up.
  const rest = read(() => false).then(() => eventsOf(seen));
  return { reader, rest };
}

const pieces = (events: readonly string[]) =>
  events.flatMap((event) => /"content":"(\d+)"/.exec(event)?.[1] ?? []).join("");

describe("LiteLLM", () => {
  test(
    "killed: its calls end with an error and are free or paid by what was delivered; started anew it serves again",
    async () => {
      const [called, streamed, later] = [await caller(), await caller(), await caller()];
      const held = call(called, { ...text, hold: "call" });
      const { rest } = await begun(streamed);
      await provider.until((counters) => counters.held === 2);
      process.kill(upstream.status().children[0]!.pid!, "SIGKILL");

      const answer = await held;
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await answer.text()).not.toMatch(secrets);
      const events = await rest;
      expect(events.at(-1)).toContain('"upstream_error"');
      expect(events.filter((event) => event.includes('"error"'))).toHaveLength(1);
      expect(events.join("\n")).not.toMatch(secrets);
      // Nobody is there any more for whom the provider could work.
      await provider.until((counters) => counters.inFlight === 0);
      expect(await called.account()).toMatchObject({
        ...{ status: "failed", error_code: "gateway_unavailable", input_tokens: null },
      });
      const row = await streamed.account();
      expect(row).toMatchObject({ status: "failed", error_code: "upstream_error" });
      expect(row.estimated).toBe(true);
      // Digits make a token by threes.
      expect(row.output_tokens).toBe(Math.ceil(pieces(events).length / 3));

      await until("it is started again", () => upstream.status().children[0]?.restarts === 1, {
        timeoutMs: READY_MS,
      });
      await upstream.whenReady(READY_MS);
      expect((await call(later, text)).status).toBe(200);
      expect(await later.account()).toMatchObject(succeeded);
    },
    READY_MS,
  );

  test(
    "replaced: what runs ends whole where it began",
    async () => {
      const [called, streamed, later] = [await caller(), await caller(), await caller()];
      const held = call(called, { ...text, hold: "call" });
      const { rest } = await begun(streamed);
      await provider.until((counters) => counters.held === 2);
      await models.add("another");
      await upstream.whenReady(READY_MS);
      expect((await call(later, text, { model: "another" })).status).toBe(200);
      provider.release("call");
      provider.release("stream");
      expect((await held).status).toBe(200);
      const events = await rest;
      expect([pieces(events), events.at(-1)]).toEqual([text.text, "data: [DONE]"]);
      for (const of of [called, streamed, later])
        expect(await of.account()).toMatchObject(succeeded);
      expect(provider.counters.aborted).toBe(0);
    },
    READY_MS,
  );
});

describe("a client that leaves", () => {
  test("a stream: the provider is told, and what was delivered is paid", async () => {
    const of = await caller();
    const { reader } = await begun(of);
    await provider.until((counters) => counters.held === 1);
    await reader.cancel();
    of.leave();
    await provider.until((counters) => counters.aborted === 1);
    const row = await of.account();
    expect(row).toMatchObject({ status: "aborted", error_code: "client_left", estimated: true });
    // Two pieces of ten digits, which make a token by threes.
    expect(row.output_tokens).toBeLessThanOrEqual(7);
  });

  test("a call: it runs out and is paid by the truth", async () => {
    const of = await caller();
    const left = call(of, { ...text, hold: "left" }).catch(() => undefined);
    await provider.until((counters) => counters.held === 1);
    of.leave();
    provider.release("left");
    await left;
    expect(await of.account()).toMatchObject(succeeded);
    expect(provider.counters.aborted).toBe(0);
  });
});

interface Fault {
  what: string;
  script: object;
  model?: string;
  /** The client's status, and the code of its call. */
  seen: number;
  code: string;
}

const faults: Fault[] = [
  { what: "answers 400", script: { status: 400 }, seen: 400, code: "upstream_bad_request" },
  { what: "answers 401", script: { status: 401 }, seen: 502, code: "upstream_error" },
  { what: "answers 408", script: { status: 408 }, seen: 504, code: "gateway_timeout" },
  { what: "answers 429", script: { status: 429 }, seen: 429, code: "upstream_rate_limited" },
  { what: "answers 500", script: { status: 500 }, seen: 502, code: "upstream_error" },
  { what: "answers 503", script: { status: 503 }, seen: 502, code: "upstream_error" },
  {
    ...{ what: "takes longer than its target may", script: { latency_ms: 30_000 } },
    ...{ model: "brief", seen: 504, code: "gateway_timeout" },
  },
];

describe("a refusal", () => {
  const refused = async (more: object, script: object = {}) => {
    const of = await caller();
    const response = await call(of, script, more);
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(text).not.toMatch(/anthropic|openai|litellm|8192/i);
    expect(await of.account()).toMatchObject({ error_code: "upstream_bad_request" });
    return (JSON.parse(text) as { error: object }).error;
  };

  test.each([false, true])(
    "of a context that is too long says so, streamed: %s",
    async (stream) => {
      const says = "This model's maximum context length is 8192 tokens.";
      expect(await refused({ stream }, { status: 400, error_message: says })).toMatchObject({
        ...{ code: "context_length_exceeded", type: "invalid_request_error" },
        message: expect.stringContaining("longer context") as unknown,
      });
    },
  );

  test("of a parameter that the model does not know names it", async () => {
    const more = { model: "picky", seed: 7, logit_bias: { "1": 1 }, temperature: 0 };
    expect(await refused(more)).toMatchObject({
      ...{
        code: "unsupported_parameter",
        param: expect.stringMatching(/^(seed|logit_bias)$/) as unknown,
      },
    });
    expect(provider.requests).toEqual([]);
  });
});

describe("a provider that", () => {
  const free = { status: "failed", input_tokens: null, output_tokens: null };

  test.each([...faults, { what: "answers no JSON", script: { malformed: true } }])(
    "$what: a call fails free",
    async ({ script, seen = 502, code = "upstream_error", model = "dear" }: Partial<Fault>) => {
      const of = await caller();
      const response = await call(of, script!, { model });
      expect([response.status, await response.text()]).toEqual([seen, expect.any(String)]);
      expect(await of.account()).toMatchObject({ ...free, error_code: code });
    },
  );

  test.each(faults)(
    "$what: a stream fails free",
    async ({ script, seen, code, model = "dear" }) => {
      const of = await caller();
      const response = await stream(of, script, { model });
      expect([response.status, await response.text()]).toEqual([
        seen,
        expect.not.stringMatching(secrets),
      ]);
      expect(await of.account()).toMatchObject({ ...free, error_code: code });
    },
  );

  test.each([1, 3, 5, 7])(
    "cuts after frame %i: one error, and what was delivered is paid",
    async (count) => {
      const of = await caller();
      const response = await stream(of, { ...text, cut_after_frames: count });
      const events = eventsOf(await response.text());
      const row: Ended = await of.account();
      // With the model's last word in hand LiteLLM takes a cut for the end, as OpenAI's SDK does.
      const isWhole = events.at(-1) === "data: [DONE]";
      expect(events.filter((event) => event.includes('"error"'))).toHaveLength(isWhole ? 0 : 1);
      expect(row.status).toBe(isWhole ? "succeeded" : "failed");
      expect(text.text.startsWith(pieces(events))).toBe(true);
      expect(isWhole ? count : 7).toBe(7);
      if (!isWhole && pieces(events) === "") expect(row).toMatchObject(free);
      else expect(row.output_tokens).toBeGreaterThan(0);
      expect(events.join("\n")).not.toMatch(secrets);
    },
  );
});
