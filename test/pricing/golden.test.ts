import { describe, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { assignPlan } from "../../server/pricing/assignments.ts";
import { createPlan } from "../../server/pricing/plans.ts";
import type { RulesInput } from "../../server/pricing/rules.ts";
import { seedModel, seedTeam, testApp } from "../harness.ts";

/**
 * What plans charge, over HTTP and through the SQL functions, each table worked out by hand. The model costs $1 per million
 * input and $2 per million output tokens; a credit is worth $0.10; jobs and calls happen on Monday, 2026-11-23 at noon.
 */
const { context, clock, gateway, send } = await testApp();
await seedModel(context, gateway.upstream, { alias: "chat" });
await seedModel(context, gateway.upstream, { alias: "vectors", mode: "embedding" });

let teams = 0;

/** A team of its own under a plan of its own, with 1,000 credits. */
async function teamUnder(kind: string, rules: RulesInput) {
  teams += 1;
  const { teamId, key } = await seedTeam(context, { id: `golden-${teams}`, credits: 1_000 });
  const { planId } = await createPlan(context, systemAuthor, { name: teamId, kind, rules });
  await assignPlan(context, systemAuthor, {
    subject: { kind: "team", id: teamId },
    planId,
    from: undefined,
    reason: undefined,
  });
  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await send("POST", path, { key, body, headers });
    expect(answer.body).not.toHaveProperty("code");
    return answer.body as { job_id: string; billing: { credits_charged: number } };
  };
  const say = (script: object) => ({
    model: "chat",
    messages: [{ role: "user", content: `hello #loopback ${JSON.stringify(script)}` }],
  });
  const balance = async () =>
    ((await send("GET", "/api/me", { key })).body as { team: { wallet: { balance: number } } }).team
      .wallet.balance;
  return {
    key,
    post,
    balance,
    create: async (job_type = "check"): Promise<string> =>
      (await post("/api/jobs/create", { job_type })).job_id,
    call: (jobId: string, script: object) => post(`/api/jobs/${jobId}/llm-call`, say(script)),
    single: (script: object) => post("/v1/chat/completions", say(script)),
    embed: (text: string, headers?: Record<string, string>) =>
      post("/v1/embeddings", { model: "vectors", input: text }, headers),
    /** Ends the job; what it was charged. */
    end: async (jobId: string, status = "completed"): Promise<number> => {
      const { billing } = await post(`/api/jobs/${jobId}/complete`, { status });
      return billing.credits_charged;
    },
    /** Creates and completes a job; what it was charged. */
    whole: async function whole(job_type?: string): Promise<number> {
      return this.end(await this.create(job_type));
    },
  };
}

describe("flat", () => {
  test("each completed job costs its price, or that of its type", async () => {
    const team = await teamUnder("flat", { price: 1.5, job_types: { ocr: 0.25 } });
    expect(await team.whole()).toBe(1.5);
    expect(await team.whole("ocr")).toBe(0.25);
    // 1,000 − 1.5 − 0.25
    expect(await team.balance()).toBe(998.25);
  });

  /*
   * 92,000 tokens in at $1 and 4,000 out at $2 per million: $0.092 + $0.008 = $0.10, which is 1 credit.
   * Two failures are free; the third costs what the provider asked, 1 credit of the 5 that are held.
   * A failure without a successful call is free and is not counted. The fourth used twice as much: 2 credits.
   */
  test("failed jobs are free as long as few had successful calls, then cost what the provider asked", async () => {
    const team = await teamUnder("flat", { price: 5, free_failures: 2 });
    const failed = async (calls: number) => {
      const jobId = await team.create();
      for (let index = 0; index < calls; index += 1) {
        await team.call(jobId, { input_tokens: 92_000, output_tokens: 4_000 });
      }
      return team.end(jobId, "failed");
    };
    expect([await failed(1), await failed(1)]).toEqual([0, 0]);
    expect(await failed(0)).toBe(0);
    expect(await failed(1)).toBe(1);
    expect(await failed(2)).toBe(2);
    // Six calls: $0.60 are 6 credits, but no more than the 5 held.
    expect(await failed(6)).toBe(5);
    expect(await team.balance()).toBe(992);
  });

  test("where failed jobs cost the full price, they do", async () => {
    const team = await teamUnder("flat", { price: 5, failed_jobs: "full" });
    expect(await team.end(await team.create(), "failed")).toBe(5);
  });
});

