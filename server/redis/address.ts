import type { RedisOptions } from "ioredis";

/**
 * `redis://user:password@host:port/database`, or `rediss:` over TLS, as ioredis takes it apart itself; it would use
 * `url.parse` for that, whose deprecation Node tells on stderr, amid the log's JSON. `?family=6` or `0` is the only option
 * of ioredis that a URL may carry.
 */
export function redisOptions(url: string): RedisOptions {
  const { protocol, hostname, port, username, password, pathname, searchParams } = new URL(url);
  const database = pathname.slice(1);
  const family = searchParams.get("family");
  return {
    // An IPv6 address stands in brackets only within a URL.
    host: hostname.replace(/^\[|\]$/g, "") || "localhost",
    port: port === "" ? 6379 : Number(port),
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(database === "" ? {} : { db: Number(database) }),
    ...(family === null ? {} : { family: Number(family) }),
    ...(protocol === "rediss:" ? { tls: {} } : {}),
  };
}
