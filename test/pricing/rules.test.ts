import fc from "fast-check";
import { expect, test } from "vitest";
import { planKinds } from "../../server/pricing/plan.ts";
import { fromRules, type RulesInput } from "../../server/pricing/rules.ts";
import { toRules } from "../../server/pricing/written-rules.ts";

const every = {
  singleCall: { kind: "markup", percentMillionths: 30_000_000n },
  embeddings: { kind: "per_token", tokensPerCredit: 1_000n },
  maxCostNanos: null,
  maxDurationSeconds: null,
  failedJobs: "free",
  freeFailures: 10,
  cacheHits: "free",
};
const counting = { ...every, maxCalls: 100, period: "month" };

test("a flat plan needs only a price; the rest has defaults", () => {
  expect(fromRules("flat", { price: 1 })).toEqual({
    kind: "flat",
    ...counting,
    price: 1_000_000n,
    jobTypes: new Map(),
  });
});

test("every rule can be said", () => {
  const plan = fromRules("flat", {
    price: "2.5",
    job_types: { ocr: 0.000001, audit: 0 },
    period: "week",
    single_call: { kind: "per_token", tokens_per_credit: 500 },
    embeddings: { kind: "flat", price: 0.25 },
    max_calls: 7,
    max_cost_per_job_usd: 0.000000001,
    max_duration_seconds: 90,
    failed_jobs: "full",
    free_failures: 0,
    cache_hits: "full",
  });
  expect(plan).toEqual({
    kind: "flat",
    price: 2_500_000n,
    jobTypes: new Map([
      ["ocr", 1n],
      ["audit", 0n],
    ]),
    period: "week",
    singleCall: { kind: "per_token", tokensPerCredit: 500n },
    embeddings: { kind: "flat", price: 250_000n },
    maxCalls: 7,
    maxCostNanos: 1n,
    maxDurationSeconds: 90,
    failedJobs: "full",
    freeFailures: 0,
    cacheHits: "full",
  });
});

test("a tiered plan takes tiers with or without their first positions", () => {
  const tiers = [
    { upTo: 100, price: 1_000_000n },
    { upTo: 250, price: 900_000n },
    { upTo: null, price: 0n },
  ];
  const plan = { kind: "tiered", ...counting, tiers };
  const input = [
    { up_to: 100, price: 1 },
    { up_to: 250, price: 0.9 },
    { up_to: null, price: 0 },
  ];
  expect(fromRules("tiered", { tiers: input })).toEqual(plan);
  const withStarts = [1, 101, 251].map((from, index) => ({ from, ...input[index]! }));
  expect(fromRules("tiered", { tiers: withStarts })).toEqual(plan);
  expect(fromRules("tiered", { tiers: [{ up_to: null, price: 3 }], period: "day" })).toMatchObject({
    tiers: [{ upTo: null, price: 3_000_000n }],
    period: "day",
  });
  const ofOne = [
    { up_to: 1, price: 2 },
    { up_to: 2, price: 1 },
    { from: 3, up_to: null, price: 0 },
  ];
  expect(fromRules("tiered", { tiers: ofOne })).toMatchObject({
    tiers: [{ upTo: 1 }, { upTo: 2 }, { upTo: null }],
  });
});

test("plans that charge calls limit their number only when asked", () => {
  const ofCalls = { ...every, maxCalls: null };
  expect(fromRules("markup", { percent: 12.345678 })).toEqual({
    kind: "markup",
    ...ofCalls,
    percentMillionths: 12_345_678n,
    minimum: 0n,
  });
  expect(fromRules("markup", { percent: 0, minimum: 0.5, max_calls: 3 })).toMatchObject({
    minimum: 500_000n,
    maxCalls: 3,
  });
  expect(fromRules("per_token", { tokens_per_credit: 1 })).toEqual({
    kind: "per_token",
    ...ofCalls,
    tokensPerCredit: 1n,
  });
  expect(fromRules("flat", { price: 1, max_calls: null })).toMatchObject({ maxCalls: null });
});

