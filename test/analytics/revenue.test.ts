import { beforeEach, expect, test } from "vitest";
import type { Report } from "../../server/analytics/schema.ts";
import type { Grant } from "../../server/credits/schema.ts";
import { refreshRollups } from "../../server/usage/rollups.ts";
import { asCli } from "../admin/admin-app.ts";
import { walletApp } from "../credits/wallet-app.ts";

/** What consumed credits are worth as revenue. All sums are worked out by hand; a credit is worth $0.10 at first. */
const { context, clock, team, post, patch, get, send } = await walletApp();
const { database } = context;

beforeEach(() =>
  database.query("update settings set value = '0.1' where name = 'credit_price_usd'"),
);

/** A completed job of one call that is charged so many credits now, as the functions of the ledger book it. */
async function chargedJob(credits: number): Promise<string> {
  clock.advance(1_000);
  const [row] = await database.query<{ id: string }>(
    `with job as (
       insert into jobs (id, team_id, type, status, terms, charged, calls, succeeded_calls, created_at, last_activity_at, ended_at)
       select new_uuid_v7_v1($2::timestamptz), $1, 'summary', 'completed', '{"kind": "flat", "charged": "job", "price": "1000000", "credit_price_nanos": "100000000"}', $3::bigint, 1, 1,
         $2::timestamptz, $2::timestamptz, $2::timestamptz
       returning id
     ), call as (
       insert into llm_calls (id, job_id, team_id, instance_id, alias, endpoint, status, price_snapshot, created_at, ended_at)
       select new_uuid_v7_v1($2::timestamptz), id, $1, id, 'chat-fast', 'chat', 'succeeded', '{}', $2::timestamptz, $2::timestamptz
       from job
     )
     select id from job`,
    [team.teamId, new Date(clock.now()), credits * 1_000_000],
  );
  await book(credits, { kind: "charge", job_id: row!.id, charge_id: row!.id });
  return row!.id;
}

const book = (credits: number, entry: Record<string, string>) =>
  database.query(
    `select book_entry_v1($1::timestamptz, w.id, -($3::bigint), $4::text::jsonb)
     from (select id from wallets where team_id = $2 for update) w`,
    [
      new Date(clock.now()),
      team.teamId,
      credits * 1_000_000,
      JSON.stringify({ actor: "system", ...entry }),
    ],
  );

const allocate = (credits: number, more: object = {}) =>
  post(`${team.path}/allocate`, { credits, reason: "test", ...more });
const setPrice = async (usd: number) => {
  clock.advance(1);
  const { status } = await send("PATCH", "/api/settings", {
    headers: asCli,
    body: { credit_price_usd: usd },
  });
  expect(status).toBe(200);
};

/** Open quarters are counted anew when they were half a minute ago. */
async function countUsage(): Promise<void> {
  clock.advance(60_000);
  await refreshRollups(context, 60_000);
}

async function pricesOfGrants(): Promise<string[]> {
  const { body } = await get(`${team.path}/grants`);
  return (body["data"] as Grant[])
    .map(
      ({ credits, price_paid_usd, reference }) =>
        `${credits} for $${price_paid_usd}${reference === null ? "" : ` (${reference})`}`,
    )
    .toSorted();
}

/** The team's revenue: in all, and by alias, which is made of its calls. */
async function revenue(): Promise<number> {
  await countUsage();
  const of = async (query: string) =>
    (
      (await get(`/api/usage?from=2026-11-01&to=2026-12-31&team=${team.teamId}${query}`))
        .body as unknown as Report
    ).totals.revenue_usd;
  const all = await of("");
  expect(await of("&alias=chat-fast")).toBeCloseTo(all, 8);
  return all;
}

test("a credit is revenue at the price paid for the grant that bore it", async () => {
  await allocate(100, { price_paid_usd: 8 });
  await chargedJob(30);
  // 30 × $0.08.
  expect(await revenue()).toBe(2.4);
});

test("a promotional credit is no revenue, and is spent first", async () => {
  await allocate(100, { price_paid_usd: 8 });
  await allocate(10, { price_paid_usd: 0, priority: 1 });
  await chargedJob(25);
  // 10 × nothing + 15 × $0.08.
  expect(await revenue()).toBe(1.2);
});

