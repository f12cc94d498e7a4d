import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { redisOptions } from "../../server/instance/redis-url.ts";

test.each([
  ["redis://cache", { host: "cache", port: 6379 }],
  ["redis://:p%40ss@cache:7000/3", { host: "cache", port: 7000, password: "p@ss", db: 3 }],
  ["rediss://us%2Fer:pw@cache", { username: "us/er", password: "pw", tls: {}, host: "cache" }],
  ["redis://[::1]:7000?family=6", { host: "::1", port: 7000, family: 6 }],
])("%s", (url, parts) => {
  expect(redisOptions(url)).toMatchObject(parts);
});

test("nothing is told of what the address does not have", () => {
  expect(redisOptions("redis://cache:7000")).toEqual({ host: "cache", port: 7000 });
});

test("a client made so warns of nothing, which would stand amid the log's JSON", async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => void warnings.push(warning);
  process.on("warning", hear);
  const client = new Redis({ ...redisOptions("redis://:pw@cache:7000/3"), lazyConnect: true });
  client.disconnect();
  // Warnings are told in a later turn.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", hear);
  expect(warnings).toEqual([]);
  expect(client.options).toMatchObject({ host: "cache", port: 7000, password: "pw", db: 3 });
});
