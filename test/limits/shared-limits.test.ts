import { Redis } from "ioredis";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { WindowShape } from "../../server/limits/counts.ts";
import { Limits } from "../../server/limits/limits.ts";
import { systemClock } from "../../server/kernel/clock.ts";
import { type Log, silentLog } from "../../server/kernel/log.ts";
import { RedisConnection } from "../../server/redis/connection.ts";
import { until } from "../harness/process.ts";
import { testRedis } from "../harness/redis.ts";
import { caller, isRefusal, outcomeOf, refusalOf } from "./callers.ts";
import { type Admitted, load, most, nextTurn } from "./load.ts";

/** Two instances with one Redis, by the real time of both. */

const server = await testRedis();
const operator = new Redis(server.url, { lazyConnect: true });
operator.on("error", () => {});
afterAll(() => operator.disconnect());

const started: { stop(): void }[] = [];
afterEach(() => {
  server.resume();
  for (const part of started.splice(0)) part.stop();
});

let number = 0;
/** A second instead of a minute. */
const second: WindowShape = { bucketMs: 20, buckets: 50 };

/** On a busy machine a Redis that is there answers late now and then; that it is away is not what is looked at. */
const patient = { shape: second, timeoutMs: 10_000 };

async function instance(
  options: { shape?: WindowShape; leaseMs?: number; log?: Log; timeoutMs?: number } = {},
) {
  number += 1;
  const { log = silentLog, timeoutMs = 100, ...of } = options;
  const redis = new RedisConnection({ url: server.url, log, timeoutMs });
  const instanceId = `019aaf3c-6a80-7c11-9d1b-${String(number).padStart(12, "0")}`;
  const limits = new Limits({ clock: systemClock, instanceId, redis, ...of });
  started.push(limits, redis);
  redis.start();
  limits.start();
  await until("Redis is reached", () => redis.ready);
  return { limits, redis, stop: () => redis.stop() };
}

const two = async (options: Parameters<typeof instance>[0] = {}) =>
  [await instance(options), await instance(options)] as const;

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

const readingOf = async (limits: Limits, { principal }: ReturnType<typeof caller>) =>
  (await limits.used(principal))[0]!.reading;

test("requests under load come to between 0.95 and 1.05 of the limit on two instances", async () => {
  const instances = await two(patient);
  const limit = 200;
  const admitted = await load(instances, caller({ team: { requestsPerMinute: limit } }), {
    ms: 3_600,
  });
  expect(most(admitted, 1_000)).toBeLessThanOrEqual(limit);
  // Of four windows that have begun.
  expect(admitted.length / (limit * 4)).toBeGreaterThanOrEqual(0.95);
  expect(admitted.length / (limit * 4)).toBeLessThanOrEqual(1.05);
}, 20_000);

test("tokens under load exceed the limit on two instances by no more than the calls in flight", async () => {
  const instances = await two(patient);
  const limit = 8_000;
  const of = caller({ team: { tokensPerMinute: limit } });
  const endsMs = performance.now() + 2_500;
  const admitted: (Admitted & { tokens: number })[] = [];
  // Taken for 20 each, they take up to 40.
  const ask = async (limits: Limits) => {
    while (performance.now() < endsMs) {
      const askedMs = performance.now();
      const outcome = await outcomeOf(of.admit(limits, 20));
      const answeredMs = performance.now();
      await nextTurn();
      if (isRefusal(outcome)) continue;
      const tokens = 10 + ((admitted.length * 7) % 31);
      admitted.push({ askedMs, answeredMs, tokens });
      outcome.settle(used(tokens));
      outcome.release();
    }
  };
  const askers = instances.flatMap(({ limits }) => Array.from({ length: 8 }, () => ask(limits)));
  await Promise.all(askers);
  // In flight for Redis is also what has ended while word of it is on its way.
  expect(most(admitted, 1_000)).toBeLessThanOrEqual(limit + 2 * 16 * 20);
  expect(admitted.reduce((sum, { tokens }) => sum + tokens, 0)).toBeGreaterThanOrEqual(2 * limit);
}, 20_000);

