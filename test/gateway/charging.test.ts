import { beforeAll, describe, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { createBudget } from "../../server/budgets/budgets.ts";
import { assignPlan } from "../../server/pricing/assignments.ts";
import { createPlan, createPlanVersion } from "../../server/pricing/plans.ts";
import type { RulesInput } from "../../server/pricing/rules.ts";
import { seedModel, seedTeam, testApp } from "../harness.ts";

const { context, database, gateway, send } = await testApp();

// A token costs 0.001 USD at this model: 0.01 credits, and 0.013 with the markup of 30 %.
const dear = { inputPrice: 1_000, outputPrice: 1_000 };

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "dear", ...dear });
  await seedModel(context, gateway.upstream, { alias: "thinker", reasoning: true, ...dear });
  await seedModel(context, gateway.upstream, { alias: "embed", mode: "embedding" });
});

let plans = 0;

/** A team with credits, on a plan of its own where one is given. */
async function newTeam(credits: number, plan?: { kind: string; rules: RulesInput }) {
  const team = await seedTeam(context, { credits });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    send("POST", path, { key: team.key, body, headers });
  const planId = plan && (await planOf(team.teamId, plan));
  const wallet = async () => {
    const [row] = await database.query<{ balance: number; held: number }>(
      "select balance::int, held::int from wallets where id = $1::uuid",
      [team.walletId],
    );
    return row!;
  };
  const newJob = async (body: object = {}) => {
    const created = await post("/api/jobs/create", { job_type: "x", ...body });
    expect(created.status).toBe(201);
    return `/api/jobs/${String(created.body["job_id"])}`;
  };
  return { ...team, planId, post, wallet, newJob };
}

async function planOf(teamId: string, plan: { kind: string; rules: RulesInput }): Promise<string> {
  plans += 1;
  const { planId } = await createPlan(context, systemAuthor, { name: `Plan ${plans}`, ...plan });
  await assignPlan(context, systemAuthor, {
    subject: { kind: "team", id: teamId },
    planId,
    from: undefined,
    reason: undefined,
  });
  return planId;
}

const markup = (more: RulesInput = {}) => ({ kind: "markup", rules: { percent: 30, ...more } });

/** A message whose answer counts so many tokens. */
const say = (input: number, output: number) => [
  {
    role: "user",
    content: `hello #loopback ${JSON.stringify({ input_tokens: input, output_tokens: output })}`,
  },
];
const messages = say(40, 60);
const upstreamBody = () =>
  JSON.parse(gateway.provider.requests.at(-1)!.body) as Record<string, unknown>;

