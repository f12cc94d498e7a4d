import { describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { changeModel } from "../../server/models/alias-changes.ts";
import { systemAuthor } from "../../server/audit/audit.ts";
import { cachedApp, contentOf, readStream, TTL_SECONDS } from "./cached-app.ts";

const {
  beforeEnd,
  context,
  database,
  gateway,
  clock,
  send,
  team,
  question,
  upstreamCalls,
  callRow,
} = await cachedApp();

beforeEnd(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

test("usage tells by model how many calls were answered from the cache", async () => {
  const { ask, key, teamId } = await team();
  const messages = question();
  for (const body of [{}, {}, { stream: true }, { model: "fresh" }]) await ask(messages, { body });
  const { body } = await send("GET", `/api/teams/${teamId}/usage?group_by=model`, { key });
  const told = (body["groups"] as { group: string; calls: number; cache_hits: number }[]).map(
    ({ group, calls, cache_hits: hits }) => [group, calls, hits],
  );
  expect(told).toHaveLength(2);
  expect(told).toEqual(
    expect.arrayContaining([
      ["fresh", 1, 0],
      ["kept", 3, 2],
    ]),
  );
});

describe("the second of two equal requests", () => {
  test("is answered without the model, as a call of its own", async () => {
    const { ask } = await team();
    const messages = question({ text: "forty-two", input_tokens: 10, output_tokens: 4 });
    const first = await ask(messages);
    const before = upstreamCalls();
    const second = await ask(messages);
    expect(upstreamCalls()).toBe(before);
    expect([first, second].map(({ headers }) => headers.get("x-cache"))).toEqual(["miss", "hit"]);
    expect(first.headers.has("age")).toBe(false);
    expect(second.headers.get("age")).toBe("0");
    expect({ ...second.body, id: "" }).toEqual({ ...first.body, id: "" });
    expect(second.body["id"]).toBe(`chatcmpl-${second.headers.get("x-call-id")}`);
    expect(second.headers.get("x-job-id")).not.toBe(first.headers.get("x-job-id"));
    expect(await callRow(first)).toMatchObject({ cache_hit: false, cost: "18000" });
    expect(await callRow(second)).toEqual({
      ...{ status: "succeeded", stream: false, cache_hit: true, cost: "0", charged: 0 },
      ...{ input_tokens: 10, output_tokens: 4, target: "loopback-kept", finish_reason: "stop" },
      unflagged: true,
    });
  });

  test("may name its fields in another order, another user, purpose and metadata, and another endpoint", async () => {
    const { ask, newJob } = await team();
    const messages = question();
    await ask(messages, { body: { temperature: 1, seed: 7, user: "one", metadata: { a: "1" } } });
    const again = await ask(messages, {
      path: `${await newJob()}/llm-call`,
      body: { seed: 7, temperature: 1.0, user: "other", purpose: "p", call_metadata: { b: "2" } },
    });
    expect(again.headers.get("x-cache")).toBe("hit");
    expect(again.body).toMatchObject({ call_id: again.headers.get("x-call-id") });
  });

  test("goes to the model when it asks for something else", async () => {
    const { ask } = await team();
    const messages = question();
    await ask(messages);
    for (const body of [{ temperature: 0.5 }, { n: 2 }, { max_tokens: 9 }, { model: "fresh" }]) {
      expect((await ask(messages, { body })).headers.get("x-cache")).not.toBe("hit");
    }
  });

  test("of another team is another request", async () => {
    const [one, other] = [await team(), await team()];
    const messages = question();
    await one.ask(messages);
    expect((await other.ask(messages)).headers.get("x-cache")).toBe("miss");
    expect((await other.ask(messages)).headers.get("x-cache")).toBe("hit");
  });

  test("finds the answer as long as the alias keeps it, and how old it is", async () => {
    const { ask } = await team();
    const messages = question();
    await ask(messages);
    clock.advance((TTL_SECONDS - 1) * 1_000);
    const old = await ask(messages);
    expect([old.headers.get("x-cache"), old.headers.get("age")]).toEqual(["hit", "59"]);
    clock.advance(1_000);
    expect((await ask(messages)).headers.get("x-cache")).toBe("miss");
    expect((await ask(messages)).headers.get("age")).toBe("0");
  });

  test("goes to the model once the alias has changed", async () => {
    const { ask } = await team();
    const messages = question();
    await ask(messages);
    await changeModel(context, gateway.upstream, systemAuthor, {
      ...{ alias: "kept", minOutputTokens: 200 },
    });
    expect((await ask(messages)).headers.get("x-cache")).toBe("miss");
  });
});

test("an alias that keeps nothing says nothing of a cache", async () => {
  const { ask } = await team();
  const messages = question();
  for (const _ of [1, 2]) {
    const answer = await ask(messages, { body: { model: "fresh" } });
    expect([answer.status, answer.headers.has("x-cache")]).toEqual([200, false]);
  }
});

describe("a client's cache-control", () => {
  const caches = async (headers: (string | undefined)[]) => {
    const { ask } = await team();
    const messages = question();
    const found: (string | null)[] = [];
    for (const control of headers) {
      const asking = control === undefined ? {} : { headers: { "cache-control": control } };
      found.push((await ask(messages, asking)).headers.get("x-cache"));
    }
    return found;
  };

  test("no-cache gets a fresh answer, which is kept", async () => {
    expect(await caches(["no-cache", undefined, "no-cache"])).toEqual(["miss", "hit", "miss"]);
  });

  test("no-store neither reads nor keeps", async () => {
    expect(await caches(["no-store", undefined, "no-store"])).toEqual(["miss", "miss", "miss"]);
  });

  test("max-age says how old an answer may be", async () => {
    const { ask } = await team();
    const messages = question();
    await ask(messages);
    clock.advance(10_000);
    const within = (seconds: number) =>
      ask(messages, { headers: { "cache-control": `max-age=${seconds}` } });
    expect((await within(11)).headers.get("x-cache")).toBe("hit");
    expect((await within(10)).headers.get("x-cache")).toBe("miss");
  });
});

describe("streams and whole answers", () => {
  const streamed = { stream: true, stream_options: { include_usage: true } };

  test("a stream is told from a whole answer", async () => {
    const { ask } = await team();
    const messages = question({ text: "one two three", input_tokens: 9, output_tokens: 3 });
    const whole = await ask(messages);
    const stream = await ask(messages, { body: streamed });
    expect(stream.headers.get("content-type")).toContain("text/event-stream");
    expect(stream.headers.get("x-cache")).toBe("hit");
    const { content, usage, whole: ended, frames } = readStream(stream);
    expect([content, ended]).toEqual(["one two three", true]);
    expect(usage).toEqual(whole.body["usage"]);
    const id = `chatcmpl-${stream.headers.get("x-call-id")}`;
    expect(new Set(frames.map((frame) => frame["id"]))).toEqual(new Set([id]));
    expect(frames.map((frame) => frame["model"])).toContain("kept");
    expect(await callRow(stream)).toMatchObject({ stream: true, cache_hit: true, cost: "0" });
    const unasked = await ask(messages, { body: { stream: true } });
    expect(unasked.text).not.toContain("usage");
  });

  test("a whole answer is put together from a stream, and a stream told again", async () => {
    const { ask } = await team();
    const messages = question({ text: "one two three", input_tokens: 9, output_tokens: 3 });
    const first = await ask(messages, { body: { stream: true } });
    expect(first.headers.get("x-cache")).toBe("miss");
    const whole = await ask(messages);
    expect(whole.headers.get("x-cache")).toBe("hit");
    expect(contentOf(whole)).toBe("one two three");
    expect(whole.body["usage"]).toMatchObject({ prompt_tokens: 9, completion_tokens: 3 });
    const again = await ask(messages, { body: streamed });
    expect([again.headers.get("x-cache"), readStream(again).content]).toEqual([
      "hit",
      "one two three",
    ]);
  });

  test("tool calls come through both ways", async () => {
    const { ask } = await team();
    const tools = [{ type: "function", function: { name: "look", parameters: {} } }];
    const script = { tool_call: { name: "look", arguments: { at: "sky" } } };
    const toolCall = { type: "function", function: { name: "look", arguments: '{"at":"sky"}' } };
    const jsonFirst = question(script);
    await ask(jsonFirst, { body: { tools } });
    const stream = await ask(jsonFirst, { body: { tools, stream: true } });
    expect(stream.headers.get("x-cache")).toBe("hit");
    const told = readStream(stream).frames.flatMap((frame) => frame["choices"] as object[]);
    expect(told).toContainEqual(
      expect.objectContaining({
        delta: { tool_calls: [expect.objectContaining({ index: 0, ...toolCall })] },
      }),
    );
    const streamFirst = question(script);
    await ask(streamFirst, { body: { tools, stream: true } });
    const whole = await ask(streamFirst, { body: { tools } });
    expect(whole.headers.get("x-cache")).toBe("hit");
    expect(whole.body["choices"]).toMatchObject([
      { finish_reason: "tool_calls", message: { content: null, tool_calls: [toolCall] } },
    ]);
  });

  test("a stream that was cut, or whose client left, is kept by nobody", async () => {
    const { ask } = await team();
    const messages = question({ text: "x".repeat(40), chunks: 4, cut_after_chunks: 2 });
    await ask(messages, { body: { stream: true } });
    expect((await ask(messages)).headers.get("x-cache")).not.toBe("hit");
  });
});

describe("an answer that is not for others", () => {
  test.each([
    ["of a content filter", { finish_reason: "content_filter" }, {}],
    ["that is none", { status: 400 }, {}],
    ["that failed", { status: 500 }, {}],
  ])("%s is not kept", async (_, script, body) => {
    const { ask } = await team();
    const messages = question(script);
    await ask(messages, { body });
    expect((await ask(messages, { body })).headers.get("x-cache")).not.toBe("hit");
  });

  test("that ended at the client's own limit is kept, at one that we set for want of credits is not", async () => {
    const { ask } = await team();
    const messages = question({ output_tokens: 50, finish_reason: "length" });
    await ask(messages, { body: { max_tokens: 50 } });
    const again = await ask(messages, { body: { max_tokens: 50 } });
    expect(again.headers.get("x-cache")).toBe("hit");
    // Outside any job the worst case is held, so that a limit goes upstream.
    await ask(messages);
    expect((await ask(messages)).headers.get("x-cache")).toBe("miss");
  });

  test("that is too large is not kept", async () => {
    const { ask } = await team();
    const messages = question({ output_tokens: 300_000 });
    for (const _ of [1, 2]) {
      const answer = await ask(messages, { body: { max_tokens: 300_000 } });
      expect([answer.status, answer.headers.get("x-cache")]).toEqual([200, "miss"]);
    }
  });
});
