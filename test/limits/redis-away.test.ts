import { expect, test } from "vitest";
import { silentLog } from "../../server/kernel/log.ts";
import { until } from "../harness/process.ts";
import { caller, isRefusal, outcomeOf, refusalOf } from "./callers.ts";
import { load, nextTurn } from "./load.ts";
import { readingOf, sharedLimits } from "./two-instances.ts";

/** Two instances whose Redis is killed, or stands still and goes on. */

const { server, instance, two } = await sharedLimits();

test("killed and started under load: no call fails, limits hold per instance, a log line says so", async () => {
  const lines: string[] = [];
  const note = (text: string) => void lines.push(text);
  const log = { ...silentLog, warn: note, info: note };
  const instances = [await instance({ log }), await instance()] as const;
  const limit = 50;
  const of = caller({ team: { requestsPerMinute: limit, concurrentCalls: 100 } });
  let isOver = false;
  const loading = load(instances, of, { enough: () => isOver });
  await server.kill();
  await until("the loss is noticed", () => instances.every(({ redis }) => !redis.ready));
  await server.restart();
  for (const { redis } of instances) {
    await until("Redis is used again", () => redis.ready);
  }
  isOver = true;
  // Each by itself while Redis was away, so twice the limit at most, also after its return with nothing known.
  const { admitted } = await loading;
  expect(admitted.length).toBeGreaterThanOrEqual(limit);
  expect(admitted.length).toBeLessThanOrEqual(2 * limit);
  expect(lines).toEqual([expect.stringMatching(/counts limits by itself/), "Redis answers again"]);
}, 30_000);

test("halted under load: no call fails, and none waits longer than one time-out", async () => {
  const timeoutMs = 1_000;
  const instances = await two({ timeoutMs });
  const of = caller({ team: { requestsPerMinute: 1_000_000 } });
  const waits: number[] = [];
  let isOver = false;
  const loading = load(instances, of, { enough: () => isOver });
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
  isOver = true;
  server.resume();
  await loading;
  expect(Math.max(...waits)).toBeLessThan(2 * timeoutMs);
  expect(waits.filter((ms) => ms > 0.9 * timeoutMs).length).toBeLessThanOrEqual(2);
  for (const { redis } of instances) {
    await until("Redis is used again", () => redis.ready);
  }
}, 30_000);

test("what this instance has let through with Redis still counts", async () => {
  const shape = { bucketMs: 100, buckets: 10 };
  // Its own clock stands still: what it has let through stays within the window, however long Redis is waited for.
  const clock = { now: () => 1_800_000_000_000 };
  const { limits } = await instance({ shape, clock, timeoutMs: 100 });
  const readyMs = performance.now();
  const of = caller({ team: { requestsPerMinute: 2 } });
  await until("Redis alone decides", () => performance.now() - readyMs > 1_200);
  await of.admit(limits);
  await of.admit(limits);
  server.halt();
  await refusalOf(of.admit(limits));
});

test("what others have let through still counts, and when a minute is over no longer", async () => {
  const shape = { bucketMs: 200, buckets: 10 };
  const [one, other] = await two({ shape, timeoutMs: 300 });
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
