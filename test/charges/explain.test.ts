import { expect, test } from "vitest";
import { explainCharge } from "../../server/charges/explain.ts";
import {
  callInJob,
  type CallCharging,
  jobStart,
  type JobStart,
  singleCall,
} from "../../server/pricing/terms.ts";
import { fromRules, type RulesInput } from "../../server/pricing/rules.ts";
import { noTokens } from "../../server/pricing/cost.ts";
import { ledger } from "../gateway/ledger.ts";

const { at, call, clock, context, database, end, endJob, newId, open, settle, wallets } =
  await ledger();
const walletId = wallets.get("acme")!;
await database.query("update wallets set credit_limit = null");

/** A credit is worth $0.10. */
const creditPriceNanos = 100_000_000n;
let number = 0;

async function pricingOf(kind: string, rules: RulesInput) {
  number += 1;
  const planVersionId = newId();
  const planId = `plan-${number}`;
  await database.query(
    "insert into pricing_plans (id, name, created_at, updated_at) values ($1, $1, now(), now())",
    [planId],
  );
  await database.query(
    `insert into pricing_plan_versions (id, plan_id, number, kind, rules, effective_from, actor, created_at)
     values ($1::uuid, $2, 3, $3, $4::text::jsonb, now(), 'test', now())`,
    [planVersionId, planId, kind, JSON.stringify(rules)],
  );
  return { planVersionId, plan: fromRules(kind, rules), creditPriceNanos };
}
type Pricing = Awaited<ReturnType<typeof pricingOf>>;

async function start(pricing: Pricing): Promise<string> {
  const id = newId();
  const job = {
    ...{ id, team_id: "acme", wallet_id: walletId, type: "summary" },
    start: jobStart(pricing, "summary", clock.now()),
  };
  const [row] = await database.query<{ outcome: string }>(
    "select outcome from create_job_v2($1::timestamptz, $2::text::jsonb, null)",
    [at(), JSON.stringify(job)],
  );
  expect(row!.outcome).toBe("created");
  return id;
}

/** A call that cost $0.01 and took 1,000 + 500 tokens unless something else is said. */
async function run(
  jobId: string,
  charging: CallCharging,
  of: {
    costNanos?: bigint;
    status?: "succeeded" | "failed";
    cacheHit?: boolean;
    endpoint?: "chat" | "embeddings";
    create?: JobStart;
  } = {},
): Promise<void> {
  const { costNanos = 10_000_000n, status = "succeeded", cacheHit = false, endpoint = "chat" } = of;
  // Ids of one millisecond are in no order.
  clock.advance(1);
  const usage = { ...noTokens, inputTokens: 1_000, outputTokens: 500 };
  const size = { costNanos, inputTokens: 1_000n, outputTokens: 500n };
  const item = call(jobId, {
    endpoint,
    planVersionId: charging.planVersionId,
    hold: charging.charged === "call" ? charging.hold(size) : undefined,
    create: of.create && {
      ...{ type: "single", userId: undefined, externalTaskId: undefined, metadata: undefined },
      ...{ reference: undefined, maxCredits: undefined, endsWithCall: true, start: of.create },
    },
  });
  const [opened] = await open(item);
  expect(opened!.outcome).toBe("opened");
  const delivered = status === "succeeded" ? usage : undefined;
  await settle(
    end(item, {
      ...{ status, usage: delivered, cacheHit, providerCostNanos: delivered ? costNanos : 0n },
      charge: charging.charge({ costNanos, usage: delivered, cacheHit }),
      endJob: of.create ? "completed" : undefined,
    }),
  );
}

const explain = (jobId: string) => explainCharge(context, jobId);
const figures = async (jobId: string) => {
  const { formula, credits_by_formula, credits_charged } = await explain(jobId);
  return [formula, credits_by_formula, credits_charged];
};