test("a subscription includes a number of jobs, or all", () => {
  expect(fromRules("subscription", { fee: 100, included: 50, overage: 2 })).toEqual({
    kind: "subscription",
    ...counting,
    fee: 100_000_000n,
    included: 50,
    overage: 2_000_000n,
  });
  expect(fromRules("subscription", { fee: 100, included: null })).toMatchObject({
    included: null,
    overage: 0n,
  });
  expect(fromRules("subscription", { fee: 0, included: 0, overage: 1 })).toMatchObject({
    fee: 0n,
    included: 0,
  });
});

test("bounds themselves are allowed", () => {
  expect(
    fromRules("flat", {
      price: 1_000_000_000,
      max_calls: 1_000_000,
      max_duration_seconds: 31_536_000,
      max_cost_per_job_usd: 1_000_000,
      free_failures: 1_000_000_000,
    }),
  ).toMatchObject({ price: 1_000_000_000_000_000n, maxCostNanos: 1_000_000_000_000_000n });
  expect(fromRules("flat", { price: 1, max_calls: 1, max_duration_seconds: 1 })).toMatchObject({
    maxCalls: 1,
    maxDurationSeconds: 1,
  });
  expect(fromRules("markup", { percent: 1_000_000 })).toMatchObject({
    percentMillionths: 1_000_000_000_000n,
  });
  expect(
    fromRules("flat", { price: 1, max_cost_per_job_usd: null, max_duration_seconds: null }),
  ).toMatchObject({ maxCostNanos: null, maxDurationSeconds: null });
});

const credits = fc.integer({ min: 0, max: 1_000_000_000 }).map((micros) => micros / 1_000_000);
const callRule = fc.oneof(
  fc.record({ kind: fc.constant("markup"), percent: credits }),
  fc.record({
    kind: fc.constant("per_token"),
    tokens_per_credit: fc.integer({ min: 1, max: 1e9 }),
  }),
  fc.record({ kind: fc.constant("flat"), price: credits }),
);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const everyRule = fc.record({
  single_call: callRule,
  embeddings: callRule,
  max_calls: maybe(fc.integer({ min: 1, max: 1_000_000 })),
  max_cost_per_job_usd: maybe(credits),
  max_duration_seconds: maybe(fc.integer({ min: 1, max: 31_536_000 })),
  failed_jobs: fc.constantFrom("free", "full"),
  free_failures: fc.nat(1_000),
  cache_hits: fc.constantFrom("free", "full"),
});
const period = fc.constantFrom("day", "week", "month");
const ownRules: Record<(typeof planKinds)[number], fc.Arbitrary<RulesInput>> = {
  flat: fc.record({
    price: credits,
    job_types: fc.dictionary(fc.string({ minLength: 1, maxLength: 9 }), credits, {
      noNullPrototype: true,
    }),
    period,
  }),
  tiered: fc.record({
    tiers: fc
      .array(fc.tuple(fc.integer({ min: 1, max: 500 }), credits), { maxLength: 5 })
      .map((steps) => {
        let end = 0;
        const closed = steps.map(([length, price]) => {
          const from = end + 1;
          end += length;
          return { from, up_to: end, price };
        });
        return [...closed, { from: end + 1, up_to: null, price: 1 }];
      }),
    period,
  }),
  markup: fc.record({ percent: credits, minimum: credits }),
  per_token: fc.record({ tokens_per_credit: fc.integer({ min: 1, max: 1e9 }) }),
  subscription: fc.record({ fee: credits, included: maybe(fc.nat(1e6)), overage: credits, period }),
};

test.each(planKinds)("the rules of a %s plan are read back as they were written", (kind) => {
  fc.assert(
    fc.property(ownRules[kind], everyRule, (own, rest) => {
      const rules = { ...own, ...rest };
      expect(toRules(fromRules(kind, rules))).toEqual(rules);
      // As PostgreSQL keeps them.
      const stored = JSON.parse(JSON.stringify(rules)) as RulesInput;
      expect(fromRules(kind, stored)).toEqual(fromRules(kind, rules));
    }),
  );
});
