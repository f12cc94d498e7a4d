import { beforeAll, expect, test } from "vitest";
import { seedModel, seedTeam, testApp, type SeededTeam } from "../harness.ts";

const { context, gateway, send } = await testApp();
let team: SeededTeam;

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "fast" });
  await seedModel(context, gateway.upstream, { alias: "acme/large:v1" });
  await seedModel(context, gateway.upstream, { alias: "hidden", group: "others" });
  team = await seedTeam(context, { credits: 1 });
});

const read = (name: string, key = team.key) => send("GET", `/v1/models/${name}`, { key });

test("a model is looked up by its name, escaped or not", async () => {
  expect(await read("fast")).toMatchObject({
    status: 200,
    body: { id: "fast", object: "model", owned_by: "service" },
  });
  for (const name of ["acme/large:v1", "acme%2Flarge%3Av1"]) {
    expect(await read(name)).toMatchObject({ status: 200, body: { id: "acme/large:v1" } });
  }
});

test.each(["none", "none/such", "acme", "hidden", "fast/", "%E0%A4%A", ""])(
  "a model that is not granted is none: %j",
  async (name) => {
    const { status, body } = await read(name);
    expect(status).toBe(404);
    expect(body).toMatchObject({ error: { code: "model_not_found", param: "model" } });
  },
);

test("who has no key learns of no model", async () => {
  expect(await send("GET", "/v1/models/fast")).toMatchObject({
    status: 401,
    body: { error: { code: "key_missing" } },
  });
});

test("a model is only read", async () => {
  const { status, headers } = await send("DELETE", "/v1/models/acme/large:v1", { key: team.key });
  expect(status).toBe(405);
  expect(headers.get("allow")).toBe("GET");
});
