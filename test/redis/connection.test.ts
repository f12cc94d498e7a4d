import { Redis } from "ioredis";
import { afterAll, afterEach, expect, test } from "vitest";
import { type Log, silentLog } from "../../server/kernel/log.ts";
import { RedisAway, RedisConnection } from "../../server/redis/connection.ts";
import { LateReply } from "../../server/redis/in-time.ts";
import { testRedis, until } from "../harness.ts";

const server = await testRedis();
const started: { stop(): void }[] = [];
afterEach(() => {
  server.resume();
  for (const part of started.splice(0)) part.stop();
});

const operator = new Redis(server.url, { lazyConnect: true });
operator.on("error", () => {});
afterAll(() => operator.disconnect());

/** On a busy machine a Redis that is there answers late now and then: only who looks at lateness gives it little time. */
async function connected(options: { log?: Log; timeoutMs?: number } = {}) {
  const patient = { log: silentLog, timeoutMs: 10_000 };
  const connection = new RedisConnection({ url: server.url, ...patient, ...options });
  started.push(connection);
  connection.start();
  await until("Redis is reached", () => connection.ready);
  return connection;
}

test("before its start nothing is sent", async () => {
  const connection = new RedisConnection({ url: server.url, log: silentLog, timeoutMs: 100 });
  await expect(connection.run((redis) => redis.ping())).rejects.toThrow(RedisAway);
  connection.stop();
  connection.stop();
});

test("a script is sent by its digest, also after the server has forgotten it", async () => {
  const connection = await connected();
  const add = connection.script("addAll", "return redis.call('INCRBY', KEYS[1], ARGV[1])");
  expect(await add(["sum"], [2])).toBe(2);
  expect(await add(["sum"], [3])).toBe(5);
  await operator.script("FLUSH");
  expect(await add(["sum"], ["4"])).toBe(9);
  const calls = String(await operator.info("commandstats"));
  expect(calls).toMatch(/cmdstat_evalsha:calls=\d+/);
  expect(connection.ready).toBe(true);
});

test("a Redis that is killed is away at once, is told of once, and is found when it comes back", async () => {
  const lines: string[] = [];
  const log = {
    ...silentLog,
    warn: (text: string) => void lines.push(text),
    info: (text: string) => void lines.push(text),
  };
  const connection = await connected({ log });
  let found = 0;
  connection.onReady(() => (found += 1));
  await server.kill();
  await until("the loss is noticed", () => !connection.ready);
  await expect(connection.run((redis) => redis.ping())).rejects.toThrow(RedisAway);
  await server.restart();
  await until("it is found", () => connection.ready);
  expect(found).toBe(1);
  expect(await connection.run((redis) => redis.ping())).toBe("PONG");
  expect(lines).toEqual([expect.stringMatching(/^Redis does not answer/), "Redis answers again"]);
});

test("a Redis that hangs costs one time-out, not one a command", async () => {
  const timeoutMs = 50;
  const connection = await connected({ timeoutMs });
  server.halt();
  const startedMs = performance.now();
  const both = await Promise.allSettled([
    connection.run((redis) => redis.ping()),
    connection.run((redis) => redis.ping()),
  ]);
  expect(both.map((each): unknown => each.status === "rejected" && each.reason)).toEqual([
    expect.any(LateReply),
    expect.any(LateReply),
  ]);
  for (let times = 0; times < 100; times += 1) {
    await expect(connection.run((redis) => redis.ping())).rejects.toThrow(RedisAway);
  }
  // A hundred time-outs would be five seconds.
  expect(performance.now() - startedMs).toBeLessThan((100 * timeoutMs) / 2);
  server.resume();
  await until("it is found", () => connection.ready);
  expect(await connection.run((redis) => redis.ping())).toBe("PONG");
});

test("an answer that comes too late is told to whoever can undo it", async () => {
  const connection = await connected({ timeoutMs: 50 });
  const replies: unknown[] = [];
  server.halt();
  const late = connection.run(
    (redis) => redis.ping(),
    (reply) => replies.push(reply),
  );
  await expect(late).rejects.toThrow(LateReply);
  server.resume();
  await until("the answer has come", () => replies.length > 0);
  expect(replies).toEqual(["PONG"]);
});

test("a Redis that takes no writes is away until it takes them again", async () => {
  const connection = await connected();
  await operator.config("SET", "maxmemory", "1");
  await expect(connection.run((redis) => redis.set("a", "1"))).rejects.toThrow(/OOM/);
  expect(connection.ready).toBe(false);
  await expect(connection.run((redis) => redis.set("a", "1"))).rejects.toThrow(RedisAway);
  await operator.config("SET", "maxmemory", "0");
  await until("it is found", () => connection.ready);
  expect(await connection.run((redis) => redis.set("a", "1"))).toBe("OK");
});
