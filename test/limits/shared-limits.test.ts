import { Redis } from "ioredis";
import { afterAll, describe, expect, test } from "vitest";
import type { WindowShape } from "../../server/limits/counts.ts";
import type { Limits } from "../../server/limits/limits.ts";
import { until } from "../harness/process.ts";
import { caller, isRefusal, outcomeOf, refusalOf } from "./callers.ts";
import { type Decided, fewestAtRefusal, load, most, nextTurn } from "./load.ts";
import { readingOf, sharedLimits } from "./two-instances.ts";

/** Two instances with one Redis, by the real time of both. */

const { server, instance, two } = await sharedLimits();
const operator = new Redis(server.url, { lazyConnect: true });
operator.on("error", () => {});
afterAll(() => operator.disconnect());

/** A second instead of a minute. */
const second: WindowShape = { bucketMs: 20, buckets: 50 };

const used = (tokens: number) => ({ inputTokens: tokens, outputTokens: 0 });

describe("two instances count as one", () => {
  test("requests, tokens and calls at once", async () => {
    const [{ limits: one }, { limits: other }] = await two();
    const requests = caller({ team: { requestsPerMinute: 2 } });
    await requests.admit(one);
    await requests.admit(other);
    await refusalOf(requests.admit(one));
    await refusalOf(requests.admit(other));

    const tokens = caller({ key: { tokensPerMinute: 100 } });
    const permit = await tokens.admit(one, 80);
    await refusalOf(tokens.admit(other, 80));
    permit.settle(used(10));
    permit.release();
    await until(
      "the tokens are put right",
      async () => !isRefusal(await outcomeOf(tokens.admit(other, 80))),
    );

    const calls = caller({ model: { concurrentCalls: 1 } });
    const running = await calls.admit(one);
    expect((await refusalOf(calls.admit(other))).hints).toMatchObject({
      limit: "concurrent_calls",
    });
    running.release();
    await until("the place is free", async () => !isRefusal(await outcomeOf(calls.admit(other))));
  });

  test("all scopes or none", async () => {
    const [{ limits: one }, { limits: other }] = await two();
    const both = caller({
      team: { requestsPerMinute: 10, tokensPerMinute: 1_000, concurrentCalls: 5 },
      model: { requestsPerMinute: 1 },
    });
    (await both.admit(one, 10)).cancel();
    await until("nothing is counted", async () => (await readingOf(one, both)).requests === 0);
    (await both.admit(one, 10)).release();
    const refusal = await refusalOf(both.admit(other, 10));
    expect(refusal.hints).toMatchObject({ scope: "model", limit: "requests_per_minute" });
    await until("tokens and place are given back", async () => {
      const { requests, tokens, calls } = await readingOf(other, both);
      return requests === 1 && tokens === 0 && calls === 0;
    });
  });

  test("a call costs one round trip, and nothing where nothing is limited", async () => {
    const { limits } = await instance();
    const limited = caller({ team: { requestsPerMinute: 9 }, key: { concurrentCalls: 9 } });
    await limited.admit(limits);
    const sent = async () =>
      Number(/total_commands_processed:(\d+)/.exec(await operator.info())![1]);
    const before = await sent();
    const scripts = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await operator.info("commandstats"))?.[1] ?? 0);
    const scriptsBefore = await scripts();
    await limited.admit(limits);
    expect(await scripts()).toBe(scriptsBefore + 1);
    const idle = await sent();
    const { principal, alias } = caller();
    await limits.admit({
      principal,
      alias,
      size: () => ({ inputBytes: 1, mediaParts: 0, choices: 1, outputTokens: 1 }),
    });
    // The question itself is the only command since.
    expect((await sent()) - idle).toBe(1);
    expect(idle).toBeGreaterThan(before);
  });
});

test("requests under load are let through up to the limit on two instances, and refused only beyond it", async () => {
  const instances = await two({ shape: second });
  const limit = 200;
  const outcomes = await load(instances, caller({ team: { requestsPerMinute: limit } }), {
    // The fourth window has begun.
    enough: ({ admitted }) => admitted.length > 3 * limit,
  });
  expect(most(outcomes.admitted, 1_000)).toBeLessThanOrEqual(limit);
  expect(outcomes.refused.length).toBeGreaterThan(0);
  // A bucket leaves the window as a whole, and Redis reads another clock.
  const longestMs = 1_000 + 2 * second.bucketMs;
  expect(fewestAtRefusal(outcomes, longestMs)).toBeGreaterThanOrEqual(limit);
}, 60_000);

