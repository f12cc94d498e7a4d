import { defaults, type Plan } from "../../server/pricing/plan.ts";
import { jobStart, singleCall, type JobStart } from "../../server/pricing/terms.ts";

const CREDIT = 1_000_000n;
const CREDIT_PRICE_NANOS = 100_000_000n;

const each = {
  singleCall: defaults.singleCall,
  embeddings: defaults.embeddings,
  maxCalls: null,
  maxCostNanos: null,
  maxDurationSeconds: null,
  failedJobs: "free",
  freeFailures: 1,
  cacheHits: "free",
} as const;

/** A plan of every kind, with every rule in one of them, and prices that differ so that a wrong one shows. */
const plans: readonly Plan[] = [
  { ...each, kind: "flat", period: "month", price: CREDIT, jobTypes: new Map() },
  {
    ...each,
    kind: "flat",
    period: "day",
    price: 700_000n,
    jobTypes: new Map(),
    failedJobs: "full",
    maxCalls: 2,
    maxCostNanos: 50_000_000n,
  },
  {
    ...each,
    kind: "tiered",
    period: "week",
    tiers: [
      { upTo: 1, price: 900_000n },
      { upTo: 3, price: 1_100_000n },
      { upTo: null, price: 300_000n },
    ],
    freeFailures: 0,
  },
  {
    ...each,
    kind: "subscription",
    period: "day",
    fee: 2n * CREDIT,
    included: 2,
    overage: 600_000n,
    maxDurationSeconds: 7_200,
  },
  { ...each, kind: "subscription", period: "month", fee: CREDIT, included: null, overage: 0n },
  { ...each, kind: "markup", percentMillionths: 30_000_000n, minimum: 0n },
  {
    ...each,
    kind: "markup",
    percentMillionths: 0n,
    minimum: 500_000n,
    maxCalls: 3,
    maxDurationSeconds: 7_200,
  },
  { ...each, kind: "markup", percentMillionths: 0n, minimum: 0n, maxCostNanos: 60_000_000n },
  { ...each, kind: "per_token", tokensPerCredit: 1_000n },
];

/** How a job starts under one of the plans. */
export function startUnder(plan: number, nowMs: number): JobStart {
  return jobStart(pricing(plan), "work", nowMs);
}

/** How a call outside any job starts. */
export function singleStartUnder(plan: number): JobStart {
  return singleCall(pricing(plan), "chat").start;
}

function pricing(plan: number) {
  const index = plan % plans.length;
  const planVersionId = `00000000-0000-7000-8000-${String(index).padStart(12, "0")}`;
  return { planVersionId, plan: plans[index]!, creditPriceNanos: CREDIT_PRICE_NANOS };
}
