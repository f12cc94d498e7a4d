import { expect, test } from "vitest";
import { type PastCall, type PastJob, Repricing } from "../../server/pricing/reprice.ts";
import { fromRules, type RulesInput } from "../../server/pricing/rules.ts";

/** Past jobs charged anew, each sum worked out by hand. A credit is worth $0.10. */

const creditPriceNanos = 100_000_000n;
const noon = Date.parse("2026-11-23T12:00:00Z");
const minuteMs = 60_000;
let made = 0;

/** A completed job of one minute, begun so many minutes after noon, that cost $0.05 in one call. */
function job(startMinute: number, facts: Partial<PastJob> = {}): PastJob {
  const createdAtMs = noon + startMinute * minuteMs;
  return {
    id: `job-${(made += 1)}`,
    teamId: "routing",
    type: "check",
    status: "completed",
    createdAtMs,
    endedAtMs: createdAtMs + minuteMs,
    settledAtMs: createdAtMs + minuteMs,
    worked: true,
    costNanos: 50_000_000n,
    single: false,
    ...facts,
  };
}

function call(facts: Partial<PastCall> = {}): PastCall {
  return {
    jobId: "job",
    endpoint: "chat",
    status: "succeeded",
    lost: false,
    target: "openai/gpt-5-mini",
    inputTokens: 1_200,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 300,
    reasoningTokens: 0,
    costNanos: 50_000_000n,
    cacheHit: false,
    priceSnapshot: null,
    ...facts,
  };
}

/** Credits that each charge came to, in the order of charging, and the fees. */
function charged(
  kind: string,
  rules: RulesInput,
  work: readonly (PastJob | [PastJob, ...PastCall[]])[],
) {
  const all = { charges: [] as number[], fees: [] as number[] };
  const repricing = new Repricing(
    { planVersionId: "draft", plan: fromRules(kind, rules), creditPriceNanos },
    {
      charge: (_, micros) => all.charges.push(Number(micros) / 1e6),
      fee: (_, micros) => all.fees.push(Number(micros) / 1e6),
    },
  );
  for (const one of work) {
    const [past, ...calls] = Array.isArray(one) ? one : [one];
    repricing.add(past, calls);
  }
  repricing.finish();
  return all;
}

test("flat: the price of the type; an expired job that worked counts, one that did not is free", () => {
  const rules = { price: 1, job_types: { audit: 2.5 } };
  expect(
    charged("flat", rules, [
      job(0),
      job(2, { type: "audit" }),
      job(4, { status: "expired" }),
      job(6, { status: "expired", worked: false }),
      job(8, { status: "failed", worked: false }),
    ]).charges,
  ).toEqual([1, 2.5, 1, 0, 0]);
});

test("failed jobs are free up to the number of the period, then cost what the provider asked, at most the hold", () => {
  const failed = (startMinute: number, costNanos: bigint) =>
    job(startMinute, { status: "failed", costNanos });
  // The first is free. $0.05 ÷ $0.10 = 0.5 credits; $0.30 ÷ $0.10 = 3 credits, at most the 1 that was held.
  expect(
    charged("flat", { price: 1, free_failures: 1 }, [
      failed(0, 50_000_000n),
      failed(2, 50_000_000n),
      failed(4, 300_000_000n),
      // December counts anew: free again.
      failed(60 * 24 * 10, 50_000_000n),
    ]).charges,
  ).toEqual([0, 0.5, 1, 0]);
  expect(
    charged("flat", { price: 1, failed_jobs: "full" }, [job(0, { status: "cancelled" })]).charges,
  ).toEqual([1]);
});

test("a failed job takes its free place when its last call has ended", () => {
  const failed = (startMinute: number, costNanos: bigint, facts: Partial<PastJob> = {}) =>
    job(startMinute, { status: "failed", costNanos, ...facts });
  // The first ends first, but its call goes on until after the second is free: $0.03 ÷ $0.10 = 0.3 credits.
  expect(
    charged("flat", { price: 1, free_failures: 1 }, [
      failed(0, 30_000_000n, { settledAtMs: noon + 10 * minuteMs }),
      failed(2, 50_000_000n),
    ]).charges,
  ).toEqual([0, 0.3]);
});

