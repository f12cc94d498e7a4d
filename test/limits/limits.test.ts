import { describe, expect, test } from "vitest";
import { Limits, type Permit } from "../../server/limits/limits.ts";
import { ManualClock } from "../harness/clock.ts";
import { caller, isRefusal, outcomeOf, refusalOf } from "./callers.ts";

/** Without Redis, by a clock that the test moves. */

function instance() {
  const clock = new ManualClock();
  return {
    clock,
    limits: new Limits({ clock, instanceId: "019aaf3c-6a80-7c11-9d1b-000000000001" }),
  };
}

const must = async (asked: Promise<Permit | undefined>): Promise<Permit> => (await asked)!;

const neverAsked = () => {
  throw new Error("nothing limits tokens");
};

const used = (tokens: number) => ({ inputTokens: tokens, outputTokens: 0 });

describe("without limits", () => {
  test("a call is let through without a look at it, and not counted", async () => {
    const { limits } = instance();
    const { principal, alias } = caller();
    expect(await limits.admit({ principal, alias, size: neverAsked })).toBeUndefined();
    expect(await limits.used(principal)).toEqual([]);
  });
});

describe("requests a minute", () => {
  test("are as many as the limit, and a refused one consumes nothing", async () => {
    const { limits, clock } = instance();
    const team = caller({ team: { requestsPerMinute: 3 } });
    for (let call = 0; call < 3; call += 1) (await team.admit(limits)).release();
    for (let call = 0; call < 50; call += 1) await refusalOf(team.admit(limits));
    clock.advance(61_000);
    for (let call = 0; call < 3; call += 1) await team.admit(limits);
    await refusalOf(team.admit(limits));
  });

  test("return one by one as they leave the minute, not all at its turn", async () => {
    const { limits, clock } = instance();
    const team = caller({ team: { requestsPerMinute: 2 } });
    await team.admit(limits);
    clock.advance(30_000);
    await team.admit(limits);
    clock.advance(31_000);
    await team.admit(limits);
    await refusalOf(team.admit(limits));
    clock.advance(30_000);
    await team.admit(limits);
  });

  test("under steady load come to between 0.95 and 1.05 of the limit, in every minute and over all", async () => {
    const { limits, clock } = instance();
    const limit = 600;
    const team = caller({ team: { requestsPerMinute: limit } });
    const startedMs = clock.now();
    const admittedMs: number[] = [];
    // 20 a second for ten minutes: twice what is allowed.
    while (clock.now() - startedMs < 600_000) {
      const outcome = await outcomeOf(team.admit(limits));
      if (!isRefusal(outcome)) {
        outcome.release();
        admittedMs.push(clock.now());
      }
      clock.advance(50);
    }
    for (let at = 0; at + 60_000 <= 600_000; at += 500) {
      const from = startedMs + at;
      const inMinute = admittedMs.filter((ms) => ms >= from && ms < from + 60_000).length;
      expect(inMinute / limit).toBeLessThanOrEqual(1);
      expect(inMinute / limit).toBeGreaterThanOrEqual(0.95);
    }
    expect(admittedMs.length / (limit * 10)).toBeGreaterThanOrEqual(0.95);
    expect(admittedMs.length / (limit * 10)).toBeLessThanOrEqual(1.05);
  });

  test("are given back by a call that is not to count, and by no other", async () => {
    const { limits } = instance();
    const team = caller({ team: { requestsPerMinute: 1 } });
    (await team.admit(limits)).cancel();
    (await team.admit(limits)).release();
    await refusalOf(team.admit(limits));
  });

  test("of a clock that is set back go on counting, and do not lock anybody out", async () => {
    const { limits, clock } = instance();
    const team = caller({ team: { requestsPerMinute: 2 } });
    await team.admit(limits);
    clock.advance(-5_000);
    await team.admit(limits);
    await refusalOf(team.admit(limits));
    clock.advance(-3_600_000);
    await team.admit(limits);
  });
});