describe("under the default plan", () => {
  test("a job costs one credit: held from its creation, charged when it is completed", async () => {
    const { newJob, post, wallet } = await newTeam(2);
    const job = await newJob();
    expect(await wallet()).toEqual({ balance: 2_000_000, held: 1_000_000 });
    const called = await post(`${job}/llm-call`, { model: "dear", messages });
    expect(called.status).toBe(200);
    expect(called.headers.has("x-credits-remaining")).toBe(false);
    expect(upstreamBody()).not.toHaveProperty("max_tokens");
    const ended = await post(`${job}/complete`, { status: "completed" });
    expect(ended.body["billing"]).toEqual({ credits_charged: 1, credits_remaining: 1 });
    expect(ended.headers.get("x-credits-remaining")).toBe("1");
    expect(await wallet()).toEqual({ balance: 1_000_000, held: 0 });
  });

  test("a job that is not affordable is refused with what is needed, and its idempotency key is free", async () => {
    const { newJob, post } = await newTeam(1);
    const first = await newJob();
    const key = { "idempotency-key": "k" };
    const refused = await post("/api/jobs/create", { job_type: "x" }, key);
    expect([refused.status, refused.headers.get("x-should-retry")]).toEqual([402, "false"]);
    expect(refused.body).toMatchObject({ code: "insufficient_credits", needed: 1, available: 0 });
    await post(`${first}/cancel`, {});
    expect((await post("/api/jobs/create", { job_type: "x" }, key)).status).toBe(201);
  });

  test("max_credits below the price refuses the job", async () => {
    const { post } = await newTeam(5);
    const refused = await post("/api/jobs/create", { job_type: "x", max_credits: 0.5 });
    expect(refused).toMatchObject({
      status: 402,
      body: { code: "job_limit_exceeded", limit: "max_credits", needed: 1, max_credits: 0.5 },
    });
  });

  test("a job in one request tells its charge, also in a replay after more was spent", async () => {
    const { newJob, post } = await newTeam(5);
    const body = { job_type: "x", model: "dear", messages };
    const first = await post("/api/jobs/create-and-call", body, { "idempotency-key": "k" });
    expect(first.body["billing"]).toEqual({ credits_charged: 1, credits_remaining: 4 });
    await post(`${await newJob()}/complete`, { status: "completed" });
    const again = await post("/api/jobs/create-and-call", body, { "idempotency-key": "k" });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("x-credits-remaining")).toBe("4");
    const unkeyed = await post("/api/jobs/create-and-call", body);
    expect(unkeyed.body["billing"]).toEqual({ credits_charged: 1, credits_remaining: 2 });
  });

  test("a call outside any job is charged its cost and 30 %", async () => {
    const { post, wallet } = await newTeam(100);
    const called = await post("/v1/chat/completions", { model: "dear", messages });
    expect(called.status).toBe(200);
    // 100 tokens × 0.013 credits.
    expect(called.headers.get("x-credits-remaining")).toBe("98.7");
    expect(await wallet()).toEqual({ balance: 98_700_000, held: 0 });
    // What nobody asked for is limited upstream by what the hold was computed with.
    expect(upstreamBody()).toMatchObject({ max_tokens: 4_096 });
    const job = await send("GET", `/api/jobs/${called.headers.get("x-job-id")}`, {
      key: (await newTeam(0)).key,
    });
    expect(job.status).toBe(404);
  });

  test("embeddings outside any job go by tokens", async () => {
    const { post, wallet } = await newTeam(1);
    const called = await post("/v1/embeddings", { model: "embed", input: "one two three" });
    expect(called.status).toBe(200);
    const { prompt_tokens: tokens } = called.body["usage"] as { prompt_tokens: number };
    expect(tokens).toBeGreaterThan(0);
    expect(await wallet()).toEqual({ balance: 1_000_000 - tokens * 1_000, held: 0 });
  });

  test("a job of a reference is one job of the plan, and its calls are not charged themselves", async () => {
    const { post, wallet } = await newTeam(1);
    const named = { "x-job-ref": "ticket" };
    const first = await post("/v1/chat/completions", { model: "dear", messages }, named);
    const second = await post("/v1/chat/completions", { model: "dear", messages }, named);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.headers.get("x-job-id")).toBe(first.headers.get("x-job-id"));
    expect(await wallet()).toEqual({ balance: 1_000_000, held: 1_000_000 });
  });

  test("a team in debt starts nothing, but the calls of a job already held go on", async () => {
    const { newJob, post, walletId } = await newTeam(5);
    const job = await newJob();
    await database.query("update wallets set balance = -1 where id = $1::uuid", [walletId]);
    expect((await post(`${job}/llm-call`, { model: "dear", messages })).status).toBe(200);
    expect((await post("/api/jobs/create", { job_type: "x" })).status).toBe(402);
    const single = await post("/v1/chat/completions", { model: "dear", messages });
    expect(single).toMatchObject({ status: 402, body: { error: { type: "insufficient_quota" } } });
  });
});

