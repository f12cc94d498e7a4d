import { describe, expect, test } from "vitest";
import type { JsonAnswer } from "../../server/gateway/json-call.ts";
import { Retries } from "../../server/gateway/retries.ts";
import { readJsonBody } from "../../server/http/body.ts";
import { sdkAttempt, type SdkAttempt } from "../../server/gateway/sdk-attempt.ts";
import { ManualClock } from "../harness.ts";

const MINUTE_MS = 60_000;

/** A request of an SDK, and its client's leaving. */
function attemptOf(
  retryCount: number,
  of: { body?: unknown; keyId?: string; key?: string; url?: string } = {},
): SdkAttempt & { leave: () => void } {
  const leaving = new AbortController();
  const content = of.body ?? { model: "chat", messages: [{ role: "user", content: "hi" }] };
  const headers = new Headers({ "x-stainless-retry-count": String(retryCount) });
  if (of.key) headers.set("idempotency-key", of.key);
  const request = new Request(of.url ?? "http://localhost/v1/chat/completions", {
    ...{ method: "POST", headers, signal: leaving.signal },
    body: JSON.stringify(content),
  });
  const attempt = sdkAttempt({ principal: { keyId: of.keyId ?? "k" }, request, content })!;
  return { ...attempt, leave: () => leaving.abort() };
}

/** Work that ends when it is told, and how often it was asked for. */
function workOf() {
  let finish: (answer: JsonAnswer) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const work = {
    runs: 0,
    run() {
      work.runs += 1;
      return new Promise<JsonAnswer>((resolve, reject) => ([finish, fail] = [resolve, reject]));
    },
    finish: (id: string) => finish(answerOf(id)),
    fail: () => fail(new Error("it failed")),
  };
  return work;
}

const answerOf = (callId: string, bytes = 100): JsonAnswer => ({
  ...{ jobId: "job", callId, body: { id: callId }, bytes, headers: {}, billed: undefined },
});
const done =
  (id: string, bytes = 100) =>
  () =>
    Promise.resolve(answerOf(id, bytes));
const idOf = (answer: JsonAnswer) => ("replay" in answer ? "replay" : answer.callId);
const isReplayed = (answer: JsonAnswer) =>
  "headers" in answer && answer.headers["idempotency-replayed"] === "true";

const newRetries = (mostBytes?: number) => {
  const clock = new ManualClock();
  return { clock, retries: new Retries(clock, mostBytes) };
};

describe("what an SDK's request is known by", () => {
  const request = (headers: Record<string, string>) =>
    new Request("http://localhost/v1/chat/completions", { method: "POST", headers });
  const of = (headers: Record<string, string>, content: unknown = {}) =>
    sdkAttempt({ principal: { keyId: "k" }, request: request(headers), content });

  test("is its headers: another client's requests are not looked at", () => {
    expect(of({ "user-agent": "OpenAI/JS" })).toBeUndefined();
    expect(of({ "x-stainless-lang": "js" })?.retryCount).toBe(0);
    expect(of({ "x-stainless-retry-count": "2" })?.retryCount).toBe(2);
    expect(of({ "x-stainless-retry-count": "many" })?.retryCount).toBe(0);
  });

  test("is the body whatever the order of its fields, the path, the virtual key and the idempotency key", () => {
    const identity = (more: Parameters<typeof attemptOf>[1]) => attemptOf(0, more).identity();
    const same = identity({ body: { a: 1, b: 2 } });
    expect(identity({ body: { b: 2, a: 1 } })).toBe(same);
    for (const other of [
      { body: { a: 1, b: 3 } },
      { body: { a: 1, b: 2 }, keyId: "other" },
      { body: { a: 1, b: 2 }, key: "key" },
      { body: { a: 1, b: 2 }, url: "http://localhost/v1/responses" },
    ]) {
      expect(identity(other)).not.toBe(same);
    }
  });
});

