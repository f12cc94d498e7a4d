/** What tests stand on: real PostgreSQL and Redis, a clock to move, waiting on conditions. */
export { ManualClock } from "./harness/clock.ts";
export { testDatabase, type TestDatabase } from "./harness/database.ts";
export { freePort } from "./harness/ports.ts";
export { until } from "./harness/process.ts";
export { testRedis, type TestRedis } from "./harness/redis.ts";
export { testRuntime } from "./harness/runtime.ts";
