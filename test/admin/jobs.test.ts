import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { JobPage } from "../../server/admin/schema.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { createOrganization } from "../../server/organizations/organizations.ts";
import { createTeam } from "../../server/teams/teams.ts";
import { testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const { clock, context, send } = await adminApp(database);
await createOrganization(context, { name: "Acme" });
for (const name of ["One", "Two"]) {
  await createTeam(context, { name, organizationId: "acme", actor: "cli" });
}

const get = (path: string) => send("GET", path, { headers: asCli });
const page = async (query: string) => {
  const { status, body } = await get(`/api/jobs?${query}`);
  expect(status).toBe(200);
  return body as JobPage;
};
const idsOf = ({ data }: JobPage) => data.map(({ job_id }) => job_id);

async function insertJob(teamId: string, status: string): Promise<string> {
  clock.advance(1);
  const id = uuidV7(clock.now());
  await database.query(
    `insert into jobs (id, team_id, type, status, created_at, last_activity_at, ended_at,
       calls, succeeded_calls, input_tokens, output_tokens, provider_cost_nanos, ended_cost_nanos)
     values ($1, $2, 'invoice', $3::text, $4, $4, case when $3::text = 'completed' then $4::timestamptz end, 2, 1, 10, 5, 1500000,
       case when $3::text = 'completed' then 1500000 end)`,
    [id, teamId, status, new Date(clock.now())],
  );
  return id;
}

async function insertCalls(jobId: string, count: number): Promise<void> {
  await database.query(
    `insert into llm_calls (id, job_id, team_id, instance_id, alias, endpoint, status, target, price_snapshot,
       provider_cost_nanos, cost_flags, created_at)
     select (substr($2, 1, 24) || lpad(to_hex(n), 12, '0'))::uuid, $1::uuid, 'one', $1::uuid, 'chat', 'chat', 'succeeded',
       'openai/gpt', '{}', n, array['estimated'], now()
     from generate_series(1, $3::int) n`,
    [jobId, uuidV7(clock.now()), count],
  );
}

const jobs: string[] = [];
for (let number = 0; number < 7; number += 1) {
  jobs.unshift(
    await insertJob(number % 2 ? "two" : "one", number < 3 ? "completed" : "in_progress"),
  );
}

test("lists the jobs of all teams, newest first, with what they cost", async () => {
  const all = await page("");
  expect(idsOf(all)).toEqual(jobs);
  expect([all.next, all.prev]).toEqual([null, null]);
  expect(all.data.at(-1)).toMatchObject({
    team_id: "one",
    organization_id: "acme",
    job_type: "invoice",
    status: "completed",
    total_calls: 2,
    successful_calls: 1,
    total_tokens: 15,
    provider_cost_usd: 0.0015,
    credits_charged: 0,
  });
});

test("finds jobs by what they cost, those that have ended and those that go on", async () => {
  await database.query(
    `update jobs set provider_cost_nanos = 2000000, ended_cost_nanos = case when ended_at is not null then 2000000 end
     where id = any ($1::text::uuid[])`,
    [`{${jobs[1]},${jobs.at(-1)}}`],
  );
  const found = async (query: string) => idsOf(await page(`${query}&team=one`));
  const ofOne = jobs.filter((_, index) => index % 2 === 0);
  expect(await found("min_cost_usd=0.0015")).toEqual(ofOne);
  expect(idsOf(await page("min_cost_usd=0.002"))).toEqual([jobs[1], jobs.at(-1)]);
  expect(idsOf(await page("min_cost_usd=0.002&status=completed"))).toEqual([jobs.at(-1)]);
  expect(await found("max_cost_usd=0.0015")).toEqual(ofOne.slice(0, -1));
  expect(await found("min_cost_usd=0.0016&max_cost_usd=0.0019")).toEqual([]);
  expect(await found("min_cost_usd=100")).toEqual([]);
});

test("finds jobs by what was charged for them, and reads only pages that may hold such", async () => {
  await database.query("update jobs set charged = 1500000 where id = $1::uuid", [jobs[1]!]);
  await database.query("update jobs set charged = 2000000 where id = $1::uuid", [jobs[4]!]);
  expect(idsOf(await page("min_credits=1.5"))).toEqual([jobs[1], jobs[4]]);
  expect(idsOf(await page("min_credits=1.500001&max_credits=2"))).toEqual([jobs[4]]);
  expect(idsOf(await page("min_credits=2.000001"))).toEqual([]);
  const plan = await database.drizzle.transaction(async (transaction) => {
    // A table as small as this one is read whole unless that is forbidden.
    await transaction.execute(sql`set local enable_seqscan = off`);
    return transaction.execute(sql`explain select id from jobs where charged >= 1500000`);
  });
  expect(JSON.stringify(plan)).toContain("Bitmap Index Scan on jobs_charged");
});

test("walks to the last page and back again", async () => {
  const first = await page("limit=3");
  expect([idsOf(first), first.prev]).toEqual([jobs.slice(0, 3), null]);
  const second = await page(`limit=3&cursor=${first.next}`);
  expect(idsOf(second)).toEqual(jobs.slice(3, 6));
  const third = await page(`limit=3&cursor=${second.next}`);
  expect([idsOf(third), third.next]).toEqual([jobs.slice(6), null]);
  const back = await page(`limit=3&cursor=${third.prev}`);
  expect(idsOf(back)).toEqual(jobs.slice(3, 6));
  const start = await page(`limit=3&cursor=${back.prev}`);
  expect([idsOf(start), start.prev]).toEqual([jobs.slice(0, 3), null]);
});

test("filters by team and status", async () => {
  const two = await page("team=two");
  expect(idsOf(two)).toEqual(jobs.filter((_, index) => index % 2 === 1));
  expect(idsOf(await page("team=one&status=completed"))).toEqual([jobs[4], jobs[6]]);
  expect(idsOf(await page("team=nobody"))).toEqual([]);
});

test("refuses limits, cursors and filters that make no sense", async () => {
  for (const query of [
    ...["limit=0", "limit=201", "limit=x", "status=lost", "team=%00", "team=A%20B", "more=1"],
    ...["cursor=x", `cursor=${Buffer.from("older x").toString("base64url")}`],
  ]) {
    expect({ query, ...(await get(`/api/jobs?${query}`)) }).toMatchObject({
      query,
      status: 422,
      body: { code: "invalid_request" },
    });
  }
});

test("shows a job with its newest 500 calls in the order of their start", async () => {
  const id = await insertJob("one", "in_progress");
  await insertCalls(id, 501);
  const { status, body } = await get(`/api/jobs/${id}`);
  expect(status).toBe(200);
  const { calls, ...job } = body as { calls: { provider_cost_usd: number }[] };
  expect(job).toMatchObject({ job_id: id, metadata: {}, result: null, error_message: null });
  expect(calls).toHaveLength(500);
  expect(calls[0]).toMatchObject({
    provider_cost_usd: 0.000000002,
    cost_flags: ["estimated"],
    target: "openai/gpt",
    model: "chat",
  });
  expect(calls.at(-1)?.provider_cost_usd).toBe(0.000000501);
});

test("answers an unknown job and what is no id alike", async () => {
  for (const id of [uuidV7(clock.now()), "x", "%00"]) {
    expect(await get(`/api/jobs/${id}`)).toMatchObject({
      status: 404,
      body: { code: "not_found" },
    });
  }
});

test("tells the state of everything with its counts", async () => {
  const { status, body } = await get("/api/status");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    version: "1.2.3",
    now: new Date(clock.now()).toISOString(),
    api: { state: "ready" },
    database: { state: "ready", mode: "embedded" },
    gateway: { state: "ready", version: null, problem: null, install: null, log_tail: ["started"] },
    counts: { organizations: 1, teams: 2, models: 0, jobs: 8 },
  });
});

