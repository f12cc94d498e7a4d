import { expect, test } from "vitest";
import { testApp } from "../harness.ts";

const { send, health } = await testApp();

test("a test's app is alive, and as ready as its test says", async () => {
  expect((await send("GET", "/healthz")).status).toBe(200);
  expect((await send("GET", "/readyz")).status).toBe(200);
  health.gateway = "installing";
  const answer = await send("GET", "/readyz");
  expect(answer.status).toBe(503);
  expect(answer.body).toMatchObject({ status: "not_ready", gateway: "installing" });
});
