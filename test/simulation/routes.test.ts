import { expect, test } from "vitest";
import type { PlanPreview, Simulation } from "../../server/simulation/schema.ts";
import { adminApp, asCli } from "../admin/admin-app.ts";
import { seedTeam, testDatabase } from "../harness.ts";

/** What the admin API says of draft plans. A credit is worth $0.10; it is 2026-11-23. */
const { database } = await testDatabase();
const { context, send, clock } = await adminApp(database);
const team = await seedTeam(context);
const post = (path: string, body: object) => send("POST", path, { headers: asCli, body });

/** An ended job of the team that was charged so many credits, with calls of $0.05 and 1,500 tokens each. */
async function pastJob(facts: {
  status?: string;
  charged: number;
  calls: number;
  at?: string;
  single?: true;
}): Promise<void> {
  clock.advance(1_000);
  const at = new Date(facts.at ?? clock.now());
  const { status = "completed", charged, calls, single } = facts;
  const terms = { kind: "flat", charged: single ? "call" : "job", ...(single && { single }) };
  await database.query(
    `with job as (
       insert into jobs (id, team_id, type, status, terms, charged, calls, succeeded_calls, provider_cost_nanos, created_at,
         last_activity_at, ended_at)
       select new_uuid_v7_v1($2::timestamptz), $1, 'summary', $3, $4::text::jsonb, $5::bigint, $6::int, $6::int,
         $6::int * 50000000::bigint, $2::timestamptz, $2::timestamptz, $2::timestamptz
       returning id
     )
     insert into llm_calls (id, job_id, team_id, instance_id, alias, endpoint, status, target, input_tokens, output_tokens,
       provider_cost_nanos, price_snapshot, created_at, ended_at)
     select new_uuid_v7_v1($2::timestamptz), id, $1, id, 'chat', 'chat', 'succeeded', 'openai/gpt', 1200, 300, 50000000, '{}',
       $2::timestamptz, $2::timestamptz
     from job, generate_series(1, $6::int)`,
    [team.teamId, at, status, JSON.stringify(terms), charged * 1_000_000, calls],
  );
}

await database.query("select ensure_call_partitions_v1('2026-10-31'::timestamptz)");
await pastJob({ charged: 1, calls: 1 });
await pastJob({ charged: 1, calls: 3 });
await pastJob({ charged: 0, calls: 1, status: "failed" });
await pastJob({ charged: 0.65, calls: 1, single: true });
await pastJob({ charged: 9, calls: 1, at: "2026-10-31T23:59:59Z" });
await database.query(
  `insert into jobs (id, team_id, type, status, created_at, last_activity_at)
   values (new_uuid_v7_v1($2::timestamptz), $1, 'slow', 'pending', $2::timestamptz, $2::timestamptz)`,
  [team.teamId, new Date(clock.now())],
);
await database.query(
  `insert into team_periods (team_id, period, starts_at, ends_at, fee_charged)
   values ($1, 'month', '2026-11-01', '2026-12-01', 5000000), ($1, 'month', '2026-10-01', '2026-11-01', 7000000)`,
  [team.teamId],
);

const november = { from: "2026-11-01", to: "2026-12-01" };
const simulate = async (kind: string, rules: object, more: object = november) => {
  const { status, body } = await post("/api/plans/simulate", { kind, rules, ...more });
  expect(status).toBe(200);
  return body as unknown as Simulation;
};

test("charges the ended jobs of a span anew, by team and in sum, beside what they were charged", async () => {
  // Before: 1 + 1 + 0 + 0.65 and a fee of 5. Costs: 6 calls × $0.05. After: 1, 3 and 1 calls × $0.05 × 2 ÷ $0.10 = 5 credits, and
  // the call outside any job by the rule of all plans, $0.05 × 1.3 ÷ $0.10 = 0.65.
  const { totals, teams, ...rest } = await simulate("markup", { percent: 100 });
  expect(rest).toEqual({
    from: "2026-11-01T00:00:00.000Z",
    to: "2026-12-01T00:00:00.000Z",
    truncated: false,
    running_jobs: 1,
    credit_price_usd: 0.1,
  });
  expect(totals).toEqual({
    jobs: 4,
    cost_usd: 0.3,
    before: { credits: 7.65, fees: 5, revenue_usd: 0.765, margin_usd: 0.465 },
    after: { credits: 5.65, fees: 0, revenue_usd: 0.565, margin_usd: 0.265 },
  });
  expect(teams).toEqual([expect.objectContaining({ team_id: team.teamId, ...totals })]);
});

test("counts fees, positions and places of the draft, and narrows by team and organization", async () => {
  // Two included jobs; the failed one took the third place, for 2 credits, and ends free. The single call beside them.
  const drafted = await simulate("subscription", { fee: 20, included: 2, overage: 2 });
  expect(drafted.totals.after).toMatchObject({ credits: 20.65, fees: 20 });
  const nobody = { ...november, team_ids: ["nobody"] };
  expect(await simulate("flat", { price: 1 }, nobody)).toMatchObject({
    totals: { jobs: 0, before: { credits: 0 }, after: { credits: 0 } },
    teams: [],
  });
  const elsewhere = { ...november, organization_id: "elsewhere" };
  expect((await simulate("flat", { price: 1 }, elsewhere)).teams).toEqual([]);
});

test("previews rules in words and numbers, and a made-up month", async () => {
  const month = {
    completed_jobs: 120,
    failed_jobs: 12,
    calls_per_job: 2,
    single_calls: 10,
    input_tokens: 1_200,
    output_tokens: 300,
    call_cost_usd: 0.02,
  };
  const rules = {
    tiers: [
      { up_to: 100, price: 1 },
      { up_to: null, price: 0.8 },
    ],
  };
  const { status, body } = await post("/api/plans/preview", { kind: "tiered", rules, month });
  expect(status).toBe(200);
  const preview = body as unknown as PlanPreview;
  expect(preview.rules).toMatchObject({ period: "month", free_failures: 10 });
  expect(preview.in_words).toContain("30 %");
  expect(preview.team_words).not.toContain("30 %");
  expect(preview.example[0]).toBe(
    "102 jobs in a month: 100 × 1 credit + 2 × 0.8 credits = 101.6 credits.",
  );
  // 100 × 1 + 20 × 0.8 = 116; 10 failures free, 2 at 2 × $0.02 ÷ $0.10 = 0.4 each; 10 calls × $0.02 × 1.3 ÷ $0.10 = 2.6.
  // Cost: (132 × 2 + 10) × $0.02.
  expect(preview.month).toEqual({
    credits: 119.4,
    fees: 0,
    revenue_usd: 11.94,
    cost_usd: 5.48,
    margin_usd: 6.46,
  });
});

test("refuses rules and spans that are none, naming the field, and who is nobody", async () => {
  const flat = { kind: "flat", rules: { price: 1 } };
  for (const [path, body, refusal] of [
    ["preview", { kind: "flat", rules: {} }, { code: "invalid_request", field: "rules.price" }],
    ["preview", { kind: "flat", rules: { price: -1 } }, {}],
    ["simulate", { ...flat, from: "2026-11-02", to: "2026-11-01" }, { field: "to" }],
    ["simulate", { ...flat, from: "soon", to: "2026-11-01" }, { field: "from" }],
  ] as const) {
    expect(await post(`/api/plans/${path}`, body)).toMatchObject({ status: 422, body: refusal });
  }
  for (const path of ["preview", "simulate"]) {
    const answer = await send("POST", `/api/plans/${path}`, { body: { ...flat, ...november } });
    expect(answer.status).toBe(401);
  }
});