test("counts jobs by stretch of time and state, within the filters of the list", async () => {
  const noon = new Date(clock.now() - (clock.now() % 60_000)).toISOString();
  const later = new Date(Date.parse(noon) + 3 * 60_000).toISOString();
  const { status, body } = await get(`/api/jobs/histogram?from=${noon}&to=${later}`);
  expect(status).toBe(200);
  const none = { running: 0, completed: 0, failed: 0, cancelled: 0, expired: 0 };
  const at = (minute: number) => new Date(Date.parse(noon) + minute * 60_000).toISOString();
  expect(body).toEqual({
    from: noon,
    to: later,
    bucket_seconds: 60,
    counted_from: null,
    // Those made above, all in the first minute.
    buckets: [
      { ...none, starts_at: at(0), running: 5, completed: 3 },
      { ...none, starts_at: at(1) },
      { ...none, starts_at: at(2) },
    ],
  });
  const { buckets } = (await get("/api/jobs/histogram?team=two")).body as {
    buckets: { running: number; completed: number }[];
  };
  // 30 whole days, the first and the last of them in part.
  expect(buckets).toHaveLength(31);
  expect(buckets.at(-1)).toMatchObject({ running: 2, completed: 1 });
  expect(await get("/api/jobs/histogram?limit=3")).toMatchObject({ status: 422 });
});

test("cancels a running job of any team, once, and writes who did it", async () => {
  const id = await insertJob("one", "in_progress");
  const cancel = (body: object) => send("POST", `/api/jobs/${id}/cancel`, { headers: asCli, body });
  expect(await cancel({ reason: "in circles" })).toMatchObject({
    status: 200,
    body: { job_id: id, status: "cancelled" },
  });
  expect(await cancel({})).toMatchObject({ status: 200 });
  expect(
    await database.query(
      "select actor, team_id, before, after from audit_log where action = 'job.cancel' and subject_id = $1",
      [id],
    ),
  ).toEqual([
    {
      actor: "cli",
      team_id: "one",
      before: expect.objectContaining({ status: "in_progress" }) as object,
      after: expect.objectContaining({ status: "cancelled", reason: "in circles" }) as object,
    },
  ]);
  const done = await insertJob("one", "completed");
  expect(
    await send("POST", `/api/jobs/${done}/cancel`, { headers: asCli, body: {} }),
  ).toMatchObject({ status: 409, body: { code: "job_ended" } });
  expect(await send("POST", "/api/jobs/none/cancel", { headers: asCli, body: {} })).toMatchObject({
    status: 404,
  });
});
