import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { until } from "../harness.ts";
import { eventsOf, faultPath, say, secrets, tokens } from "./fault-path.ts";

/** All that can go wrong with a call, at each endpoint: what its client sees, its row, its charge, and nothing left behind. */

const { database, provider, caller, beforeEnd } = await faultPath();

beforeEach(() => provider.reset());
beforeEnd(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

type Caller = Awaited<ReturnType<typeof caller>>;
/** Opens a call of a new team. */
type Open = (
  of: Caller,
  script: object,
  options?: { alias?: string; headers?: Record<string, string> },
) => Promise<Response>;

const messages = (script: object) => [{ role: "user", content: say(script) }];

const inJob: Open = async (of, script, { alias: model = "dear", headers } = {}) =>
  of.post(`${await of.newJob()}/llm-call-stream`, { model, messages: messages(script) }, headers);
const chat: Open = (of, script, { alias: model = "dear", headers } = {}) => {
  const streamed = { stream: true, stream_options: { include_usage: true } };
  return of.post(
    "/v1/chat/completions",
    { model, messages: messages(script), ...streamed },
    headers,
  );
};
const inJobOfOne =
  (path: string): Open =>
  (of, script, { alias: model = "dear", headers } = {}) =>
    of.post(path, { job_type: "one", model, messages: messages(script) }, headers);
const responses: Open = (of, script, { alias: model = "dear", headers } = {}) =>
  of.post("/v1/responses", { model, input: say(script), stream: true }, headers);

const streams = [
  // The last frame is [DONE], the one before it has the usage.
  { name: "a job's stream", open: inJob, before: 1, frames: 8, usageAfter: 7 },
  {
    ...{ name: "a job of one stream", open: inJobOfOne("/api/jobs/create-and-call-stream") },
    ...{ before: 1, frames: 8, usageAfter: 7 },
  },
  { name: "/v1/chat/completions", open: chat, before: 1, frames: 8, usageAfter: 7 },
  // The last event has the usage.
  { name: "/v1/responses", open: responses, before: 4, frames: 12, usageAfter: 12 },
];
/** What so many pieces make by OpenAI's vocabulary, which takes digits by threes. */
const tokensOf = [0, 4, 7, 10, 14];
/** Four pieces of ten bytes each. */
const text = { text: "0123456789".repeat(4), chunks: 4, ...tokens };

describe.each(streams)("$name", ({ open, before, frames, usageAfter }) => {
  const everyFrame = Array.from({ length: frames }, (_, index) => index);
  const piecesIn = (count: number) => Math.min(4, Math.max(0, count - before));
  /** What a stream of which so many frames were taken is settled by. */
  const settledBy = (count: number) =>
    count >= usageAfter
      ? { estimated: false, ...tokens }
      : { estimated: true, output_tokens: tokensOf[piecesIn(count)] };

  let whole: string[];
  beforeAll(async () => {
    const of = await caller();
    whole = eventsOf(await (await open(of, text)).text());
    expect(await of.account()).toMatchObject({ status: "succeeded", estimated: false, ...tokens });
  });

  test("comes whole, and names nobody", () => {
    expect(whole).toHaveLength(frames);
    expect(whole.join("\n")).not.toMatch(secrets);
  });

  test.each(everyFrame)("cut by the provider after frame %i", async (count) => {
    const of = await caller();
    const response = await open(of, { ...text, cut_after_frames: count });
    const events = eventsOf(await response.text());
    expect(events.slice(0, -1)).toEqual(whole.slice(0, count));
    // Bun's server sends no headers before the first frame: then the call never began.
    const begun = response.status === 200;
    const code = begun ? "upstream_error" : "gateway_unavailable";
    expect([begun || count === 0, events.at(-1)]).toEqual([true, expect.stringContaining(code)]);
    expect(events.at(-1)).not.toMatch(secrets);
    const nothing = { estimated: false, input_tokens: null, output_tokens: null };
    expect(await of.account()).toMatchObject({
      ...{ status: "failed", error_code: code },
      ...(piecesIn(count) === 0 ? nothing : settledBy(count)),
    });
  });

  /** Reads so many frames, and what came in one piece with the last of them; the model has more to say, and the client leaves. */
  async function leaveAfter(of: Caller, count: number, headers: Record<string, string> = {}) {
    const held = count <= before + 4;
    const after = count === 0 ? 0 : Math.max(1, piecesIn(count));
    const gate = held ? { hold: "left", hold_after_chunks: after } : {};
    const opening = open(of, { ...text, ...gate }, { headers });
    let frames = 0;
    if (count === 0) await provider.until((counters) => counters.held === 1);
    else {
      const reader = (await opening).body!.getReader();
      let taken = "";
      while (eventsOf(taken).length < count)
        taken += new TextDecoder().decode((await reader.read()).value);
      if (held) await provider.until((counters) => counters.held === 1);
      await reader.cancel();
      frames = eventsOf(taken).length;
      expect(eventsOf(taken)).toEqual(whole.slice(0, frames));
    }
    of.leave();
    // What comes after all is not read; a refusal tells nobody anything.
    void opening.then(
      (response) => response.body?.cancel().catch(() => {}),
      () => {},
    );
    return { held, frames };
  }

  test.each(everyFrame)("left by its client after frame %i", async (count) => {
    const of = await caller();
    const { held, frames: taken } = await leaveAfter(of, count);
    const row = await of.account();
    // The last event, which has a response's usage, may have come with those before it.
    const known = row.estimated || taken < frames - 1 ? taken : frames;
    expect(row).toMatchObject({
      ...{ status: "aborted", error_code: "client_left", ...settledBy(known) },
    });
    if (held) expect(provider.counters.aborted).toBe(1);
  });

  test.each(everyFrame)("with a key, left by its client after frame %i", async (count) => {
    const of = await caller();
    await leaveAfter(of, count, { "idempotency-key": "left" });
    provider.release("left");
    expect(await of.account()).toMatchObject({ status: "succeeded", estimated: false, ...tokens });
    expect(provider.counters.aborted).toBe(0);
  });

  test.each([
    ["no frame comes", "hasty", { latency_ms: 60_000 }, 0],
    ["no token comes", "lively", { ...text, first_chunk_ms: 60_000 }, 0],
    ["the model falls silent", "lively", { ...text, chunk_interval_ms: 60_000 }, tokensOf[1]],
  ])("of a model with time limits: %s", async (_, alias, script, written) => {
    const of = await caller();
    const response = await open(of, script, { alias });
    const seen = await response.text();
    expect(seen).toContain('"gateway_timeout"');
    expect(seen).not.toMatch(secrets);
    const begun = "chunks" in script;
    expect(response.status).toBe(begun ? 200 : 504);
    expect(await of.account()).toMatchObject({
      ...{ status: "failed", error_code: "gateway_timeout", estimated: true },
      ...{ input_tokens: expect.any(Number) as number, output_tokens: written },
    });
    expect(provider.counters.aborted).toBe(1);
  });

  test("with a frame that is no JSON ends in one error, by what was delivered", async () => {
    const of = await caller();
    const events = eventsOf(await (await open(of, { ...text, malformed: true })).text());
    expect(events.slice(0, -1)).toEqual(whole.slice(0, before + 1));
    expect(events.at(-1)).toContain('"upstream_error"');
    expect(await of.account()).toMatchObject({ status: "failed", ...settledBy(before + 1) });
  });

  test("whose model is silent for long is kept alive, and comes whole", async () => {
    const of = await caller();
    const script = { ...text, hold: "silent", hold_after_chunks: 2 };
    const reader = (await open(of, script)).body!.getReader();
    let seen = "";
    while ((seen.match(/: the model is still working/g)?.length ?? 0) < 3)
      seen += new TextDecoder().decode((await reader.read()).value);
    provider.release("silent");
    for (let part = await reader.read(); !part.done; part = await reader.read())
      seen += new TextDecoder().decode(part.value);
    expect(eventsOf(seen)).toEqual(whole);
    expect(await of.account()).toMatchObject({ status: "succeeded", estimated: false, ...tokens });
  });
});

const plain: Record<string, Open> = {
  "a job's call": async (of, script, { alias: model = "dear", headers } = {}) =>
    of.post(`${await of.newJob()}/llm-call`, { model, messages: messages(script) }, headers),
  "a job of one call": inJobOfOne("/api/jobs/create-and-call"),
  "/v1/chat/completions": (of, script, { alias: model = "dear", headers } = {}) =>
    of.post("/v1/chat/completions", { model, messages: messages(script) }, headers),
  "/v1/responses": (of, script, { alias: model = "dear", headers } = {}) =>
    of.post("/v1/responses", { model, input: say(script) }, headers),
  "/v1/embeddings": (of, script, { alias = "dear", headers } = {}) =>
    of.post("/v1/embeddings", { model: `${alias}-vectors`, input: say(script) }, headers),
};
/** What a plain call's row says when it came whole: an embedding has only read. */
const wholeOf = (name: string) =>
  name === "/v1/embeddings" ? { ...tokens, output_tokens: 0 } : tokens;

interface Failure {
  what: string;
  script: object;
  /** The client's status. */
  seen: number;
  code: string;
  retryAfter?: string;
}

const refusals = [
  { status: 400, seen: 400, code: "upstream_bad_request" },
  { status: 401, seen: 502, code: "upstream_error" },
  { status: 408, seen: 504, code: "gateway_timeout" },
  { status: 429, seen: 429, code: "upstream_rate_limited", retryAfter: "7" },
  { status: 500, seen: 502, code: "upstream_error" },
  { status: 503, seen: 502, code: "upstream_error" },
];
const failures: Failure[] = [
  ...refusals.map(({ status, ...seen }) => ({
    what: `a provider that answers ${status}`,
    ...{ script: { status, retry_after: 7 }, ...seen },
  })),
  { what: "no JSON", script: { malformed: true }, seen: 502, code: "upstream_error" },
  {
    ...{ what: "a broken connection", script: { cut_after_chunks: 1 } },
    ...{ seen: 503, code: "gateway_unavailable" },
  },
];

async function expectFailure(of: Caller, response: Response, fault: Failure) {
  const seen = await response.text();
  expect([response.status, seen]).toEqual([fault.seen, expect.stringContaining(fault.code)]);
  expect(seen).not.toMatch(secrets);
  if (fault.retryAfter) expect(response.headers.get("retry-after")).toBe(fault.retryAfter);
  expect(await of.account()).toMatchObject({
    ...{ status: "failed", error_code: fault.code, input_tokens: null, output_tokens: null },
  });
}

describe.each([
  ...streams.map(({ name, open }) => ({ name: `${name}, streamed`, open, kinds: refusals.length })),
  ...Object.entries(plain).map(([name, open]) => ({ name, open, kinds: failures.length })),
])("$name", ({ open, kinds }) => {
  test.each(failures.slice(0, kinds))("at $what fails as $code, free", async (fault) => {
    const of = await caller();
    await expectFailure(of, await open(of, fault.script), fault);
  });
});

describe.each(Object.entries(plain))("%s", (name, open) => {
  test("that takes too long is a free 504, and its model is told", async () => {
    const of = await caller();
    const response = await open(of, { latency_ms: 60_000 }, { alias: "brief" });
    expect([response.status, await response.text()]).toEqual([
      504,
      expect.stringContaining("gateway_timeout"),
    ]);
    expect(await of.account()).toMatchObject({
      ...{ status: "failed", error_code: "gateway_timeout", estimated: true, output_tokens: 0 },
    });
    expect(provider.counters.aborted).toBe(1);
  });

  test("whose client leaves runs out and is paid by the truth", async () => {
    const of = await caller();
    const left = open(of, { ...text, hold: "left" }).catch(() => undefined);
    await provider.until(({ held }) => held === 1);
    of.leave();
    provider.release("left");
    await until("it has ended", () => provider.counters.inFlight === 0);
    await left;
    expect(await of.account()).toMatchObject({
      status: "succeeded",
      estimated: false,
      ...wholeOf(name),
    });
    expect(provider.counters.aborted).toBe(0);
  });
});

/** Six vectors of the longest kind that there is. */
const longVectors: Open = (of, script) =>
  of.post("/v1/embeddings", {
    ...{ model: "dear-vectors", input: [...["a", "b", "c", "d", "e"], say(script)] },
    ...{ dimensions: 100_000, encoding_format: "float" },
  });
const large = { output_tokens: 2_621_440, input_tokens: 40 };

test.each([
  ["a frame", inJob, large],
  ["a response's events", responses, large],
  ["an answer", plain["a job's call"]!, large],
  ["a response", plain["/v1/responses"]!, large],
  ["vectors", longVectors, { ...large, output_tokens: 0 }],
])("%s of 10 MB: it comes whole", async (_, open, paid) => {
  const of = await caller();
  const response = await open(of, { ...large, chunks: 1, ignore_limit: true });
  expect((await response.text()).length).toBeGreaterThan(10 * 1024 * 1024);
  expect(await of.account()).toMatchObject({ status: "succeeded", estimated: false, ...paid });
});