describe("tokens a minute", () => {
  test("are reserved before the call and put right after it", async () => {
    const { limits } = instance();
    const key = caller({ key: { tokensPerMinute: 1_000 } });
    const permit = await key.admit(limits, 900);
    await refusalOf(key.admit(limits, 200));
    permit.settle(used(100));
    permit.release();
    expect(await tokensOf(limits, key)).toBe(100);
    await key.admit(limits, 800);
    await refusalOf(key.admit(limits, 200));
  });

  test("that a call took beyond its estimate count from its end on", async () => {
    const { limits, clock } = instance();
    const key = caller({ key: { tokensPerMinute: 1_000 } });
    const permit = await key.admit(limits, 10);
    clock.advance(50_000);
    permit.settle(used(5_000));
    permit.release();
    const refusal = await refusalOf(key.admit(limits, 10));
    expect(refusal.hints["resets_at"]).toBe(new Date(clock.now() + 61_000).toISOString());
    clock.advance(11_000);
    expect(await tokensOf(limits, key)).toBe(4_990);
    clock.advance(50_000);
    await key.admit(limits, 1_000);
  });

  test("of a call that never ran, or that the cache answered, are all given back", async () => {
    const { limits } = instance();
    const key = caller({ key: { tokensPerMinute: 1_000 } });
    (await key.admit(limits, 1_000)).release();
    const hit = await key.admit(limits, 1_000);
    hit.settle(used(0));
    hit.release();
    expect(await tokensOf(limits, key)).toBe(0);
  });

  test("let a call larger than the limit begin when the minute is empty", async () => {
    const { limits } = instance();
    const key = caller({ key: { tokensPerMinute: 100 } });
    const permit = await key.admit(limits, 5_000);
    await refusalOf(key.admit(limits, 1));
    permit.release();
    await key.admit(limits, 5_000);
  });

  test("are exceeded by no more than what calls in flight take beyond their estimates", async () => {
    const { limits, clock } = instance();
    const key = caller({ key: { tokensPerMinute: 10_000 } });
    const calls: { atMs: number; took: number }[] = [];
    let most = 0;
    for (let round = 0; round < 300; round += 1) {
      const running = [];
      // Eight at a time, taken for 200 each, which take up to 400.
      for (let each = 0; each < 8; each += 1) {
        const outcome = await outcomeOf(key.admit(limits, 200));
        if (isRefusal(outcome)) continue;
        const took = 100 + ((round * 7 + each * 53) % 300);
        running.push({ permit: outcome, took });
        calls.push({ atMs: clock.now(), took });
      }
      clock.advance(700);
      for (const { permit, took } of running) {
        permit.settle(used(took));
        permit.release();
      }
      const minute = calls.filter(({ atMs }) => atMs > clock.now() - 60_000);
      most = Math.max(
        most,
        minute.reduce((sum, { took }) => sum + took, 0),
      );
    }
    expect(most).toBeLessThanOrEqual(10_000 + 8 * 200);
    expect(most).toBeGreaterThanOrEqual(9_500);
  });
});

describe("calls at once", () => {
  test("are as many as the limit; an end makes room once", async () => {
    const { limits } = instance();
    const team = caller({ team: { concurrentCalls: 2 } });
    const first = await team.admit(limits);
    await team.admit(limits);
    const refusal = await refusalOf(team.admit(limits));
    expect(refusal).toMatchObject({
      retryAfterSeconds: 1,
      hints: { scope: "team", limit: "concurrent_calls", allowed: 2, resets_at: null },
    });
    first.release();
    first.release();
    first.cancel();
    await team.admit(limits);
    await refusalOf(team.admit(limits));
  });
});