describe("a retry", () => {
  test("joins the call that runs without its client", async () => {
    const { retries } = newRetries();
    const work = workOf();
    const first = attemptOf(0);
    const lost = retries.json(first, work.run);
    first.leave();
    const joined = retries.json(attemptOf(1), work.run);
    work.finish("one");
    expect(idOf(await joined)).toBe("one");
    expect(isReplayed(await joined)).toBe(true);
    expect(isReplayed(await lost)).toBe(false);
    expect(work.runs).toBe(1);
  });

  test("joins a running call also when nobody saw its client leave", async () => {
    const { retries } = newRetries();
    const work = workOf();
    const first = retries.json(attemptOf(0), work.run);
    const joined = retries.json(attemptOf(1), work.run);
    work.finish("one");
    expect([idOf(await first), idOf(await joined)]).toEqual(["one", "one"]);
    expect(work.runs).toBe(1);
  });

  test("gets the answer of a call that ended after its client had left, for fifteen minutes from its beginning", async () => {
    const { retries, clock } = newRetries();
    for (const [minutes, replays] of [
      [14, true],
      [15, false],
    ] as const) {
      const body = { minutes };
      const work = workOf();
      const first = attemptOf(0, { body });
      const lost = retries.json(first, work.run);
      first.leave();
      clock.advance(5 * MINUTE_MS);
      work.finish("one");
      await lost;
      clock.advance((minutes - 5) * MINUTE_MS);
      expect(idOf(await retries.json(attemptOf(1, { body }), done("two")))).toBe(
        replays ? "one" : "two",
      );
    }
  });

  test("gets an answer that was lost on its way, for a minute", async () => {
    const { retries, clock } = newRetries();
    await retries.json(attemptOf(0), done("one"));
    clock.advance(MINUTE_MS - 1);
    expect(idOf(await retries.json(attemptOf(1), done("two")))).toBe("one");
    await retries.json(attemptOf(0, { body: "b" }), done("three"));
    clock.advance(MINUTE_MS);
    expect(idOf(await retries.json(attemptOf(1, { body: "b" }), done("four")))).toBe("four");
  });

  test("of an answer that was sent to a client that left meanwhile is answered for longer", async () => {
    const { retries, clock } = newRetries();
    const first = attemptOf(0);
    await retries.json(first, done("one"));
    first.leave();
    clock.advance(14 * MINUTE_MS);
    expect(idOf(await retries.json(attemptOf(1), done("two")))).toBe("one");
  });

  test("may itself be lost: the next one joins as well", async () => {
    const { retries } = newRetries();
    const work = workOf();
    const tries = [attemptOf(0), attemptOf(1), attemptOf(2)];
    const answers = tries.map((attempt) => {
      const answer = retries.json(attempt, work.run);
      attempt.leave();
      return answer;
    });
    work.finish("one");
    expect((await Promise.all(answers)).map(idOf)).toEqual(["one", "one", "one"]);
    expect(work.runs).toBe(1);
  });

  test("of a call that failed runs anew, also when an equal one runs", async () => {
    const { retries } = newRetries();
    const [other, failing] = [workOf(), workOf()];
    const running = retries.json(attemptOf(0), other.run);
    const failed = retries.json(attemptOf(0), failing.run);
    failing.fail();
    await expect(failed).rejects.toThrow("it failed");
    expect(idOf(await retries.json(attemptOf(1), done("anew")))).toBe("anew");
    other.finish("one");
    expect(idOf(await running)).toBe("one");
  });

  test("that joined a call which then failed is told so, and its own retry runs anew", async () => {
    const { retries } = newRetries();
    const work = workOf();
    const first = attemptOf(0);
    const lost = retries.json(first, work.run);
    first.leave();
    const joined = retries.json(attemptOf(1), work.run);
    work.fail();
    const ends = await Promise.allSettled([lost, joined]);
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(idOf(await retries.json(attemptOf(2), done("anew")))).toBe("anew");
  });

  test("takes one try: of two equal ones that were lost, each retry gets its own", async () => {
    const { retries } = newRetries();
    for (const id of ["one", "two"]) {
      const attempt = attemptOf(0);
      await retries.json(attempt, done(id));
      attempt.leave();
    }
    const answers = [1, 1, 1].map((count) => retries.json(attemptOf(count), done("anew")));
    expect((await Promise.all(answers)).map(idOf)).toEqual(["one", "two", "anew"]);
  });

  test("prefers a call whose client has left to one whose client waits", async () => {
    const { retries } = newRetries();
    const [waiting, left] = [workOf(), workOf()];
    const first = retries.json(attemptOf(0), waiting.run);
    const second = attemptOf(0);
    const lost = retries.json(second, left.run);
    second.leave();
    const joined = retries.json(attemptOf(1), done("anew"));
    left.finish("left");
    waiting.finish("waiting");
    expect((await Promise.all([first, lost, joined])).map(idOf)).toEqual([
      ...["waiting", "left", "left"],
    ]);
  });

  test("of another key, path or body runs for itself", async () => {
    const { retries } = newRetries();
    const first = attemptOf(0);
    await retries.json(first, done("one"));
    first.leave();
    for (const other of [{ keyId: "other" }, { body: { b: 1 } }, { url: "http://localhost/x" }]) {
      expect(idOf(await retries.json(attemptOf(1, other), done("anew")))).toBe("anew");
    }
  });

  test("with an idempotency key joins only what runs: the answer is stored elsewhere", async () => {
    const { retries } = newRetries();
    const work = workOf();
    const first = retries.json(attemptOf(0, { key: "k" }), work.run);
    const joined = retries.json(attemptOf(1, { key: "k" }), work.run);
    work.finish("one");
    expect((await Promise.all([first, joined])).map(idOf)).toEqual(["one", "one"]);
    expect(retries.keptBytes).toBe(0);
    const later = retries.json(attemptOf(2, { key: "k" }), done("by the key"));
    expect(idOf(await later)).toBe("by the key");
  });
});