describe("under a plan that charges each call", () => {
  test("a stream is charged what the same call is without", async () => {
    const { newJob, post, wallet } = await newTeam(100, markup());
    const job = await newJob();
    await post(`${job}/llm-call`, { model: "dear", messages });
    expect(await wallet()).toEqual({ balance: 98_700_000, held: 0 });
    const stream = await post(`${job}/llm-call-stream`, { model: "dear", messages });
    expect(stream.status).toBe(200);
    expect(stream.headers.get("x-credits-remaining")).toBe("98.7");
    expect(await wallet()).toEqual({ balance: 97_400_000, held: 0 });
    const ended = await post(`${job}/complete`, { status: "completed" });
    expect(ended.body["billing"]).toEqual({ credits_charged: 2.6, credits_remaining: 97.4 });
  });

  test("a call that fails costs nothing", async () => {
    const { newJob, post, wallet } = await newTeam(100, markup());
    const failing = [{ role: "user", content: `#loopback ${JSON.stringify({ status: 500 })}` }];
    const failed = await post(`${await newJob()}/llm-call`, { model: "dear", messages: failing });
    expect(failed.status).toBe(502);
    expect(await wallet()).toEqual({ balance: 100_000_000, held: 0 });
  });

  test("where credits allow less output the limit is cut, said and sent upstream", async () => {
    const { newJob, post } = await newTeam(30, markup());
    const job = await newJob();
    const asked = { model: "dear", messages, max_completion_tokens: 4_000 };
    const cut = await post(`${job}/llm-call`, asked);
    expect(cut.status).toBe(200);
    const limit = Number(cut.headers.get("x-max-tokens-clamped"));
    // 30 credits pay 2,307 tokens, of which the input may take half of its bytes.
    expect(limit).toBeGreaterThan(2_000);
    expect(limit).toBeLessThan(2_307);
    expect(upstreamBody()).toMatchObject({ max_completion_tokens: limit });
    expect(upstreamBody()).not.toHaveProperty("max_tokens");
  });

  test("below the least output, and of a reasoning model, the call is refused instead", async () => {
    const { newJob, post, wallet } = await newTeam(3, markup());
    const job = await newJob();
    const poor = await post(`${job}/llm-call`, { model: "dear", messages });
    expect(poor).toMatchObject({
      status: 402,
      body: { code: "insufficient_credits", available: 3 },
    });
    const needed = Number(poor.body["needed"]);
    expect(needed).toBeGreaterThan(256 * 0.013);
    expect(needed).toBeLessThan(400 * 0.013);
    const thinking = await newTeam(30, markup());
    const refused = await thinking.post(`${await thinking.newJob()}/llm-call`, {
      model: "thinker",
      messages,
    });
    expect(refused).toMatchObject({ status: 402, body: { code: "insufficient_credits" } });
    expect(Number(refused.body["needed"])).toBeGreaterThan(4_096 * 0.013);
    expect(await wallet()).toEqual({ balance: 3_000_000, held: 0 });
  });

  test("a job goes on by the plan version of its creation", async () => {
    const { newJob, post, planId, wallet } = await newTeam(100, markup());
    const job = await newJob();
    await createPlanVersion(context, systemAuthor, {
      planId: planId!,
      ...markup({ percent: 900 }),
    });
    await post(`${job}/llm-call`, { model: "dear", messages });
    expect(await wallet()).toEqual({ balance: 98_700_000, held: 0 });
    await post(`${await newJob()}/llm-call`, { model: "dear", messages });
    expect(await wallet()).toEqual({ balance: 88_700_000, held: 0 });
  });

  test("a model without a price is refused", async () => {
    await seedModel(context, gateway.upstream, { alias: "unknown" });
    await database.query(
      `update model_alias_targets t set input_nanos_per_million = null, output_nanos_per_million = null
       from model_aliases a where a.id = t.alias_id and a.name = 'unknown'`,
    );
    const { newJob, post } = await newTeam(100, markup());
    const refused = await post(`${await newJob()}/llm-call`, { model: "unknown", messages });
    expect(refused).toMatchObject({ status: 422, body: { code: "model_unpriced" } });
    const perJob = await newTeam(100);
    const called = await perJob.post(`${await perJob.newJob()}/llm-call`, {
      model: "unknown",
      messages,
    });
    expect(called.status).toBe(200);
  });
});

describe("limits", () => {
  test("of a plan: calls a job, and what a job may cost", async () => {
    const { newJob, post } = await newTeam(100, {
      kind: "flat",
      rules: { price: 1, max_calls: 1, max_cost_per_job_usd: 3 },
    });
    const job = await newJob();
    // 3 USD pay 3,000 tokens: less than the 4,096 that nobody asked for.
    const cut = await post(`${job}/llm-call`, { model: "dear", messages });
    expect(Number(cut.headers.get("x-max-tokens-clamped"))).toBeLessThan(3_000);
    const second = await post(`${job}/llm-call`, { model: "dear", messages });
    expect(second).toMatchObject({
      status: 402,
      body: { code: "job_limit_exceeded", limit: "max_calls", max_calls: 1 },
    });
    const refused = await post(`${await newJob()}/llm-call`, { model: "thinker", messages });
    expect(refused).toMatchObject({
      status: 402,
      body: { code: "job_limit_exceeded", limit: "max_cost" },
    });
    expect(JSON.stringify(refused.body)).not.toMatch(/usd|nanos|\$/i);
  });

  test("of a hard budget: what is used, until when, and never dollars", async () => {
    const { newJob, post, teamId } = await newTeam(100);
    await createBudget(
      context,
      {
        scope: "team",
        subjectId: teamId,
        hard: true,
        period: "month",
        limitUsd: 0.4,
        alertPercents: undefined,
      },
      systemAuthor,
    );
    const job = await newJob();
    const first = await post(`${job}/llm-call`, { model: "dear", messages, max_tokens: 300 });
    expect(first.status).toBe(200);
    const refused = await post(`${job}/llm-call`, { model: "dear", messages, max_tokens: 300 });
    expect(refused).toMatchObject({
      status: 402,
      body: { code: "budget_exceeded", scope: "team", used_percent: 25 },
    });
    expect(refused.body["resets_at"]).toMatch(/^\d{4}-\d\d-01T00:00:00.000Z$/);
    expect(JSON.stringify(refused.body)).not.toMatch(/usd|nanos|\$/i);
  });
});
