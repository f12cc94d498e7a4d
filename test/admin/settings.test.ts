import { expect, test } from "vitest";
import { testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const { send } = await adminApp(database);
const get = () => send("GET", "/api/settings", { headers: asCli });
const patch = (body: object) => send("PATCH", "/api/settings", { headers: asCli, body });

const defaults = {
  credit_price_usd: 0.1,
  brand: "Jobs API",
  store_bodies: "none",
  store_bodies_days: 30,
  calls_retention_days: null,
  low_balance_credits: null,
  expiry_notice_days: 7,
};

test("settings have defaults until they are changed, one by one", async () => {
  // A running server leaves this beside them, and it is none.
  await database.query(
    `insert into settings (name, value, updated_at) values ('master_key_check', '"sealed"', now())`,
  );
  const { status, body: first } = await get();
  expect(status).toBe(200);
  expect(first).toEqual({ ...defaults, version: 0 });
  const changed = { credit_price_usd: 0.05, calls_retention_days: 90, low_balance_credits: 12.5 };
  expect(await patch({ ...changed, version: 0 })).toMatchObject({
    status: 200,
    body: { ...defaults, ...changed, version: 1 },
  });
  // A text that looks like a number stays one.
  expect(await patch({ brand: "007", calls_retention_days: null })).toMatchObject({
    body: { brand: "007", calls_retention_days: null, low_balance_credits: 12.5, version: 2 },
  });
  expect((await get()).body).toEqual({
    ...defaults,
    ...changed,
    brand: "007",
    calls_retention_days: null,
    version: 2,
  });
  const entries = await database.query<Record<string, unknown>>(
    "select action, subject_id, actor, before, after from audit_log order by created_at, id",
  );
  expect(entries).toHaveLength(2);
  expect(entries).toContainEqual({
    action: "settings.change",
    subject_id: "platform",
    actor: "cli",
    before: { credit_price_usd: 0.1, calls_retention_days: null, low_balance_credits: null },
    after: changed,
  });
});

test("a change from an older version is refused", async () => {
  expect(await patch({ brand: "Late", version: 1 })).toMatchObject({
    status: 409,
    body: { code: "version_conflict", field: "version", version: 2 },
  });
});

test.each([
  [{ credit_price_usd: 0 }, "amount_invalid", "credit_price_usd"],
  [{ credit_price_usd: -1 }, "amount_invalid", "credit_price_usd"],
  [{ credit_price_usd: 1e-10 }, "amount_invalid", "credit_price_usd"],
  [{ credit_price_usd: 1_000_001 }, "amount_invalid", "credit_price_usd"],
  [{ credit_price_usd: "a dime" }, "amount_invalid", "credit_price_usd"],
  [{ credit_price_usd: null }, "invalid_request", "credit_price_usd"],
  [{ low_balance_credits: -1 }, "amount_invalid", "low_balance_credits"],
  [{ brand: " " }, "invalid_request", "brand"],
  [{ brand: "a\nb" }, "invalid_request", "brand"],
  [{ store_bodies: "some" }, "invalid_request", "store_bodies"],
  [{ store_bodies_days: 0 }, "invalid_request", "store_bodies_days"],
  [{ calls_retention_days: 0 }, "invalid_request", "calls_retention_days"],
  [{ colour: "red" }, "invalid_request", "colour"],
])("%j is refused", async (body, code, field) => {
  const before = (await get()).body;
  expect(await patch(body)).toMatchObject({ status: 422, body: { code, field } });
  expect((await get()).body).toEqual(before);
});