describe("tiered", () => {
  const rules = {
    tiers: [
      { up_to: 2, price: 3 },
      { up_to: 4, price: 2 },
      { up_to: null, price: 0.5 },
    ],
  };

  test("three jobs across a boundary: each at the price of its position at its end", async () => {
    const team = await teamUnder("tiered", rules);
    // Completed 1 → position 2 is the last at 3; the 3rd and 4th cost 2; from the 5th on 0.5.
    expect(await team.whole()).toBe(3);
    const three = [await team.create(), await team.create(), await team.create()];
    const charged: number[] = [];
    // Ended in another order than they were created in.
    for (const jobId of three.reverse()) charged.push(await team.end(jobId));
    expect(charged).toEqual([3, 2, 2]);
    expect(await team.whole()).toBe(0.5);
    // 1,000 − 3 − 3 − 2 − 2 − 0.5
    expect(await team.balance()).toBe(989.5);
  });

  test("failed jobs take no position", async () => {
    const team = await teamUnder("tiered", rules);
    expect(await team.end(await team.create(), "failed")).toBe(0);
    expect([await team.whole(), await team.whole(), await team.whole()]).toEqual([3, 3, 2]);
  });

  /* Sunday, 2026-11-29 23:59:59.999 and Monday, 2026-11-30 00:00 lie in two ISO weeks, but in one month. */
  test.each<["week" | "month", number]>([
    ["week", 3],
    ["month", 2],
  ])(
    "at the edge of an ISO week, positions counted by %s: the next job costs %d",
    async (period, next) => {
      const team = await teamUnder("tiered", { ...rules, period });
      const start = clock.now();
      clock.advance(Date.UTC(2026, 10, 30) - 1 - start);
      expect([await team.whole(), await team.whole()]).toEqual([3, 3]);
      // Created in the old week, ended in the new one: it counts in the old one.
      const late = await team.create();
      clock.advance(1);
      expect(await team.end(late)).toBe(2);
      expect(await team.whole()).toBe(next);
      clock.advance(start - clock.now());
    },
  );

  test("at the edge of a month, positions begin anew", async () => {
    const team = await teamUnder("tiered", rules);
    const start = clock.now();
    clock.advance(Date.UTC(2026, 11, 1) - 1 - start);
    expect([await team.whole(), await team.whole(), await team.whole()]).toEqual([3, 3, 2]);
    clock.advance(1);
    expect(await team.whole()).toBe(3);
    clock.advance(start - clock.now());
  });
});

describe("markup", () => {
  /*
   * 16,000 in and 2,000 out: $0.016 + $0.004 = $0.02; 25 % more is $0.025, 0.25 credits.
   * The minimum of 0.6 is charged with the first call, which is credited against the next two:
   * 0.25 → 0.6;  0.5 → 0.6;  0.75 → 0.75.
   */
  test("a job costs its calls, but its minimum at least", async () => {
    const team = await teamUnder("markup", { percent: 25, minimum: 0.6 });
    const jobId = await team.create();
    const charged: number[] = [];
    for (let index = 0; index < 3; index += 1) {
      await team.call(jobId, { input_tokens: 16_000, output_tokens: 2_000 });
      charged.push(1_000 - (await team.balance()));
    }
    expect(charged.map((credits) => Number(credits.toFixed(6)))).toEqual([0.6, 0.6, 0.75]);
    expect(await team.end(jobId)).toBe(0.75);
    // A job without calls costs nothing.
    expect(await team.whole()).toBe(0);
    expect(await team.balance()).toBe(999.25);
  });

  test("embeddings in its jobs go by their own rule", async () => {
    const team = await teamUnder("markup", {
      percent: 25,
      embeddings: { kind: "per_token", tokens_per_credit: 4 },
    });
    const jobId = await team.create();
    // "#loopback" scripts the provider: 10 tokens ÷ 4 = 2.5 credits.
    await team.embed('x #loopback {"input_tokens": 10}', { "x-job-id": jobId });
    expect(await team.end(jobId)).toBe(2.5);
  });
});