test("flat: the price, the hold, the entry, and what a refund leaves", async () => {
  const pricing = await pricingOf("flat", { price: "1.5" });
  const jobId = await start(pricing);
  expect(await figures(jobId)).toEqual([
    "not charged yet: at its end at most 1.5 credits, which are held",
    0,
    0,
  ]);
  await run(jobId, callInJob(pricing, "chat"));
  await endJob(jobId, "completed");
  await database.query("select * from change_wallet_v2($1::timestamptz, $2::text::jsonb)", [
    at(),
    JSON.stringify({
      ...{ team_id: "acme", kind: "refund", amount: "500000", job_id: jobId },
      ...{ actor: "support", reason: "bad scan" },
    }),
  ]);
  const charge = await explain(jobId);
  expect(charge).toMatchObject({
    plan: { kind: "flat", version: 3 },
    terms: { kind: "flat", charged: "job", price: 1.5, credit_price_usd: 0.1 },
    formula: 'flat price of a job of type "summary": 1.5 credits',
    credits_by_formula: 1.5,
    credits_charged: 1.5,
    credits_refunded: 0.5,
    credits_remaining: 1,
    provider_cost_usd: 0.01,
    holds: [{ hold_id: jobId, of: "job", credits: 1.5, state: "settled" }],
    entries: [
      { kind: "charge", credits: -1.5, actor: "system" },
      { kind: "refund", credits: 0.5, actor: "support", reason: "bad scan" },
    ],
  });
  const said = charge.lines.join("\n");
  expect(said).toContain('It goes by version 3 of the plan "plan-1" (flat)');
  expect(said).toMatch(/Charged: 1\.5 credits\.[^]*: charge, -1\.5 credits, by the server itself;/);
  expect(said).not.toMatch(/\d{4}-\d\d-\d\dT/);
  expect(said).toContain("Given back: 0.5 credits. It has cost the team 1 credit.");
});

test("failed jobs: free without a success, free at first, then at cost", async () => {
  // $0.01 ÷ $0.10 = 0.1 credits; $0.50 would be 5, and 1.5 were held.
  const pricing = await pricingOf("flat", { price: "1.5", free_failures: 1 });
  const fail = async (costNanos?: bigint) => {
    const jobId = await start(pricing);
    if (costNanos) await run(jobId, callInJob(pricing, "chat"), { costNanos });
    await endJob(jobId, "failed");
    return figures(jobId);
  };
  expect(await fail()).toEqual(["failed before a call gave anything: free", 0, 0]);
  expect(await fail(10_000_000n)).toEqual([
    "failed, within the 1 free failure of its period: free",
    0,
    0,
  ]);
  expect(await fail(10_000_000n)).toEqual([
    "failed, beyond the 1 free failure of its period: cost $0.01 ÷ $0.10 a credit = 0.1 credits",
    0.1,
    0.1,
  ]);
  expect(await fail(500_000_000n)).toEqual([
    "failed, beyond the 1 free failure of its period: cost $0.50 ÷ $0.10 a credit = 5 credits, at most the 1.5 credits that were held",
    1.5,
    1.5,
  ]);
  const full = await pricingOf("flat", { price: "1.5", failed_jobs: "full" });
  const jobId = await start(full);
  await endJob(jobId, "cancelled");
  expect(await figures(jobId)).toEqual([
    'cancelled, which costs the same as completed here: flat price of a job of type "summary": 1.5 credits',
    1.5,
    1.5,
  ]);
});

test("tiered: the position that a job took, and its tier", async () => {
  const pricing = await pricingOf("tiered", {
    tiers: [
      { up_to: 1, price: "2" },
      { up_to: null, price: "1" },
    ],
  });
  const said: unknown[] = [];
  for (let position = 1; position <= 2; position += 1) {
    const jobId = await start(pricing);
    await endJob(jobId, "completed");
    said.push(await figures(jobId));
    expect((await explain(jobId)).terms?.["tiers"]).toEqual([
      { up_to: 1, price: 2 },
      { up_to: null, price: 1 },
    ]);
  }
  expect(said).toEqual([
    ["number 1 of the jobs completed in its period; numbers 1 to 1 cost 2 credits", 2, 2],
    ["number 2 of the jobs completed in its period; numbers from 2 on cost 1 credit", 1, 1],
  ]);
});

test("subscription: a place of the fee, then the overage; the fee stands with the job that opened the period", async () => {
  await database.script("delete from team_periods");
  const pricing = await pricingOf("subscription", { fee: "10", included: 1, overage: "3" });
  const first = await start(pricing);
  const second = await start(pricing);
  for (const jobId of [first, second]) await endJob(jobId, "completed");
  expect(await explain(first)).toMatchObject({
    formula: "a place that the fee of the period pays for: free",
    credits_charged: 0,
    place: "included",
    entries: [{ kind: "fee", credits: -10 }],
  });
  expect(await figures(second)).toEqual(["beyond the 1 place of the period: 3 credits", 3, 3]);
});

