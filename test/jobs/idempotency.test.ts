import { expect, test } from "vitest";
import { seedTeam, testApp } from "../harness.ts";

const { send, context, clock, database } = await testApp();
const { key } = await seedTeam(context, { credits: 50 });
const other = await seedTeam(context, { credits: 50 });

const create = (idempotencyKey: string, body: object = { job_type: "x" }, as = key) =>
  send("POST", "/api/jobs/create", {
    key: as,
    body,
    headers: { "idempotency-key": idempotencyKey },
  });
const jobCount = async () => (await database.query("select 1 from jobs")).length;

test("a repeat gets the first answer and makes no second job", async () => {
  const first = await create("order-1");
  const before = await jobCount();
  clock.advance(1_000);
  const repeat = await create("order-1");
  expect(repeat.status).toBe(201);
  expect(repeat.body).toEqual(first.body);
  expect(repeat.headers.get("x-job-id")).toBe(first.headers.get("x-job-id"));
  expect([
    first.headers.get("idempotency-replayed"),
    repeat.headers.get("idempotency-replayed"),
  ]).toEqual([null, "true"]);
  expect(await jobCount()).toBe(before);
});

test("twenty at once make one job", async () => {
  const before = await jobCount();
  const answers = await Promise.all(Array.from({ length: 20 }, () => create("order-2")));
  expect(await jobCount()).toBe(before + 1);
  const settled = answers.filter(({ status }) => status === 201);
  expect(new Set(settled.map(({ body }) => body["job_id"])).size).toBe(1);
  const waiting = answers.filter(({ status }) => status !== 201);
  expect(waiting.map(({ body }) => body["code"])).toEqual(waiting.map(() => "idempotency_running"));
});

test("the order of a body's fields does not make it another", async () => {
  const first = await create("order-3", { job_type: "x", metadata: { a: 1, b: 2 } });
  const repeat = await create("order-3", { metadata: { b: 2, a: 1 }, job_type: "x" });
  expect(repeat.body).toEqual(first.body);
});

test("another body under the same key is refused", async () => {
  await create("order-4");
  const before = await jobCount();
  const { status, headers, body } = await create("order-4", { job_type: "y" });
  expect([status, body["code"]]).toEqual([422, "idempotency_mismatch"]);
  expect(headers.get("x-should-retry")).toBe("false");
  expect(await jobCount()).toBe(before);
});

test("a key belongs to its team and path", async () => {
  const first = await create("order-5");
  const theirs = await create("order-5", { job_type: "x" }, other.key);
  expect(theirs.body["job_id"]).not.toBe(first.body["job_id"]);
  const jobId = String(first.body["job_id"]);
  const cancelled = await send("POST", `/api/jobs/${jobId}/cancel`, {
    key,
    headers: { "idempotency-key": "order-5" },
  });
  expect(cancelled.body).toMatchObject({ status: "cancelled" });
});

test("after a day the key is free again", async () => {
  const first = await create("order-6");
  clock.advance(24 * 3_600_000 + 1);
  expect((await create("order-6")).body["job_id"]).not.toBe(first.body["job_id"]);
});

test("a refused request keeps no key", async () => {
  expect((await create("order-7", { job_type: "" })).status).toBe(422);
  expect((await create("order-7")).status).toBe(201);
});

test("a completion is replayed as it was, and a refused one frees its key", async () => {
  const { body } = await create("order-8");
  const complete = (status: string, idempotencyKey: string) =>
    send("POST", `/api/jobs/${String(body["job_id"])}/complete`, {
      key,
      body: { status },
      headers: { "idempotency-key": idempotencyKey },
    });
  const first = await complete("completed", "end-8");
  const repeat = await complete("completed", "end-8");
  expect(repeat.body).toEqual(first.body);
  expect(repeat.headers.get("idempotency-replayed")).toBe("true");
  expect((await complete("failed", "end-9")).status).toBe(409);
  expect((await complete("completed", "end-9")).status).toBe(200);
});

test.each(["", "x".repeat(256), "a b", "ü"])("the key %j is refused", async (idempotencyKey) => {
  const { status, body } = await create(idempotencyKey);
  expect([status, body["field"]]).toEqual([422, "Idempotency-Key"]);
});

test("stored answers cannot be read in the database", async () => {
  const { body } = await create("order-10");
  const rows = await database.query<{ sealed: string }>(
    "select encode(sealed_response, 'escape') as sealed from idempotency_keys where sealed_response is not null",
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.map(({ sealed }) => sealed).join()).not.toContain(String(body["job_id"]));
});