describe("several scopes", () => {
  test("are taken all or none", async () => {
    const { limits } = instance();
    const both = caller({
      team: { requestsPerMinute: 10, concurrentCalls: 10 },
      key: { tokensPerMinute: 1_000 },
      model: { requestsPerMinute: 1 },
    });
    (await both.admit(limits, 10)).release();
    const refusal = await refusalOf(both.admit(limits, 10));
    expect(refusal.hints).toMatchObject({ scope: "model", model: both.alias.name });
    const [team, key] = await limits.used(both.principal);
    expect(team!.reading).toMatchObject({ requests: 1, calls: 0 });
    expect(key!.reading).toMatchObject({ tokens: 0 });
  });

  test("a key and its team count each by itself, a model for everybody", async () => {
    const { limits } = instance();
    const one = caller({ team: { requestsPerMinute: 3 }, key: { requestsPerMinute: 2 } });
    const other = { ...one.principal, keyId: "another key" };
    const alias = { id: "shared", name: "shared", limits: { requestsPerMinute: 4 } };
    const ask = (principal: typeof other) =>
      must(limits.admit({ principal, alias, size: neverAsked }));
    await ask(one.principal);
    await ask(one.principal);
    expect((await refusalOf(ask(one.principal))).hints).toMatchObject({ scope: "key" });
    await ask(other);
    expect((await refusalOf(ask(other))).hints).toMatchObject({ scope: "team" });
    const { principal: stranger } = caller();
    await ask(stranger);
    expect((await refusalOf(ask(stranger))).hints).toMatchObject({ scope: "model" });
  });
});

describe("a refusal", () => {
  test("says which limit of whom, until when, and what is left", async () => {
    const { limits, clock } = instance();
    const team = caller({ team: { requestsPerMinute: 1_000, tokensPerMinute: 100 } });
    await team.admit(limits, 90);
    clock.advance(50_000);
    const refusal = await refusalOf(team.admit(limits, 90));
    expect(refusal.code).toBe("rate_limited");
    expect(refusal.message).toBe(
      "The team's limit of 100 tokens a minute has no room for this call, which is taken for about 90. Try again in 11 seconds.",
    );
    expect(refusal.retryAfterSeconds).toBe(11);
    expect(refusal.hints).toEqual({
      scope: "team",
      limit: "tokens_per_minute",
      allowed: 100,
      resets_at: new Date(clock.now() + 11_000).toISOString(),
    });
    expect(refusal.headers).toEqual({
      "x-ratelimit-limit-requests": "1000",
      "x-ratelimit-remaining-requests": "999",
      "x-ratelimit-reset-requests": "11s",
      "x-ratelimit-limit-tokens": "100",
      "x-ratelimit-remaining-tokens": "10",
      "x-ratelimit-reset-tokens": "11s",
    });
  });

  test("never asks to wait longer than the SDKs do", async () => {
    const { limits } = instance();
    const key = caller({ key: { requestsPerMinute: 1 } });
    await key.admit(limits);
    const refusal = await refusalOf(key.admit(limits));
    expect(refusal.retryAfterSeconds).toBe(30);
    expect(refusal.message).toBe(
      'The key "production"\'s limit of 1 request a minute is used up. Try again in 61 seconds.',
    );
  });

  test("of a model tells nothing of what other teams do", async () => {
    const { limits } = instance();
    const model = caller({ model: { requestsPerMinute: 1, concurrentCalls: 7 } });
    const permit = await model.admit(limits);
    expect(permit.headers).toEqual({});
    const refusal = await refusalOf(model.admit(limits));
    expect(refusal.headers).toEqual({});
    expect(refusal.hints).not.toHaveProperty("allowed");
    expect(refusal.message).not.toMatch(/\b[17]\b requests/);
  });
});

test("a permit tells what the tightest of team and key leaves", async () => {
  const { limits } = instance();
  const both = caller({ team: { requestsPerMinute: 100 }, key: { requestsPerMinute: 7 } });
  await both.admit(limits);
  expect((await both.admit(limits)).headers).toEqual({
    "x-ratelimit-limit-requests": "7",
    "x-ratelimit-remaining-requests": "5",
    "x-ratelimit-reset-requests": "1m1s",
  });
});

async function tokensOf(limits: Limits, { principal }: ReturnType<typeof caller>) {
  const [scope] = await limits.used(principal);
  return scope!.reading.tokens;
}
