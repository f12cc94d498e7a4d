import { beforeAll, expect, test } from "vitest";
import { DAY_MS } from "../../server/usage/calendar.ts";
import { rebuildRollups, refreshRollups } from "../../server/usage/rollups.ts";
import { readUsage } from "../../server/usage/usage.ts";
import { ManualClock, seedTeam, testContext, testDatabase } from "../harness.ts";
import { insertOpenJob, insertWork } from "./work.ts";

const { database, open } = await testDatabase();
const START = Date.UTC(2026, 9, 31, 9, 7);
const clock = new ManualClock(Date.UTC(2026, 10, 23, 12, 3));
const context = await testContext(database, { clock });
const second = await testContext(open(), { clock });
const one = await seedTeam(context);
const two = await seedTeam(context);

/** Two days of work of two teams, a month's end among them: a job every 4 and every 7 minutes, calls up to 12 minutes after. */
beforeAll(async () => {
  const from = new Date(START);
  await insertWork(database, { ...one, from, jobs: 700, everySeconds: 240 });
  await insertWork(database, { ...two, from, jobs: 400, everySeconds: 420 });
});

const refresh = () => refreshRollups(context, 60_000);

const figures = () =>
  database.query(
    `select 'calls' as kind, to_jsonb(c) as row from call_rollups c union all
     select 'jobs', to_jsonb(j) from job_rollups j union all
     select 'users', to_jsonb(u) from user_rollups u union all
     select 'totals', to_jsonb(t) from total_rollups t union all
     select 'models', to_jsonb(m) from model_rollups m union all
     select 'teams', to_jsonb(t) from team_rollups t order by 1, 2`,
  );

const queries = [
  {},
  { period: "2026-10" },
  { from: "2026-10-31T10:01:02.345Z", to: "2026-11-23T11:59:59Z" },
  { from: "2026-10-31T10:20:00Z", to: "2026-10-31T10:25:00Z" },
  { from: "2026-10-31", to: "2026-11-02" },
  { from: "2026-10-19", to: "2026-11-12" },
].flatMap((span) =>
  [undefined, "day" as const, "job_type" as const, "user" as const, "model" as const].map((by) =>
    by ? { ...span, group_by: by } : span,
  ),
);

test("team usage from rollups is what jobs and calls give themselves, for every span and grouping", async () => {
  const read = () => Promise.all(queries.map((query) => readUsage(context, one.teamId, query)));
  const truth = await read();
  expect(truth[0]!.totals).toMatchObject({ credits_refunded: 0 });
  expect(truth[0]!.totals.jobs).toBeGreaterThan(200);
  await refresh();
  expect(await read()).toEqual(truth);
});

test("by model, what a job was charged as a whole stands in no group", async () => {
  const { totals, groups } = await readUsage(context, one.teamId, { group_by: "model" });
  expect(totals.credits_charged).toBeGreaterThan(0);
  expect(groups.map(({ group, credits_charged }) => [group, credits_charged])).toEqual([
    ["chat-fast", 0],
    ["chat-large", 0],
  ]);
});

test("a rebuild from jobs and calls finds nothing to change", async () => {
  await refresh();
  const before = await figures();
  const rebuilt = await rebuildRollups(context);
  expect(rebuilt).toMatchObject({ changed: 0, next: undefined });
  expect(rebuilt.spans).toBeGreaterThan(1.5 * 96);
  expect(await figures()).toEqual(before);
});

test("a rebuild puts right what is wrong, and counts it", async () => {
  await refresh();
  const before = await figures();
  await database.query(
    "update call_rollups set cost_nanos = cost_nanos + 1 where span = 'day' and starts_at = '2026-10-31Z'",
  );
  await database.query(
    "delete from job_rollups where span = 'quarter' and starts_at >= '2026-11-01Z' and starts_at < '2026-11-01T01:00Z'",
  );
  const rebuilt = await rebuildRollups(context, {
    from: new Date("2026-10-31"),
    to: new Date("2026-11-02"),
  });
  expect(rebuilt.changed).toBeGreaterThanOrEqual(3);
  expect(await figures()).toEqual(before);
});

test.each([
  ["total_rollups", "day"],
  ["total_rollups", "month"],
  ["model_rollups", "month"],
  ["team_rollups", "month"],
])("a rebuild finds what is wrong in %s of a %s alone", async (table, span) => {
  await refresh();
  const before = await figures();
  const spoiled = await database.query(
    `update ${table} set cost_nanos = cost_nanos + 1 where span = '${span}' and starts_at >= '2026-10-01Z'
     and starts_at < '2026-11-01Z' returning 1`,
  );
  expect(spoiled.length).toBeGreaterThan(0);
  expect(await rebuildRollups(context)).toMatchObject({ changed: 1 });
  expect(await figures()).toEqual(before);
});

test("two instances at once give the same figures as one", async () => {
  await refresh();
  const alone = await figures();
  await database.script("truncate call_rollups, job_rollups, user_rollups, rollup_spans");
  await Promise.all([refresh(), refreshRollups(second, 60_000)]);
  expect(await figures()).toEqual(alone);
});

