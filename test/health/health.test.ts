import { expect, test } from "vitest";
import { type HealthState, isReady, toHealth, toReadiness } from "../../server/health/health.ts";

const ready: HealthState = {
  database: "ready",
  migrations: "ready",
  gateway: "ready",
  installPercent: undefined,
  gatewayRestarts: 0,
  redis: "none",
  stopping: false,
};

test("all parts up is ready", () => {
  expect(toReadiness(ready)).toEqual({
    status: "ready",
    database: "ready",
    migrations: "ready",
    gateway: "ready",
    gateway_install_percent: null,
    gateway_restarts: 0,
    redis: "none",
    shared_limits: false,
    stopping: false,
  });
  expect(toHealth(ready, "1.2.3")).toEqual({
    status: "ok",
    summary: "Everything is up.",
    version: "1.2.3",
  });
});

test.each<Partial<HealthState>>([
  { database: "starting" },
  { database: "failed" },
  { migrations: "pending" },
  { migrations: "failed" },
  { gateway: "waiting" },
  { gateway: "installing", installPercent: 40 },
  { gateway: "updating" },
  { gateway: "restarting" },
  { gateway: "failed" },
  { stopping: true },
])("%j is not ready", (part) => {
  const state = { ...ready, ...part };
  expect(isReady(state)).toBe(false);
  expect(toReadiness(state)).toMatchObject({ status: "not_ready" });
  expect(toHealth(state, "1").status).not.toBe("ok");
});

test("limits are shared only over a Redis that answers", () => {
  expect(toReadiness({ ...ready, redis: "ready" }).shared_limits).toBe(true);
  expect(toReadiness({ ...ready, redis: "lost" }).shared_limits).toBe(false);
});

test("jobs are said to work while only the gateway is missing", () => {
  expect(toHealth({ ...ready, gateway: "installing" }, "1")).toMatchObject({
    status: "degraded",
    summary: expect.stringMatching(/^Jobs work/) as string,
  });
  expect(toHealth({ ...ready, database: "failed" }, "1").status).toBe("down");
});