test("a credit without a price told is worth what a credit was worth when it was given", async () => {
  await allocate(10);
  await setPrice(0.5);
  await allocate(10);
  await chargedJob(15);
  // 10 × $0.10 + 5 × $0.50.
  expect(await revenue()).toBe(3.5);
  await setPrice(0.1);
});

test("what goes beyond the balance is worth what a credit is worth then", async () => {
  await patch(team.path, { credit_limit: 100 });
  await allocate(10, { price_paid_usd: 2 });
  await chargedJob(12);
  await setPrice(0.2);
  await chargedJob(5);
  await setPrice(0.1);
  // 10 × $0.20 + 2 × $0.10 + 5 × $0.20.
  expect(await revenue()).toBe(3.2);
});

test("neither a new price nor later grants change revenue of the past, and a rebuild gives the same", async () => {
  await allocate(10, { price_paid_usd: 2 });
  await allocate(20, { price_paid_usd: 1, priority: 200 });
  await chargedJob(15);
  // 10 × $0.20 + 5 × $0.05, before anything was attributed.
  expect(await revenue()).toBe(2.25);
  await setPrice(3);
  // Shown, the spending is attributed; what is given now is burned first from now on.
  await get(team.path);
  await allocate(50, { price_paid_usd: 0, priority: 0 });
  await chargedJob(50);
  expect(await revenue()).toBe(2.25);
  const rebuilt = await send("POST", "/api/usage/rebuild", { headers: asCli, body: {} });
  expect(rebuilt.body).toMatchObject({ changed: 0, next: null });
  await setPrice(0.1);
});

test("a refund takes the revenue back, and gives credits that earn it again", async () => {
  await allocate(10, { price_paid_usd: 3 });
  const jobId = await chargedJob(9);
  expect(await revenue()).toBe(2.7);
  await post(`${team.path}/refund`, { job_id: jobId, credits: 2, reason: "slow" });
  // 7 × $0.30; what explains the job's charge says the same.
  expect(await revenue()).toBe(2.1);
  expect((await get(`/api/jobs/${jobId}/charge`)).body).toMatchObject({
    revenue_usd: 2.1,
    margin_usd: 2.1,
  });
  await post(`${team.path}/refund`, { job_id: jobId, reason: "of no use" });
  expect(await revenue()).toBe(0);
  expect(await pricesOfGrants()).toEqual(["10 for $3", "2 for $0.6", "7 for $2.1"]);
  await chargedJob(10);
  expect(await revenue()).toBe(3);
});

test("a fee is revenue by the same rule", async () => {
  await allocate(100, { price_paid_usd: 5 });
  const jobId = await chargedJob(1);
  await database.query(
    `update jobs set terms = '{"kind": "subscription", "charged": "job"}' where id = $1`,
    [jobId],
  );
  await book(60, { kind: "fee", job_id: jobId });
  await countUsage();
  const { totals } = (await get(`/api/usage?from=2026-11-01&to=2026-12-31&team=${team.teamId}`))
    .body as unknown as Report;
  // 61 × $0.05.
  expect(totals).toMatchObject({ fees_charged: 60, credits_charged: 1, revenue_usd: 3.05 });
});

test("credits that were moved to another team keep their price", async () => {
  const giving = { ...team };
  await allocate(10, { price_paid_usd: 0, priority: 1 });
  await allocate(100, { price_paid_usd: 20, reference: "invoice 7" });
  const { body } = await send("POST", "/api/teams", {
    headers: asCli,
    body: { name: "Other", organization_id: team.organizationId },
  });
  const other = (body as { team_id: string }).team_id;
  await post(`${giving.path}/transfer`, { to_team_id: other, credits: 40, reason: "moved" });
  Object.assign(team, { teamId: other, path: `/api/teams/${other}/wallet` });
  expect(await pricesOfGrants()).toEqual(["10 for $0", "30 for $6 (invoice 7)"]);
  await chargedJob(20);
  // 10 × nothing + 10 × $0.20.
  expect(await revenue()).toBe(2);
});

test("a refill is worth what is paid for each period", async () => {
  await post(`${team.path}/refills`, { credits: 100, period: "month", price_paid_usd: 4 });
  await chargedJob(50);
  expect(await revenue()).toBe(2);
  expect((await get(`${team.path}/refills`)).body).toMatchObject({ data: [{ price_paid_usd: 4 }] });
});