describe("per token", () => {
  test("each call costs its tokens, input and output alike", async () => {
    const team = await teamUnder("per_token", { tokens_per_credit: 700 });
    const jobId = await team.create();
    // 1,200 + 300 = 1,500 ÷ 700 = 2.142857142857 → 2.142857
    await team.call(jobId, { input_tokens: 1_200, output_tokens: 300 });
    // 1 + 2 = 3 ÷ 700 = 0.004285714 → 0.004286
    await team.call(jobId, { input_tokens: 1, output_tokens: 2 });
    expect(await team.end(jobId, "failed")).toBe(2.147143);
  });
});

describe("subscription", () => {
  /* Fee 100, two jobs included, 7 each after that: 100, then 0, 0, 7, 7. */
  test("the fee pays for the included jobs; further ones cost the overage", async () => {
    const team = await teamUnder("subscription", { fee: 100, included: 2, overage: 7 });
    expect(await team.balance()).toBe(1_000);
    const first = await team.create();
    expect(await team.balance()).toBe(900);
    expect(await team.end(first)).toBe(0);
    const second = await team.create();
    const third = await team.create();
    expect(await team.end(third)).toBe(7);
    // Ends free, and gives its place to the next.
    expect(await team.end(second, "failed")).toBe(0);
    expect(await team.whole()).toBe(0);
    expect(await team.whole()).toBe(7);
    expect(await team.balance()).toBe(886);
  });

  test("a new period takes the fee anew and gives new places", async () => {
    const team = await teamUnder("subscription", {
      fee: 100,
      included: 1,
      overage: 7,
      period: "day",
    });
    expect([await team.whole(), await team.whole()]).toEqual([0, 7]);
    clock.advance(86_400_000);
    expect([await team.whole(), await team.whole()]).toEqual([0, 7]);
    clock.advance(-86_400_000);
    // 1,000 − 2 × 107
    expect(await team.balance()).toBe(786);
  });

  test("where all jobs are included, no job costs anything", async () => {
    const team = await teamUnder("subscription", { fee: 10, included: null });
    expect([await team.whole(), await team.whole(), await team.whole()]).toEqual([0, 0, 0]);
    expect(await team.balance()).toBe(990);
  });
});

describe("calls outside any job", () => {
  /* Of 16,000 + 2,000 tokens: $0.02 × 1.3 ÷ $0.10 = 0.26 credits, whatever jobs cost. */
  test("cost what the provider asks and 30 % by default", async () => {
    const team = await teamUnder("flat", { price: 5 });
    await team.single({ input_tokens: 16_000, output_tokens: 2_000 });
    expect(await team.balance()).toBe(999.74);
  });

  test("go by the plan's rule for them", async () => {
    const team = await teamUnder("subscription", {
      fee: 100,
      included: 1,
      overage: 7,
      single_call: { kind: "flat", price: 0.5 },
    });
    await team.single({ input_tokens: 10_000 });
    // No fee: no job was created.
    expect(await team.balance()).toBe(999.5);
  });

  /* 10 tokens ÷ 1,000 = 0.01 credits. */
  test("embeddings cost a credit per 1,000 tokens by default", async () => {
    const team = await teamUnder("flat", { price: 5 });
    await team.embed('x #loopback {"input_tokens": 10}');
    expect(await team.balance()).toBe(999.99);
  });

  test("in a job of a plan that charges jobs, embeddings are a call like any other", async () => {
    const team = await teamUnder("flat", { price: 5 });
    const jobId = await team.create();
    await team.embed('x #loopback {"input_tokens": 10}', { "x-job-id": jobId });
    expect(await team.end(jobId)).toBe(5);
    expect(await team.balance()).toBe(995);
  });
});
