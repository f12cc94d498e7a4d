import { afterEach } from "vitest";
import { systemClock } from "../../server/kernel/clock.ts";
import { type Log, silentLog } from "../../server/kernel/log.ts";
import { Limits, type LimitsOptions } from "../../server/limits/limits.ts";
import { RedisConnection } from "../../server/redis/connection.ts";
import { until } from "../harness/process.ts";
import { testRedis } from "../harness/redis.ts";
import type { caller } from "./callers.ts";

/** On a busy machine a Redis that is there answers late now and then: only who looks at lateness gives it little time. */
const PATIENCE_MS = 10_000;

type InstanceOptions = Partial<LimitsOptions> & { log?: Log; timeoutMs?: number };

/** A Redis and instances that count with it, which end with their test. Call it at the top level of the file. */
export async function sharedLimits() {
  const server = await testRedis();
  const started: { stop(): void }[] = [];
  afterEach(() => {
    server.resume();
    for (const part of started.splice(0)) part.stop();
  });
  let number = 0;

  async function instance(options: InstanceOptions = {}) {
    number += 1;
    const { log = silentLog, timeoutMs = PATIENCE_MS, ...of } = options;
    const redis = new RedisConnection({ url: server.url, log, timeoutMs });
    const instanceId = `019aaf3c-6a80-7c11-9d1b-${String(number).padStart(12, "0")}`;
    const limits = new Limits({ clock: systemClock, instanceId, redis, ...of });
    started.push(limits, redis);
    redis.start();
    limits.start();
    await until("Redis is reached", () => redis.ready);
    return { limits, redis };
  }

  const two = async (options: InstanceOptions = {}) =>
    [await instance(options), await instance(options)] as const;
  return { server, instance, two };
}

/** What is counted of a caller's first scope. */
export const readingOf = async (limits: Limits, { principal }: ReturnType<typeof caller>) =>
  (await limits.used(principal))[0]!.reading;
