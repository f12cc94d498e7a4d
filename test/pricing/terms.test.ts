import { expect, test } from "vitest";
import { noTokens } from "../../server/pricing/cost.ts";
import { fromRules, type RulesInput } from "../../server/pricing/rules.ts";
import { callInJob, jobStart, singleCall } from "../../server/pricing/terms.ts";

/** 10 US cents a credit. */
const creditPriceNanos = 100_000_000n;
const nowMs = Date.UTC(2026, 10, 23, 12);
const pricing = (kind: string, rules: RulesInput) => ({
  planVersionId: "v1",
  plan: fromRules(kind, rules),
  creditPriceNanos,
});
const usage = (inputTokens: number, outputTokens: number) => ({
  ...noTokens,
  inputTokens,
  outputTokens,
});

/*
 * Markup, worked out by hand at $0.10 a credit:
 *   $0.02    at 30 %:  0.02 × 1.3 ÷ 0.10           = 0.26 credits
 *   $0.000001 at 0 %:  0.000001 ÷ 0.10             = 0.00001
 *   $0.000000049 at 0 %: 0.00000049 credits        → 0 (below half a micro-credit)
 *   $0.00000005 at 0 %:  0.0000005 credits          → 0.000001 (half goes up)
 *   $0.000000001 at 4,900 %: 0.00000005 ÷ 0.10      → 0.000001 (0.0000005 rounds up: multiplied first, rounded once)
 */
test.each<[percent: number, costNanos: bigint, micros: bigint]>([
  [30, 20_000_000n, 260_000n],
  [0, 1_000n, 10n],
  [0, 4n, 0n],
  [0, 5n, 0n],
  [0, 49n, 0n],
  [0, 50n, 1n],
  [0, 149n, 1n],
  [0, 150n, 2n],
  [4_900, 1n, 1n],
  [4_899, 1n, 0n],
  [30, 0n, 0n],
  [12.345678, 1_000_000_000n, 11_234_568n],
])("a markup of %d %% on %d nano-dollars is %d micro-credits", (percent, costNanos, micros) => {
  const { charging } = singleCall(
    pricing("flat", { price: 1, single_call: { kind: "markup", percent } }),
    "chat",
  );
  expect(charging.charge({ costNanos, usage: usage(1, 1), cacheHit: false })).toBe(micros);
  expect(charging.hold({ costNanos, inputTokens: 1n, outputTokens: 1n })).toBe(micros);
});

/*
 * Per token, worked out by hand: 1,200 in + 300 out = 1,500 tokens.
 *   ÷ 1,000 a credit = 1.5 credits;  ÷ 7 = 214.285714…;  ÷ 1,500,000,000 would be 0.000001 exactly
 *   1 token ÷ 3,000,000 = 0.00000033 → 0; 2 tokens ÷ 3,000,000 = 0.00000067 → 0.000001
 */
test.each<[tokensPerCredit: number, input: number, output: number, micros: bigint]>([
  [1_000, 1_200, 300, 1_500_000n],
  [7, 1_200, 300, 214_285_714n],
  [3_000_000, 1, 0, 0n],
  [3_000_000, 1, 1, 1n],
  [1, 1, 0, 1_000_000n],
  [1_000, 0, 0, 0n],
])(
  "at %d tokens a credit, %d + %d tokens are %d micro-credits",
  (tokens_per_credit, i, o, micros) => {
    const charging = callInJob(pricing("per_token", { tokens_per_credit }), "chat");
    const cost = { costNanos: undefined, cacheHit: false };
    expect(charging.charge({ ...cost, usage: usage(i, o) })).toBe(micros);
    expect(charging.hold({ ...cost, inputTokens: BigInt(i), outputTokens: BigInt(o) })).toBe(
      micros,
    );
  },
);

test("a call outside any job goes by its own rule, and its job takes no other", () => {
  const plan = pricing("flat", { price: 5, max_calls: 3, max_cost_per_job_usd: 1 });
  const chat = singleCall(plan, "chat");
  expect(chat.start).toEqual({
    plan_version_id: "v1",
    terms: { kind: "markup", charged: "call", credit_price_nanos: "100000000", single: true },
    period: null,
    max_cost_nanos: null,
    ends_by: null,
  });
  // By default the provider's 2 cents and 30 %: 0.26 credits.
  expect(chat.charging).toMatchObject({ planVersionId: "v1", charged: "call" });
  const of = { costNanos: 20_000_000n, usage: usage(1_000, 500), cacheHit: false };
  expect(chat.charging.charge(of)).toBe(260_000n);
  // By default 1,000 tokens a credit: 1.5 credits.
  const embeddings = singleCall(plan, "embeddings");
  expect(embeddings.start.terms.kind).toBe("per_token");
  expect(embeddings.charging.charge(of)).toBe(1_500_000n);
});

test("a fixed price of single calls is held and charged whatever the call uses", () => {
  const plan = pricing("flat", { price: 5, single_call: { kind: "flat", price: 0.25 } });
  const { charging, start } = singleCall(plan, "chat");
  expect(start.terms).toMatchObject({ kind: "flat", charged: "call" });
  const size = { costNanos: undefined, inputTokens: 9n, outputTokens: 9n };
  expect(charging.hold(size)).toBe(250_000n);
  expect(charging.charge({ costNanos: undefined, usage: usage(1, 0), cacheHit: false })).toBe(
    250_000n,
  );
});

