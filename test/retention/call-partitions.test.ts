import { beforeEach, expect, test } from "vitest";
import { dropOldCalls } from "../../server/retention/call-partitions.ts";
import { firstUuidV7, uuidV7 } from "../../server/kernel/ids.ts";
import { ManualClock, testContext, testDatabase } from "../harness.ts";

const { database, open } = await testDatabase();
const clock = new ManualClock(Date.UTC(2027, 0, 15));
const context = await testContext(database, { clock });
const days = (callsRetentionDays: number | null) => ({ callsRetentionDays });

const months = async () =>
  (
    await database.query<{ name: string }>(
      `select relname::text as name from pg_class where relname ~ '^llm_calls_[0-9]{4}_[0-9]{2}$' order by 1`,
    )
  ).map(({ name }) => name.slice("llm_calls_".length));
const old = async () => (await months()).filter((month) => month < "2025");
const call = (at: string, status = "succeeded") => {
  const createdAt = new Date(at);
  return database.query(
    `insert into llm_calls (id, job_id, team_id, instance_id, alias, endpoint, status, price_snapshot, created_at)
     values ($1::uuid, $1::uuid, 'acme', $2::uuid, 'chat', 'chat', $3, '{}', $4::timestamptz)`,
    [uuidV7(createdAt.getTime()), context.instanceId, status, createdAt],
  );
};
const rolledUp = (open: boolean) =>
  database.query(
    `insert into rollup_spans (span, starts_at, computed_at, open)
     values ('quarter', '2024-02-10T10:00:00Z', '2024-02-11Z', $1)
     on conflict (span, starts_at) do update set open = excluded.open`,
    [open],
  );

/** What an instance tells by its heartbeat. */
const oldestInFlight = (ms: number) =>
  database.query(
    `insert into instances (id, data_directory_id, started_at, seen_at, lease_since, oldest_call)
     values ($1::uuid, $1::uuid, now(), now(), now(), $2::uuid)
     on conflict (id) do update set oldest_call = excluded.oldest_call`,
    [context.instanceId, firstUuidV7(ms)],
  );

beforeEach(async () => {
  for (const month of await old()) await database.query(`drop table llm_calls_${month}`);
  await database.query("delete from rollup_spans");
  await oldestInFlight(clock.now());
  for (const at of ["2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"]) {
    await database.query("select ensure_call_partitions_v1($1::timestamptz)", [new Date(at)]);
  }
});

test("months wholly before the retention go, the others stay", async () => {
  expect(await old()).toEqual(["2024_01", "2024_02", "2024_03", "2024_04", "2024_05"]);
  const before = await months();
  clock.advance(Date.UTC(2024, 3, 11) - clock.now());
  // Forty days before 11 April is 2 March.
  expect(await dropOldCalls(context, days(40))).toEqual(["llm_calls_2024_01", "llm_calls_2024_02"]);
  expect(await months()).toEqual(before.filter((month) => !/2024_0[12]/.test(month)));
  expect(await dropOldCalls(context, days(40))).toEqual([]);
  expect(await dropOldCalls(context, days(null))).toEqual([]);
  clock.advance(Date.UTC(2027, 0, 15) - clock.now());
});

test("a month with a call in flight stays until that has ended", async () => {
  await call("2024-02-10T10:00:00Z", "in_flight");
  await rolledUp(false);
  await oldestInFlight(Date.UTC(2024, 1, 10, 10));
  expect(await dropOldCalls(context, days(365))).not.toContain("llm_calls_2024_02");
  expect(await old()).toEqual(["2024_02", "2024_03", "2024_04", "2024_05"]);
  await database.query("update llm_calls set status = 'aborted'");
  await oldestInFlight(clock.now());
  expect(await dropOldCalls(context, days(365))).toContain("llm_calls_2024_02");
  expect(await database.query("select id from llm_calls")).toEqual([]);
});

test("a month whose usage is not rolled up stays", async () => {
  await call("2024-02-10T10:00:00Z");
  await dropOldCalls(context, days(365));
  expect(await old()).toEqual(["2024_02"]);
  await rolledUp(true);
  await dropOldCalls(context, days(365));
  expect(await old()).toEqual(["2024_02"]);
  await rolledUp(false);
  await database.query("insert into rollup_touches (starts_at) values ('2024-02-10T10:00:00Z')");
  await dropOldCalls(context, days(365));
  expect(await old()).toEqual(["2024_02"]);
  await database.query("delete from rollup_touches");
  await dropOldCalls(context, days(365));
  expect(await old()).toEqual([]);
});

test("what a broken-off run left is finished, also without a retention", async () => {
  await database.script("alter table llm_calls detach partition llm_calls_2024_01 concurrently");
  // A reader's transaction makes the second half of a detach wait; it is broken off there.
  const reader = open(1);
  const waiting = open(1);
  await reader.drizzle.transaction(async (transaction) => {
    await transaction.execute("select count(*) from llm_calls");
    await waiting.script("set statement_timeout = 200");
    await expect(
      waiting.script("alter table llm_calls detach partition llm_calls_2024_02 concurrently"),
    ).rejects.toThrow(/timeout/);
  });
  expect(await dropOldCalls(context, days(null))).toEqual([
    "llm_calls_2024_01",
    "llm_calls_2024_02",
  ]);
  expect(await old()).toEqual(["2024_03", "2024_04", "2024_05"]);
});

test("of two instances at once, each month is dropped by one and neither fails", async () => {
  const other = { ...context, database: open(2) };
  const [mine, theirs] = await Promise.all([
    dropOldCalls(context, days(365)),
    dropOldCalls(other, days(365)),
  ]);
  expect(mine.filter((month) => theirs.includes(month))).toEqual([]);
  await dropOldCalls(context, days(365));
  expect(await old()).toEqual([]);
});

test("a month that another instance drops between the list and the look at it fails nothing", async () => {
  const late = Object.create(database, {
    query: {
      value: async (...args: Parameters<typeof database.query>) => {
        const listed = await database.query(...args);
        await dropOldCalls(context, days(365));
        return listed;
      },
    },
  }) as typeof database;
  expect(await dropOldCalls({ ...context, database: late }, days(365))).toEqual([]);
  expect(await old()).toEqual([]);
});

test("calls go on being written and read while a month is dropped", async () => {
  const writes = Array.from({ length: 20 }, () => call("2027-01-15T00:00:00Z"));
  const [dropped] = await Promise.all([dropOldCalls(context, days(365)), ...writes]);
  expect(dropped.length).toBeGreaterThan(0);
  expect(await database.query("select id from llm_calls")).toHaveLength(20);
});