test("markup: each call's cost, its share of a minimum, and failed and cached calls", async () => {
  // $0.01 × 1.3 ÷ $0.10 = 0.13 credits.
  const pricing = await pricingOf("markup", { percent: "30", minimum: "0.2" });
  const charging = callInJob(pricing, "chat");
  const jobId = await start(pricing);
  await run(jobId, charging);
  expect(await figures(jobId)).toEqual([
    "its calls together: 0.13 credits, but at least 0.2 credits a job",
    0.2,
    0.2,
  ]);
  await run(jobId, charging, { status: "failed" });
  await run(jobId, charging, { cacheHit: true });
  await run(jobId, charging);
  const { calls, holds, lines, ...charge } = await explain(jobId);
  expect(charge).toMatchObject({
    terms: { charged: "call", minimum: 0.2, credit_price_usd: 0.1 },
    formula: "its calls together: 0.26 credits",
    credits_by_formula: 0.26,
    credits_charged: 0.26,
  });
  expect(calls.map((one) => [one.formula, one.credits_by_formula, one.credits_charged])).toEqual([
    ["cost $0.01 × 1.3 ÷ $0.10 a credit = 0.13 credits", 0.13, 0.2],
    ["failed: free", 0, 0],
    ["answered from the cache: free", 0, 0],
    ["cost $0.01 × 1.3 ÷ $0.10 a credit = 0.13 credits", 0.13, 0.06],
  ]);
  expect(holds.map(({ of, state }) => [of, state])).toContainEqual(["call", "settled"]);
  const said = lines.join("\n");
  expect(said).toContain(
    "= 0.13 credits (the formula gives 0.13 credits, charged were 0.2 credits: the minimum of a job).",
  );
  expect(said).toContain(
    "= 0.13 credits (the formula gives 0.13 credits, charged were 0.06 credits: the minimum of the job had paid for the rest).",
  );
  expect(said).not.toContain("another price");
});

test("another price of a credit is named where no minimum decided", async () => {
  // $0.01 × 1.3 ÷ $0.20 = 0.065 credits.
  const pricing = await pricingOf("markup", { percent: "30" });
  const jobId = await start(pricing);
  await run(jobId, callInJob({ ...pricing, creditPriceNanos: 200_000_000n }, "chat"));
  const { calls, lines } = await explain(jobId);
  expect(calls).toMatchObject([{ credits_by_formula: 0.13, credits_charged: 0.065 }]);
  expect(lines.join("\n")).toContain(
    "(the formula gives 0.13 credits, charged were 0.065 credits: another price of a credit at the time)",
  );
});

test("per token, and embeddings by their own rule", async () => {
  // 1,500 tokens ÷ 500 = 3 credits; an embedding ÷ 3,000 = 0.5.
  const pricing = await pricingOf("per_token", {
    tokens_per_credit: 500,
    embeddings: { kind: "per_token", tokens_per_credit: 3_000 },
  });
  const jobId = await start(pricing);
  await run(jobId, callInJob(pricing, "chat"));
  await run(jobId, callInJob(pricing, "embeddings"), { endpoint: "embeddings" });
  const { calls, credits_charged } = await explain(jobId);
  expect(calls.map(({ formula }) => formula)).toEqual([
    "1,500 tokens ÷ 500 tokens a credit = 3 credits",
    "1,500 tokens ÷ 3,000 tokens a credit = 0.5 credits",
  ]);
  expect(credits_charged).toBe(3.5);
});

test("a call outside any job goes by the plan's rule for it", async () => {
  const pricing = await pricingOf("flat", { price: "1.5" });
  const { start: create, charging } = singleCall(pricing, "chat");
  const jobId = newId();
  await run(jobId, charging, { create });
  expect(await explain(jobId)).toMatchObject({
    status: "completed",
    credits_charged: 0.13,
    calls: [{ formula: "cost $0.01 × 1.3 ÷ $0.10 a credit = 0.13 credits" }],
  });
});

test("a job without a plan is never charged, and one that is not there is not found", async () => {
  const id = newId();
  await database.query("select * from create_job_v2($1::timestamptz, $2::text::jsonb, null)", [
    at(),
    JSON.stringify({ id, team_id: "acme", type: "summary" }),
  ]);
  expect(await explain(id)).toMatchObject({ plan: null, terms: null, credits_charged: 0 });
  for (const missing of [newId(), "x"]) {
    await expect(explain(missing)).rejects.toMatchObject({ code: "not_found" });
  }
});
