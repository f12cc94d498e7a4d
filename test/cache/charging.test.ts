import { describe, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { createBudget } from "../../server/budgets/budgets.ts";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { assignPlan } from "../../server/pricing/assignments.ts";
import { createPlan } from "../../server/pricing/plans.ts";
import type { RulesInput } from "../../server/pricing/rules.ts";
import { seedModel } from "../harness.ts";
import { cachedApp, readStream } from "./cached-app.ts";

const {
  beforeEnd,
  context,
  database,
  gateway,
  team: newTeam,
  question,
  callRow,
} = await cachedApp();
// A token costs 0.001 USD: 0.01 credits, and 0.013 with a markup of 30 %.
const dear = { model: "dear" };
await seedModel(context, gateway.upstream, {
  ...{ alias: "dear", cacheTtlSeconds: 60, inputPrice: 1_000, outputPrice: 1_000 },
});
const script = { input_tokens: 40, output_tokens: 60 };

beforeEnd(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

let plans = 0;

/** A team on a plan of its own. */
async function teamOn(kind: string, rules: RulesInput, credits = 100) {
  const team = await newTeam(credits);
  plans += 1;
  const { planId } = await createPlan(context, systemAuthor, {
    ...{ name: `Plan ${plans}`, kind, rules },
  });
  await assignPlan(context, systemAuthor, {
    ...{ subject: { kind: "team", id: team.teamId }, planId, from: undefined, reason: undefined },
  });
  /** What asking takes from the wallet, in credits. */
  const costs = async (work: () => Promise<unknown>) => {
    const before = await team.wallet();
    await work();
    return (before.balance - (await team.wallet()).balance) / 1_000_000;
  };
  return { ...team, costs };
}

describe("a call of its own that is answered from the cache", () => {
  test.each([
    ["is free", "free", 0],
    ["costs what the call to the model did, where hits are charged in full", "full", 1.3],
  ])("%s", async (_, cacheHits, price) => {
    const { ask, costs, wallet } = await teamOn("flat", { price: 1, cache_hits: cacheHits });
    const messages = question(script);
    // 100 tokens × 0.013 credits.
    expect(await costs(() => ask(messages, { body: dear }))).toBe(1.3);
    for (const body of [dear, { ...dear, stream: true }]) {
      expect(await costs(() => ask(messages, { body }))).toBe(price);
    }
    expect((await wallet()).held).toBe(0);
    const hit = await ask(messages, { body: dear });
    expect(await callRow(hit)).toMatchObject({ cost: "0", charged: price * 1_000_000 });
    expect(hit.headers.get("x-credits-remaining")).toBe(String((await wallet()).balance / 1e6));
  });
});

describe("a hit in a job that is charged by its calls", () => {
  test.each([
    ["markup", { percent: 30 }, "free", 0],
    ["markup", { percent: 30 }, "full", 1.3],
    ["per_token", { tokens_per_credit: 50 }, "free", 0],
    ["per_token", { tokens_per_credit: 50 }, "full", 2],
  ])("under %s %j, hits %s, costs %d", async (kind, rules, cacheHits, price) => {
    const { ask, costs, newJob } = await teamOn(kind, { ...rules, cache_hits: cacheHits });
    const messages = question(script);
    const path = `${await newJob()}/llm-call`;
    await ask(messages, { path, body: dear });
    expect(await costs(() => ask(messages, { path, body: dear }))).toBe(price);
  });

  test("costs the job's minimum where it is its only call", async () => {
    const { ask, costs, newJob } = await teamOn("markup", { percent: 30, minimum: 0.5 });
    const messages = question(script);
    await ask(messages, { body: dear });
    const path = `${await newJob()}/llm-call`;
    expect(await costs(() => ask(messages, { path, body: dear }))).toBe(0.5);
    expect(await costs(() => ask(messages, { path, body: dear }))).toBe(0);
  });

  test("goes by the plan that the job was created under", async () => {
    const { ask, costs, newJob, teamId } = await teamOn("markup", {
      ...{ percent: 30, cache_hits: "full" },
    });
    const messages = question(script);
    const path = `${await newJob()}/llm-call`;
    await ask(messages, { path, body: dear });
    const { planId } = await createPlan(context, systemAuthor, {
      ...{ name: "Later", kind: "markup", rules: { percent: 100 } },
    });
    await assignPlan(context, systemAuthor, {
      ...{ subject: { kind: "team", id: teamId }, planId, from: undefined, reason: undefined },
    });
    expect(await costs(() => ask(messages, { path, body: dear }))).toBe(1.3);
  });
});

test.each([
  ["flat", { price: 2 }, 2],
  ["tiered", { tiers: [{ up_to: null, price: 3 }] }, 3],
  ["subscription", { fee: 10, included: 0, overage: 4 }, 4],
])("a job of one hit costs what a job costs (%s)", async (kind, rules, price) => {
  const { ask, costs } = await teamOn(kind, { ...rules, cache_hits: "full" });
  const messages = question(script);
  const path = "/api/jobs/create-and-call";
  const body = { job_type: "x", ...dear };
  await ask(messages, { path, body });
  let hit: Awaited<ReturnType<typeof ask>> | undefined;
  expect(await costs(async () => (hit = await ask(messages, { path, body })))).toBe(price);
  expect(hit!.headers.get("x-cache")).toBe("hit");
  expect(hit!.body).toMatchObject({
    billing: { credits_charged: price },
    summary: { total_calls: 1, total_tokens: 100 },
  });
});

describe("what refuses a call refuses a hit", () => {
  test("credits that do not cover its charge", async () => {
    const { ask } = await teamOn("flat", { price: 1, cache_hits: "full" }, 2);
    const messages = question(script);
    const body = { ...dear, max_tokens: 60 };
    expect((await ask(messages, { body })).status).toBe(200);
    expect(await ask(messages, { body })).toMatchObject({
      status: 402,
      body: { error: { code: "insufficient_credits" } },
    });
  });

  test("the number of calls that a job may have, and another team's job", async () => {
    const { ask, newJob } = await teamOn("flat", { price: 1, max_calls: 1 });
    const stranger = await newTeam();
    const messages = question(script);
    const path = `${await newJob()}/llm-call`;
    expect((await ask(messages, { path, body: dear })).status).toBe(200);
    expect(await ask(messages, { path, body: dear })).toMatchObject({
      status: 402,
      body: { code: "job_limit_exceeded", limit: "max_calls" },
    });
    await stranger.ask(messages, { body: dear });
    expect(await stranger.ask(messages, { path, body: dear })).toMatchObject({ status: 404 });
    for (const id of ["unknown", "00000000-0000-7000-8000-000000000000"]) {
      const missing = await ask(messages, { path: `/api/jobs/${id}/llm-call`, body: dear });
      expect(missing.status).toBe(404);
    }
  });
});

test("a hard budget that is used up stands in the way of calls to the model, not of hits", async () => {
  const { ask, teamId } = await newTeam();
  const messages = question(script);
  await ask(messages, { body: dear });
  const { budget_id: id } = await createBudget(
    context,
    {
      ...{ scope: "team", subjectId: teamId, hard: true, period: "month" },
      ...{ limitUsd: "0.001", alertPercents: undefined },
    },
    systemAuthor,
  );
  const counted = () =>
    database.query(
      "select spent::text, held::text from budget_periods where budget_id = $1::uuid",
      [id],
    );
  const before = await counted();
  expect(before).toEqual([{ spent: "100000000", held: "0" }]);
  expect(await ask(messages, { body: dear })).toMatchObject({ status: 200 });
  expect(await ask(question(script), { body: dear })).toMatchObject({ status: 402 });
  expect(await counted()).toEqual(before);
});

describe("an idempotency key on a request that is answered from the cache", () => {
  const keyed = (key: string, more: Record<string, string> = {}) => ({
    headers: { "idempotency-key": key, ...more },
  });

  test("pays once, and is answered again after the cache has forgotten", async () => {
    const { ask, costs } = await teamOn("flat", { price: 1, cache_hits: "full" });
    const messages = question(script);
    await ask(messages, { body: dear });
    const hit = await ask(messages, { ...keyed("once"), body: dear });
    expect(hit.headers.get("x-cache")).toBe("hit");
    let replay = hit;
    expect(
      await costs(async () => (replay = await ask(messages, { ...keyed("once"), body: dear }))),
    ).toBe(0);
    expect(replay.headers.get("idempotency-replayed")).toBe("true");
    expect(replay.body).toEqual(hit.body);
    expect(replay.headers.get("x-call-id")).toBe(hit.headers.get("x-call-id"));
    expect(await ask(question(script), { ...keyed("once"), body: dear })).toMatchObject({
      body: { error: { code: "idempotency_mismatch" } },
    });
  });

  test("is answered again by the same stream", async () => {
    const { ask } = await newTeam();
    const messages = question({ ...script, text: "told again" });
    const body = { ...dear, stream: true };
    await ask(messages, { body: dear });
    const hit = await ask(messages, { ...keyed("stream"), body });
    expect([hit.headers.get("x-cache"), readStream(hit).content]).toEqual(["hit", "told again"]);
    const replay = await ask(messages, { ...keyed("stream"), body });
    expect(replay.headers.get("idempotency-replayed")).toBe("true");
    expect(replay.text).toBe(hit.text);
  });

  test("names the job that a reference has found", async () => {
    const { ask } = await newTeam();
    const messages = question(script);
    const first = await ask(messages, { headers: { "x-job-ref": "ticket" }, body: dear });
    const hit = await ask(messages, { ...keyed("ref", { "x-job-ref": "ticket" }), body: dear });
    const replay = await ask(messages, { ...keyed("ref", { "x-job-ref": "ticket" }), body: dear });
    expect(hit.headers.get("x-cache")).toBe("hit");
    expect(replay.headers.get("idempotency-replayed")).toBe("true");
    const jobs = [first, hit, replay].map(({ headers }) => headers.get("x-job-id"));
    expect(new Set(jobs).size).toBe(1);
    expect(await callRow(hit)).toMatchObject({ status: "succeeded", cache_hit: true });
  });
});
