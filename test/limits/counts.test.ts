import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CallLimits } from "../../db/schema/organizations.ts";
import { LocalCounts } from "../../server/limits/local-counts.ts";
import { type Demand, demandOf, type Scope } from "../../server/limits/scopes.ts";
import { SharedCounts } from "../../server/limits/shared-counts.ts";
import { silentLog } from "../../server/kernel/log.ts";
import { RedisConnection } from "../../server/redis/connection.ts";
import { until } from "../harness/process.ts";
import { testRedis } from "../harness/redis.ts";

/** Any sequence of calls, against a reference that keeps each call, and in memory as in Redis. */

const shape = { bucketMs: 1_000, buckets: 60 };
const startMs = Date.UTC(2026, 10, 23, 12);

const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("take" as const),
        scopes: fc.subarray([0, 1, 2], { minLength: 1 }),
        tokens: fc.integer({ min: 1, max: 60 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("end" as const),
        call: fc.nat(),
        ending: fc.oneof(
          fc.record({ tokens: fc.integer({ min: 0, max: 90 }) }),
          fc.constant("cancelled" as const),
        ),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("wait" as const),
        ms: fc.oneof(
          fc.integer({ min: 1, max: 2_500 }),
          fc.integer({ min: 1_000, max: 40_000 }),
          fc.constantFrom(59_999, 60_000, 60_999, 61_000, 61_001, 200_000),
        ),
      }),
    },
  ),
  { minLength: 10, maxLength: 80 },
);