test("tokens under load exceed the limit on two instances by no more than the calls in flight", async () => {
  const instances = await two({ shape: second });
  const limit = 8_000;
  const of = caller({ team: { tokensPerMinute: limit } });
  const admitted: (Decided & { tokens: number })[] = [];
  let taken = 0;
  // Taken for 20 each, they take up to 40.
  const ask = async (limits: Limits) => {
    // The third window has begun.
    while (taken <= 2 * limit + 2 * 16 * 20) {
      const askedMs = performance.now();
      const outcome = await outcomeOf(of.admit(limits, 20));
      const answeredMs = performance.now();
      await nextTurn();
      if (isRefusal(outcome)) continue;
      const tokens = 10 + ((admitted.length * 7) % 31);
      admitted.push({ askedMs, answeredMs, tokens });
      taken += tokens;
      outcome.settle(used(tokens));
      outcome.release();
    }
  };
  const askers = instances.flatMap(({ limits }) => Array.from({ length: 8 }, () => ask(limits)));
  await Promise.all(askers);
  // In flight for Redis is also what has ended while word of it is on its way.
  expect(most(admitted, 1_000)).toBeLessThanOrEqual(limit + 2 * 16 * 20);
}, 60_000);

test("calls at once are never more than the limit on two instances", async () => {
  const instances = await two({ shape: second });
  let running = 0;
  let highest = 0;
  await load(instances, caller({ team: { concurrentCalls: 5 } }), {
    enough: ({ refused }) => highest === 5 && refused.length > 500,
    run: async () => {
      running += 1;
      highest = Math.max(highest, running);
      await nextTurn();
      running -= 1;
    },
  });
  expect(highest).toBe(5);
});

describe("places", () => {
  /** Renewed four times as often, so that a machine that stands still for a moment lets no lease end. */
  const leaseMs = 1_000;

  test("of an instance that died are free after its lease", async () => {
    const [dying, other] = await two({ leaseMs });
    const of = caller({ key: { concurrentCalls: 1 } });
    await of.admit(dying.limits);
    await refusalOf(of.admit(other.limits));
    // As kill -9 leaves it: nothing is released, nothing renewed.
    dying.limits.stop();
    await until("the place is free", async () => (await readingOf(other.limits, of)).calls === 0);
    await of.admit(other.limits);
  });

  test("of a call that runs long are kept", async () => {
    const [one, other] = await two({ leaseMs });
    const of = caller({ key: { concurrentCalls: 1 } });
    const permit = await of.admit(one.limits);
    const untilMs = performance.now() + 2 * leaseMs;
    await until(
      "two leases are over",
      async () => {
        expect(isRefusal(await outcomeOf(of.admit(other.limits)))).toBe(true);
        return performance.now() > untilMs;
      },
      { everyMs: 50 },
    );
    permit.release();
    await until("the place is free", async () => (await readingOf(other.limits, of)).calls === 0);
    await of.admit(other.limits);
  });

  test("of a call that is refused are not taken, also when leases are renewed meanwhile", async () => {
    const [one, other] = await two({ leaseMs: 2_000 });
    const of = caller({ key: { concurrentCalls: 1 } });
    await of.admit(one.limits);
    server.halt();
    const refused = refusalOf(of.admit(other.limits));
    const renewedMs = performance.now() + 600;
    await until("leases are renewed", () => performance.now() > renewedMs);
    server.resume();
    await refused;
    expect(await operator.zcard(`saas-litellm:limit:key:${of.principal.keyId}:calls`)).toBe(1);
  });

  test("are told to a Redis that has forgotten them", async () => {
    const [one, other] = await two();
    const of = caller({ key: { concurrentCalls: 1 } });
    await of.admit(one.limits);
    await server.restart();
    for (const { redis } of [one, other]) {
      await until("Redis is reached again", () => redis.ready);
    }
    await until(
      "the place is taken",
      async () =>
        (await operator.zcard(`saas-litellm:limit:key:${of.principal.keyId}:calls`)) === 1,
    );
    await refusalOf(of.admit(other.limits));
  }, 30_000);
});
