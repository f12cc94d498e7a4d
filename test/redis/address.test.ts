import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { redisOptions } from "../../server/redis/address.ts";

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

test.each([
  "redis://cache",
  "redis://:p%40ss@cache:7000/3",
  "redis://us%2Fer:pw@10.0.0.5/0",
  "redis://cache:7000?family=6",
])("ioredis takes the same from them as from %s itself", (url) => {
  const takenFrom = (client: Redis) => {
    client.disconnect();
    const { host, port, username, password, db, family } = client.options;
    return { host, port, username: username ?? "", password: password ?? "", db, family };
  };
  const options = { lazyConnect: true };
  expect(takenFrom(new Redis({ ...redisOptions(url), ...options }))).toEqual({
    ...takenFrom(new Redis(url, options)),
  });
});