test("tiered: prices go by the order in which jobs complete, by team and period", () => {
  const rules = {
    tiers: [
      { up_to: 2, price: 3 },
      { up_to: null, price: 1 },
    ],
  };
  expect(
    charged("tiered", rules, [
      // Begins first and ends last: third to complete, so 1 credit.
      job(0, { endedAtMs: noon + 30 * minuteMs }),
      job(1),
      job(3, { status: "failed", worked: false }),
      job(5),
      // Another team is at its first position.
      job(6, { teamId: "other" }),
      // The next month begins anew.
      job(60 * 24 * 10),
    ]).charges,
  ).toEqual([3, 0, 3, 1, 3, 3]);
});

test("subscription: a fee a period, included places by creation, given back by jobs that end free", () => {
  const rules = { fee: 100, included: 2, overage: 4 };
  expect(
    charged("subscription", rules, [
      job(0),
      // Takes the second place and gives it back at minute 2.
      job(1, { status: "failed", worked: false }),
      // Begun at minute 1.5, while both were taken.
      job(1.5),
      // Begun after it was given back.
      job(3),
      job(5),
    ]),
  ).toEqual({ charges: [0, 0, 4, 0, 4], fees: [100] });
  expect(charged("subscription", { fee: 100, included: null }, [job(0), job(2)])).toEqual({
    charges: [0, 0],
    fees: [100],
  });
});

test("markup: each call's cost and the percentage on top, but the minimum a job", () => {
  // $0.05 × 1.2 ÷ $0.10 = 0.6 credits a call.
  expect(
    charged("markup", { percent: 20, minimum: 1 }, [
      [job(0), call()],
      [job(1), call(), call()],
      // A failed call without output costs nothing, one that broke off with some what it gave.
      [job(2), call({ status: "failed", outputTokens: 0 })],
      [job(3), call({ status: "aborted" }), call({ lost: true })],
    ]).charges,
  ).toEqual([1, 1.2, 0, 1]);
});

test("markup: answers from the cache are free, or cost what the call would have", () => {
  // 1,200 × $1 + 300 × $2 a million = $0.0018, × 1.5 ÷ $0.10 = 0.027 credits.
  const hit = call({
    cacheHit: true,
    costNanos: 0n,
    priceSnapshot: {
      targets: [
        { model: "other/model", input: "9", output: "9" },
        { model: "openai/gpt-5-mini", input: "1000000000", output: "2000000000" },
      ],
    },
  });
  expect(charged("markup", { percent: 50 }, [[job(0), hit]]).charges).toEqual([0]);
  expect(charged("markup", { percent: 50, cache_hits: "full" }, [[job(0), hit]]).charges).toEqual([
    0.027,
  ]);
});

test("per token: tokens of all calls; embeddings and calls outside any job go by rules of their own", () => {
  const rules = {
    tokens_per_credit: 1_000,
    embeddings: { kind: "flat", price: 0.2 },
    single_call: { kind: "markup", percent: 100 },
  };
  expect(
    charged("per_token", rules, [
      // 1,500 ÷ 1,000, and an embedding.
      [job(0), call(), call({ endpoint: "embeddings" })],
      // $0.05 × 2 ÷ $0.10.
      [job(1, { single: true }), call()],
      [job(2, { single: true }), call({ endpoint: "embeddings" })],
    ]).charges,
  ).toEqual([1.7, 1, 0.2]);
});

test("calls outside any job are charged by their own rule under plans that charge jobs too", () => {
  // $0.05 × 1.3 ÷ $0.10.
  expect(charged("flat", { price: 7 }, [[job(0, { single: true }), call()]]).charges).toEqual([
    0.65,
  ]);
});