const limits = fc.record(
  {
    requestsPerMinute: fc.integer({ min: 1, max: 8 }),
    tokensPerMinute: fc.integer({ min: 20, max: 200 }),
    concurrentCalls: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<CallLimits>;

const threeLimits = fc.tuple(limits, limits, limits);

let number = 0;
const kinds = ["team", "key", "model"] as const;

function scopesOf(each: readonly CallLimits[]): Scope[] {
  number += 1;
  return each.map((of, index) => ({
    kind: kinds[index]!,
    id: `${number}`,
    name: "a",
    limits: of,
  }));
}

/** Every call of a scope as the reference keeps it. */
interface Kept {
  atMs: number;
  requests: number;
  tokens: number;
}

/** The reference of one scope: what was counted and when. */
class Reference {
  readonly kept: Kept[] = [];
  calls = 0;

  within(nowMs: number, windowMs: number): { requests: number; tokens: number } {
    const counted = this.kept.filter(({ atMs }) => atMs > nowMs - windowMs);
    return {
      requests: counted.reduce((sum, { requests }) => sum + requests, 0),
      tokens: counted.reduce((sum, { tokens }) => sum + tokens, 0),
    };
  }
}

/** Whether the call has room when whatever lies within the span counts. */
function hasRoom(demand: Demand, reference: Reference, nowMs: number, windowMs: number): boolean {
  const { requestsPerMinute, tokensPerMinute, concurrentCalls } = demand.scope.limits;
  const { requests, tokens } = reference.within(nowMs, windowMs);
  return (
    requests + 1 <= (requestsPerMinute ?? Infinity) &&
    tokens + demand.tokens <= (tokensPerMinute ?? Infinity) &&
    reference.calls + 1 <= (concurrentCalls ?? Infinity)
  );
}

test("no sequence ever lets more than the limit through in any minute, or refuses what 61 seconds have room for", () => {
  fc.assert(
    fc.property(threeLimits, steps, (each, sequence) => {
      const scopes = scopesOf(each);
      const counts = new LocalCounts(shape);
      const references = scopes.map(() => new Reference());
      const running: {
        at: number[];
        demands: Demand[];
        buckets: readonly number[];
        kept: Kept[];
      }[] = [];
      let nowMs = startMs;
      for (const step of sequence) {
        if (step.kind === "wait") nowMs += step.ms;
        else if (step.kind === "take") {
          const demands = step.scopes.map((index) => demandOf(scopes[index]!, step.tokens));
          const room = (windowMs: number) =>
            demands.every((demand, index) =>
              hasRoom(demand, references[step.scopes[index]!]!, nowMs, windowMs),
            );
          const { exceeded, buckets } = counts.take(demands, nowMs);
          if (exceeded) expect(room(61_000)).toBe(false);
          else {
            expect(room(60_000)).toBe(true);
            const kept = demands.map(({ tokens }) => ({ atMs: nowMs, requests: 1, tokens }));
            step.scopes.forEach((index, at) => {
              references[index]!.kept.push(kept[at]!);
              references[index]!.calls += 1;
            });
            running.push({ at: [...step.scopes], demands, buckets, kept });
          }
        } else if (running.length > 0) {
          const [call] = running.splice(step.call % running.length, 1);
          counts.end(call!.demands, { buckets: call!.buckets, ending: step.ending, nowMs });
          call!.at.forEach((index, at) => {
            const reference = references[index]!;
            reference.calls -= 1;
            const kept = call!.kept[at]!;
            if (step.ending === "cancelled") {
              kept.requests = 0;
              kept.tokens = 0;
            } else if (step.ending.tokens <= kept.tokens) kept.tokens = step.ending.tokens;
            else if (call!.demands[at]!.scope.limits.tokensPerMinute !== undefined) {
              reference.kept.push({
                atMs: nowMs,
                requests: 0,
                tokens: step.ending.tokens - kept.tokens,
              });
            }
          });
        }
      }
      // Whoever has ended and left the minute is forgotten.
      for (const call of running) {
        counts.end(call.demands, { buckets: call.buckets, ending: "cancelled", nowMs });
      }
      counts.sweep(nowMs + 61_000);
      expect(counts.size).toBe(0);
    }),
    { numRuns: 1_000 },
  );
});

const server = await testRedis();
const redis = new RedisConnection({ url: server.url, log: silentLog, timeoutMs: 5_000 });
beforeAll(async () => {
  redis.start();
  await until("Redis is reached", () => redis.ready);
});
afterAll(() => redis.stop());

/** By a clock that the test moves: the scripts read it where they would ask for the time. */
const byTestClock: Pick<RedisConnection, "ready" | "script"> = {
  get ready() {
    return redis.ready;
  },
  script: (name, lua) =>
    redis.script(
      name,
      lua.replaceAll("redis.call('TIME')", "cjson.decode(redis.call('GET', 'time'))"),
    ),
};
const setTime = (ms: number) =>
  redis.run((client) =>
    client.set("time", JSON.stringify([Math.floor(ms / 1_000), (ms % 1_000) * 1_000])),
  );

test("Redis counts as memory does, whatever happens", async () => {
  const shared = new SharedCounts(byTestClock, { shape, leaseMs: 3_600_000 });
  await fc.assert(
    fc.asyncProperty(threeLimits, steps, async (each, sequence) => {
      const scopes = scopesOf(each);
      const local = new LocalCounts(shape);
      const running: {
        demands: Demand[];
        place: string;
        here: readonly number[];
        there: readonly number[];
      }[] = [];
      let nowMs = startMs;
      let place = 0;
      await setTime(nowMs);
      for (const step of sequence) {
        if (step.kind === "wait") {
          nowMs += step.ms;
          await setTime(nowMs);
        } else if (step.kind === "take") {
          place += 1;
          const demands = step.scopes.map((index) => demandOf(scopes[index]!, step.tokens));
          const here = local.take(demands, nowMs);
          const there = await shared.take(demands, `${place}`, () => {});
          expect(there).toEqual(here);
          if (here.exceeded) continue;
          running.push({ demands, place: `${place}`, here: here.buckets, there: there.buckets });
        } else if (running.length > 0) {
          const [call] = running.splice(step.call % running.length, 1);
          const { demands, here, there } = call!;
          local.end(demands, { buckets: here, ending: step.ending, nowMs });
          shared.end(demands, { place: call!.place, buckets: there, ending: step.ending });
        }
        const readings = scopes.map((scope) => local.read(scope, nowMs));
        expect(await shared.read(scopes)).toEqual(readings);
      }
    }),
    { numRuns: 100 },
  );
}, 120_000);
