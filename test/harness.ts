/** What tests stand on: real PostgreSQL and Redis, a stand-in for LiteLLM, a clock to move, waiting on conditions. */
export { type SendOptions, teamApi, testApp, type TestApp } from "./harness/app.ts";
export { ManualClock } from "./harness/clock.ts";
export { testContext } from "./harness/context.ts";
export { testDatabase, type TestDatabase } from "./harness/database.ts";
export { startDebianPostgres } from "./harness/debian.ts";
export { answerOf, type Message, requestOf, type TestAnswer } from "./harness/exchange.ts";
export { standInGateway, type StandInGateway } from "./harness/gateway.ts";
export { freePort } from "./harness/ports.ts";
export { until } from "./harness/process.ts";
export { testRedis, type TestRedis } from "./harness/redis.ts";
export { testRuntime } from "./harness/runtime.ts";
export { seedModel, seedTeam, type SeededTeam } from "./harness/seed.ts";