test("two equal first tries are two calls", async () => {
  const { retries } = newRetries();
  const first = attemptOf(0);
  await retries.json(first, done("one"));
  first.leave();
  expect(idOf(await retries.json(attemptOf(0), done("two")))).toBe("two");
});

describe("what is kept", () => {
  test("is bounded: what was handed over goes before what nobody got", async () => {
    const { retries } = newRetries(10_000);
    const lost = attemptOf(0, { body: "lost" });
    await retries.json(lost, done("lost", 3_000));
    lost.leave();
    for (let call = 0; call < 20; call += 1) {
      await retries.json(attemptOf(0, { body: call }), done(String(call), 1_000));
      expect(retries.keptBytes).toBeLessThanOrEqual(10_000);
    }
    expect(idOf(await retries.json(attemptOf(1, { body: 0 }), done("anew")))).toBe("anew");
    expect(idOf(await retries.json(attemptOf(1, { body: 19 }), done("anew")))).toBe("19");
    expect(idOf(await retries.json(attemptOf(1, { body: "lost" }), done("anew")))).toBe("lost");
  });

  test("counts a request's bytes as they were read, also of a body that came without its length", async () => {
    const { retries } = newRetries(10_000);
    const bytes = new TextEncoder().encode(
      JSON.stringify({ model: "chat", user: "x".repeat(5_000) }),
    );
    const body = new Blob([bytes]).stream();
    const headers = { "content-type": "application/json", "x-stainless-retry-count": "0" };
    const init = { method: "POST", headers, body, duplex: "half" };
    const request = new Request("http://localhost/v1/chat/completions", init);
    const content = await readJsonBody(request, { bytes: 10_000 });
    expect(request.headers.has("content-length")).toBe(false);
    const attempt = sdkAttempt({ principal: { keyId: "k" }, request, content })!;
    expect(attempt.bodyBytes).toBe(bytes.length);
    await retries.json(attempt, done("kept", 100));
    expect(retries.keptBytes).toBeGreaterThan(bytes.length);
  });

  test("is not an answer that alone is larger than all that may be kept", async () => {
    const { retries } = newRetries(10_000);
    await retries.json(attemptOf(0), done("large", 20_000));
    expect(retries.keptBytes).toBe(0);
  });

  test("is forgotten when its time is over", async () => {
    const { retries, clock } = newRetries();
    const first = attemptOf(0);
    await retries.json(first, done("one"));
    first.leave();
    expect(retries.keptBytes).toBeGreaterThan(0);
    clock.advance(15 * MINUTE_MS);
    // A retry looks around; its own answer is with a key kept elsewhere.
    await retries.json(attemptOf(1, { key: "k" }), done("two"));
    expect(retries.keptBytes).toBe(0);
  });
});
