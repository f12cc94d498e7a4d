import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import type { KeptAnswer } from "../../server/cache/kept-answer.ts";
import { MemoryStore } from "../../server/cache/memory-store.ts";
import { RedisStore } from "../../server/cache/redis-store.ts";
import { MOST_ENTRY_BYTES, ResponseCache } from "../../server/cache/response-cache.ts";
import { silentLog } from "../../server/kernel/log.ts";
import { noTokens } from "../../server/pricing/cost.ts";
import { RedisConnection } from "../../server/redis/connection.ts";
import { ManualClock, testRedis, until } from "../harness.ts";

const clock = new ManualClock();
const KEY = "a".repeat(64);
const OTHER_KEY = "b".repeat(64);

const answer = (text = "Hello"): KeptAnswer => ({
  atMs: clock.now(),
  content: { choices: [{ index: 0, message: { role: "assistant", content: text } }] },
  usage: { ...noTokens, inputTokens: 3, outputTokens: 2 },
  costNanos: 12_345_678_901_234_567n,
  target: "openai/x",
  finishReason: "stop",
});

describe("answers in memory", () => {
  test("come back as they were kept, while they are young enough", async () => {
    const cache = new ResponseCache(new MemoryStore(), clock);
    const kept = answer();
    await cache.write(KEY, kept, 60);
    expect(await cache.read(KEY, 60)).toEqual(kept);
    clock.advance(59_999);
    expect(await cache.read(KEY, 60)).toEqual(kept);
    expect(cache.ageOf(kept)).toBe(59);
    clock.advance(1);
    expect(await cache.read(KEY, 60)).toBeUndefined();
    expect(await cache.read(OTHER_KEY, 60)).toBeUndefined();
  });

  test("take no more bytes than they may; what was not asked for longest leaves first", async () => {
    const store = new MemoryStore(10_000);
    const names = Array.from({ length: 9 }, (_, index) => `key ${index}`);
    for (const name of names) {
      await store.set(name, randomBytes(2_000));
      await store.get("key 0");
      expect(store.bytes).toBeLessThanOrEqual(10_000);
    }
    const there = await Promise.all(names.map((name) => store.get(name)));
    const found = names.filter((_, index) => there[index] !== undefined);
    expect(found).toEqual(["key 0", "key 6", "key 7", "key 8"]);
    await store.set("key 8", randomBytes(10));
    expect(store.bytes).toBeLessThan(8_000);
  });

  test("are not kept where one is too large", async () => {
    const cache = new ResponseCache(new MemoryStore(), clock);
    await cache.write(KEY, answer("x".repeat(MOST_ENTRY_BYTES)), 60);
    expect(await cache.read(KEY, 60)).toBeUndefined();
  });
});

const redis = await testRedis();
const masterKey = randomBytes(32);
const connection = new RedisConnection({ url: redis.url, log: silentLog, timeoutMs: 5_000 });
connection.start();
afterAll(() => connection.stop());
const ready = (state = true) =>
  until(`Redis is ${state ? "" : "not "}ready`, () => connection.ready === state);
const cacheWith = (key: Uint8Array = masterKey) =>
  new ResponseCache(new RedisStore(connection, key), clock);

describe("answers in Redis", () => {
  test("come back on another instance, and Redis forgets them by itself", async () => {
    await ready();
    const kept = answer();
    await cacheWith().write(KEY, kept, 60);
    expect(await cacheWith().read(KEY, 60)).toEqual(kept);
    const [name] = await connection.run((client) => client.keys("*answer*"));
    expect(await connection.run((client) => client.ttl(name!))).toBeGreaterThan(50);
  });

  test("say nothing to who reads there, and serve no other request and no other master key", async () => {
    await ready();
    await cacheWith().write(KEY, answer("the secret"), 60);
    const [name] = await connection.run((client) => client.keys(`*${KEY}`));
    const sealed = (await connection.run((client) => client.getBuffer(name!)))!;
    expect(sealed.toString("latin1")).not.toContain("secret");
    await connection.run((client) => client.set(name!.replace(KEY, OTHER_KEY), sealed));
    expect(await cacheWith().read(OTHER_KEY, 60)).toBeUndefined();
    expect(await cacheWith(randomBytes(32)).read(KEY, 60)).toBeUndefined();
    expect(await cacheWith().read(KEY, 60)).toEqual(answer("the secret"));
  });

  test("are missed while it is away, and found again once it is back", async () => {
    await ready();
    await cacheWith().write(KEY, answer(), 60);
    await redis.kill();
    await ready(false);
    expect(await cacheWith().read(KEY, 60)).toBeUndefined();
    await cacheWith().write(KEY, answer(), 60);
    await redis.restart();
    await ready();
    expect(await cacheWith().read(KEY, 60)).toBeUndefined();
    await cacheWith().write(KEY, answer(), 60);
    expect(await cacheWith().read(KEY, 60)).toEqual(answer());
  });
});