test("a refund after the end of a job shows in its quarter, day and month, and in its calls' share", async () => {
  await refresh();
  const [job] = await database.query<{ id: string }>(
    "select id from jobs where team_id = $1::text and charged > 0 and created_at < '2026-11-01Z' order by id limit 1",
    [one.teamId],
  );
  await database.query("update jobs set refunded = 250000 where id = $1::uuid", [job!.id]);
  expect(await refresh()).toBeGreaterThan(0);
  for (const span of ["quarter", "day", "month"]) {
    const [sums] = await database.query(
      `select (select sum(refunded)::text from job_rollups where span = $1::text) as refunded,
         (select sum(refunded)::text from user_rollups where span = $1::text) as users,
         (select round(sum(returned), -2)::text from call_rollups where span = $1::text) as returned`,
      [span],
    );
    expect([span, sums]).toEqual([
      span,
      { refunded: "250000", users: "250000", returned: "250000" },
    ]);
  }
  const [third] = await database.query(
    "select starts_at, sum(refunded)::text as refunded from user_rollups where span = 'third' group by 1 order by 1 limit 1",
  );
  expect(third).toEqual({ starts_at: new Date("2026-10-21"), refunded: "250000" });
  const { totals } = await readUsage(context, one.teamId, { period: "2026-10" });
  expect(totals.credits_refunded).toBe(0.25);
  await database.query("update jobs set refunded = 0 where id = $1::uuid", [job!.id]);
  expect(await rebuildRollups(context)).toMatchObject({ changed: 0 });
});

test("what all calls of a job earn is what the job was charged, but for the rounding of a group", async () => {
  await refresh();
  const [sums] = await database.query<{ off: number; groups: number }>(
    `select (select sum(charged) from job_rollups where span = 'quarter')::float8 - sum(earned)::float8 as off,
       count(*)::float8 as groups from call_rollups where span = 'quarter'`,
  );
  expect(Math.abs(sums!.off)).toBeLessThan(sums!.groups / 2);
});

test("a quarter is computed again until its jobs have ended, the older the less often", async () => {
  await refresh();
  const team = await seedTeam(context);
  const jobId = await insertOpenJob(database, team.teamId, new Date(clock.now()));
  const completed = () =>
    database.query(
      "select completed from job_rollups where team_id = $1::text and span = 'quarter'",
      [team.teamId],
    );
  await refresh();
  expect(await completed()).toEqual([{ completed: 0 }]);
  clock.advance(3 * DAY_MS);
  await refresh();
  clock.advance(60_000);
  expect(await refresh()).toBe(0);
  await database.query(
    "update jobs set status = 'completed', ended_at = $2::timestamptz, charged = 1000000 where id = $1::uuid",
    [jobId, new Date(clock.now())],
  );
  clock.advance(15 * 60_000);
  await refresh();
  expect(await completed()).toEqual([{ completed: 1 }]);
  const { totals } = await readUsage(context, team.teamId, {});
  expect(totals).toMatchObject({ jobs: 1, credits_charged: 1 });
  expect(
    await database.query("select 1 from rollup_spans where open and span = 'quarter'"),
  ).toEqual([]);
});

test("while a job is open for hours, the answer says how old it is", async () => {
  const team = await seedTeam(context);
  await insertOpenJob(database, team.teamId, new Date(clock.now()));
  clock.advance(5 * 3_600_000);
  await refresh();
  const computedAt = clock.now();
  clock.advance(60_000);
  const { as_of, totals } = await readUsage(context, team.teamId, {});
  expect([as_of, totals.jobs]).toEqual([new Date(computedAt).toISOString(), 1]);
});

test("a rebuild finds what was written into the past, takes away what has no truth, and passes over empty quarters", async () => {
  await refresh();
  const before = await figures();
  const team = await seedTeam(context);
  const from = new Date("2026-08-20T08:00:00Z");
  await insertWork(database, { ...team, from, jobs: 1, everySeconds: 60 });
  await database.query(
    `insert into job_rollups (span, starts_at, team_id, job_type, jobs)
     values ('quarter', '2026-09-10T03:15Z', $1::text, 'never', 1)`,
    [team.teamId],
  );
  const computed = await database.query("select 1 from rollup_spans");
  const { changed, spans, next } = await rebuildRollups(context);
  expect(next).toBeUndefined();
  // The job's quarter, day and month, and the quarter without truth.
  expect(changed).toBe(4);
  // Of more than 7,000 quarters; every day is one span too.
  expect(spans).toBeLessThan(computed.length + 100);
  const after = (await figures()) as { kind: string; row: { team_id: string } }[];
  const theirs = after.filter(({ row }) => row.team_id === team.teamId);
  expect(JSON.stringify(theirs)).not.toContain("never");
  const { totals } = await readUsage(context, team.teamId, { period: "2026-08" });
  expect(totals).toMatchObject({ jobs: 1, calls: 2, credits_charged: 1 });
  const ofOthers = ({ kind, row }: (typeof after)[number]) =>
    kind !== "totals" && kind !== "models" && row.team_id !== team.teamId;
  expect(after.filter(ofOthers)).toEqual((before as typeof after).filter(ofOthers));
});