test("calls at once are never more than the limit on two instances", async () => {
  const instances = await two(patient);
  let running = 0;
  let highest = 0;
  await load(instances, caller({ team: { concurrentCalls: 5 } }), {
    ms: 500,
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
  const leaseMs = 400;

  test("of an instance that died are free after its lease", async () => {
    const [dying, other] = await two({ leaseMs });
    const of = caller({ key: { concurrentCalls: 1 } });
    await of.admit(dying.limits);
    await refusalOf(of.admit(other.limits));
    // As kill -9 leaves it: nothing is released, nothing renewed.
    dying.limits.stop();
    await until(
      "the place is free",
      async () => !isRefusal(await outcomeOf(of.admit(other.limits))),
    );
  });

  test("of a call that runs long are kept", async () => {
    const [one, other] = await two({ leaseMs });
    const of = caller({ key: { concurrentCalls: 1 } });
    const permit = await of.admit(one.limits);
    const untilMs = performance.now() + 3 * leaseMs;
    await until(
      "three leases are over",
      async () => {
        expect(isRefusal(await outcomeOf(of.admit(other.limits)))).toBe(true);
        return performance.now() > untilMs;
      },
      { everyMs: 50 },
    );
    permit.release();
    await until(
      "the place is free",
      async () => !isRefusal(await outcomeOf(of.admit(other.limits))),
    );
  });

  test("are told to a Redis that has forgotten them", async () => {
    const [one, other] = await two();
    const of = caller({ key: { concurrentCalls: 1 } });
    await of.admit(one.limits);
    await server.restart();
    for (const { redis } of [one, other]) {
      await until("Redis is reached again", () => redis.ready, { timeoutMs: 15_000 });
    }
    await until(
      "the place is taken",
      async () =>
        (await operator.zcard(`saas-litellm:limit:key:${of.principal.keyId}:calls`)) === 1,
    );
    await refusalOf(of.admit(other.limits));
  }, 30_000);
});

describe("while Redis is away", () => {
  test("killed and started under load: no call fails, limits hold per instance, a log line says so", async () => {
    const lines: string[] = [];
    const note = (text: string) => void lines.push(text);
    const log = { ...silentLog, warn: note, info: note };
    const instances = [await instance({ log }), await instance()] as const;
    const limit = 50;
    const of = caller({ team: { requestsPerMinute: limit, concurrentCalls: 100 } });
    const loading = load(instances, of, { ms: 1_500 });
    await server.kill();
    await until("the loss is noticed", () => instances.every(({ redis }) => !redis.ready));
    await server.restart();
    for (const { redis } of instances) {
      await until("Redis is used again", () => redis.ready, { timeoutMs: 15_000 });
    }
    // Each by itself while Redis was away, so twice the limit at most, also after its return with nothing known.
    const admitted = await loading;
    expect(admitted.length).toBeGreaterThanOrEqual(limit);
    expect(admitted.length).toBeLessThanOrEqual(2 * limit);
    expect(lines).toEqual([
      expect.stringMatching(/counts limits by itself/),
      "Redis answers again",
    ]);
  }, 30_000);

  test("halted under load: no call fails, and none waits longer than one time-out", async () => {
    const instances = await two();
    const of = caller({ team: { requestsPerMinute: 1_000_000 } });
    const waits: number[] = [];
    const loading = load(instances, of, { ms: 1_000 });
    server.halt();
    while (instances.some(({ redis }) => redis.ready)) {
      const askedMs = performance.now();
      (await of.admit(instances[0].limits)).release();
      waits.push(performance.now() - askedMs);
      await nextTurn();
    }
    for (let call = 0; call < 100; call += 1) {
      const askedMs = performance.now();
      (await of.admit(instances[0].limits)).release();
      waits.push(performance.now() - askedMs);
    }
    server.resume();
    await loading;
    expect(Math.max(...waits)).toBeLessThan(500);
    expect(waits.filter((ms) => ms > 90).length).toBeLessThanOrEqual(2);
    for (const { redis } of instances) {
      await until("Redis is used again", () => redis.ready, { timeoutMs: 15_000 });
    }
  }, 30_000);

  test("what this instance has let through with Redis still counts", async () => {
    const shape = { bucketMs: 100, buckets: 10 };
    const { limits } = await instance({ shape });
    const readyMs = performance.now();
    const of = caller({ team: { requestsPerMinute: 2 } });
    await until("Redis alone decides", () => performance.now() - readyMs > 1_200);
    await of.admit(limits);
    await of.admit(limits);
    server.halt();
    await refusalOf(of.admit(limits));
  });

  test("what others have let through still counts, and when a minute is over no longer", async () => {
    const shape = { bucketMs: 100, buckets: 10 };
    const [one, other] = await two({ shape });
    const of = caller({ team: { requestsPerMinute: 4 }, key: { tokensPerMinute: 100 } });
    for (const { limits } of [one, other, one]) await of.admit(limits, 20);
    server.halt();
    await of.admit(one.limits, 20);
    const refusal = await refusalOf(of.admit(one.limits, 20));
    expect(refusal.hints).toMatchObject({ scope: "team", limit: "requests_per_minute" });
    expect(refusal.headers).toMatchObject({ "x-ratelimit-remaining-requests": "0" });
    const alone = async () => !isRefusal(await outcomeOf(of.admit(one.limits, 20)));
    await until("the others' have left the window", alone);

    const tokens = caller({ key: { tokensPerMinute: 100 } });
    server.resume();
    await until("Redis is used again", () => one.redis.ready && other.redis.ready);
    await tokens.admit(other.limits, 60);
    await tokens.admit(one.limits, 20);
    server.halt();
    const { hints } = await refusalOf(tokens.admit(one.limits, 40));
    expect(hints).toMatchObject({ scope: "key", limit: "tokens_per_minute" });
    await tokens.admit(one.limits, 20);
  });

  test("what was let through meanwhile is told to Redis when it is back", async () => {
    const [one, other] = await two({ timeoutMs: 500 });
    const of = caller({ team: { requestsPerMinute: 4, tokensPerMinute: 1_000 } });
    await of.admit(other.limits, 10);
    server.halt();
    for (let call = 0; call < 3; call += 1) await of.admit(one.limits, 10);
    server.resume();
    await until("Redis is told", async () => {
      const { requests, tokens } = await readingOf(other.limits, of);
      return requests === 4 && tokens === 40;
    });
    await refusalOf(of.admit(other.limits, 10));
  });
});