test("in a job of a plan that charges jobs, calls cost nothing, embeddings neither", () => {
  for (const endpoint of ["chat", "embeddings"] as const) {
    const charging = callInJob(pricing("flat", { price: 5 }), endpoint);
    expect(charging).toMatchObject({ planVersionId: "v1", charged: "job" });
    const unpriced = { costNanos: undefined, inputTokens: 10n, outputTokens: 10n };
    expect(charging.hold(unpriced)).toBe(0n);
    expect(charging.charge({ costNanos: 5n, usage: usage(1, 1), cacheHit: false })).toBe(0n);
  }
});

test("in a job of a plan that charges calls, chats go by the plan and embeddings by their rule", () => {
  const plan = pricing("markup", {
    percent: 100,
    embeddings: { kind: "per_token", tokens_per_credit: 500 },
  });
  const of = { costNanos: 20_000_000n, usage: usage(1_000, 0), cacheHit: false };
  // $0.02 × 2 ÷ $0.10 = 0.4 credits; 1,000 tokens ÷ 500 = 2 credits.
  expect(callInJob(plan, "chat").charge(of)).toBe(400_000n);
  expect(callInJob(plan, "embeddings").charge(of)).toBe(2_000_000n);
  expect(callInJob(plan, "chat")).toMatchObject({ planVersionId: "v1", charged: "call" });
});

test("what goes by a cost that is not known is refused before, and free afterwards", () => {
  const charging = callInJob(pricing("markup", { percent: 1 }), "chat");
  expect(() => charging.hold({ costNanos: undefined, inputTokens: 1n, outputTokens: 1n })).toThrow(
    expect.objectContaining({
      code: "model_unpriced",
      message: expect.stringContaining("This model has no price yet") as string,
    }) as Error,
  );
  expect(charging.charge({ costNanos: undefined, usage: usage(1, 1), cacheHit: false })).toBe(0n);
});

test("what delivered nothing is free, and so is a cached answer unless the plan says otherwise", () => {
  const of = { costNanos: 20_000_000n, usage: usage(1_000, 0), cacheHit: true };
  const free = callInJob(pricing("per_token", { tokens_per_credit: 1_000 }), "chat");
  expect(free.charge(of)).toBe(0n);
  expect(free.charge({ ...of, cacheHit: false })).toBe(1_000_000n);
  const full = callInJob(
    pricing("per_token", { tokens_per_credit: 1_000, cache_hits: "full" }),
    "chat",
  );
  expect(full.charge(of)).toBe(1_000_000n);
  expect(full.charge({ ...of, usage: undefined })).toBe(0n);
  expect(free.charge({ ...of, usage: undefined, cacheHit: false })).toBe(0n);
});

test("the terms of a job carry the numbers that its plan needs, and no others", () => {
  const month = {
    period: "month",
    starts_at: "2026-11-01T00:00:00.000Z",
    ends_at: "2026-12-01T00:00:00.000Z",
  };
  const common = {
    failed_jobs: "free",
    free_failures: 10,
    credit_price_nanos: "100000000",
    max_calls: 100,
  };
  const start = (kind: string, rules: RulesInput, jobType = "x") =>
    jobStart(pricing(kind, rules), jobType, nowMs);

  const flat = { price: 1.5, job_types: { ocr: 3 } };
  const ofFlat = { kind: "flat", charged: "job", ...common };
  expect(start("flat", flat).terms).toEqual({ ...ofFlat, price: "1500000" });
  expect(start("flat", flat, "ocr").terms).toEqual({ ...ofFlat, price: "3000000" });
  expect(start("flat", flat).period).toEqual(month);

  const tiers = [
    { up_to: 2, price: 1 },
    { up_to: null, price: 0.5 },
  ];
  expect(start("tiered", { tiers }).terms).toEqual({
    kind: "tiered",
    charged: "job",
    tiers: [
      { up_to: 2, price: "1000000" },
      { up_to: null, price: "500000" },
    ],
    ...common,
  });

  const subscription = { fee: 100, included: 50, overage: 2, period: "week" };
  expect(start("subscription", subscription)).toMatchObject({
    terms: {
      kind: "subscription",
      charged: "job",
      fee: "100000000",
      included: 50,
      overage: "2000000",
      ...common,
    },
    // 2026-11-23 is a Monday.
    period: {
      period: "week",
      starts_at: "2026-11-23T00:00:00.000Z",
      ends_at: "2026-11-30T00:00:00.000Z",
    },
  });
  expect(start("subscription", { fee: 1, included: null }).terms).not.toHaveProperty("included");

  expect(start("markup", { percent: 30, minimum: 0.5 })).toEqual({
    plan_version_id: "v1",
    terms: { kind: "markup", charged: "call", minimum: "500000", credit_price_nanos: "100000000" },
    period: null,
    max_cost_nanos: null,
    ends_by: null,
  });
  expect(start("per_token", { tokens_per_credit: 9, max_calls: 4 }).terms).toEqual({
    kind: "per_token",
    charged: "call",
    credit_price_nanos: "100000000",
    max_calls: 4,
  });
});

test("a job's limits are those of its plan", () => {
  const limited = jobStart(
    pricing("flat", {
      price: 1,
      max_calls: null,
      max_cost_per_job_usd: 0.5,
      max_duration_seconds: 90,
      failed_jobs: "full",
      free_failures: 0,
    }),
    "x",
    nowMs,
  );
  expect(limited).toMatchObject({
    terms: { failed_jobs: "full", free_failures: 0 },
    max_cost_nanos: "500000000",
    ends_by: "2026-11-23T12:01:30.000Z",
  });
  expect(limited.terms).not.toHaveProperty("max_calls");
});
