import Redis from "ioredis";
import { expect, test } from "vitest";
import { testRedis } from "../harness.ts";

const server = await testRedis();

async function ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(server.url, { lazyConnect: true, retryStrategy: () => null });
  // ioredis reports a lost connection twice; the promise is what we look at.
  redis.on("error", () => {});
  try {
    await redis.connect();
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

test("a test's Redis can be lost, and comes back empty at the same place", async () => {
  expect(await ask((redis) => redis.set("a", "1"))).toBe("OK");
  await server.kill();
  await expect(ask((redis) => redis.get("a"))).rejects.toThrow();
  await server.restart();
  expect(await ask((redis) => redis.get("a"))).toBe(null);
});
