import { periodOf } from "../kernel/periods.ts";
import { DomainError } from "../kernel/errors.ts";
import { callCharge } from "./call-charge.ts";
import type { TokenUsage } from "./cost.ts";
import { chargesJobs, type CallRule, type JobPlan, type Period, type Plan } from "./plan.ts";

/**
 * How a job is charged, in numbers: what `jobs.terms` holds and the SQL functions read. Amounts are micro-credits as text; what
 * is absent is null or 0.
 */
export interface Terms {
  kind: Plan["kind"];
  /** Once at its end, or with each of its calls; never both. */
  charged: "job" | "call";
  price?: string;
  tiers?: readonly { up_to: number | null; price: string }[];
  fee?: string;
  /** Absent under a subscription = unlimited. */
  included?: number;
  overage?: string;
  /** Of a job that is charged by its calls. */
  minimum?: string;
  failed_jobs?: "free" | "full";
  free_failures?: number;
  credit_price_nanos: string;
  max_calls?: number;
  /** A call outside any job: its job takes no other. */
  single?: true;
}

/** What `start_job` needs beside the job itself; plain JSON. */
export interface JobStart {
  plan_version_id: string;
  terms: Terms;
  /** The team's period in which the job counts; null = it counts in none. */
  period: { period: Period; starts_at: string; ends_at: string } | null;
  /** Nano-dollars as text; null = no cap. */
  max_cost_nanos: string | null;
  ends_by: string | null;
}

/** How a call is charged, by one plan version and the credit price as it was when this was read. */
export interface CallCharging {
  planVersionId: string;
  /** `job`: the call itself holds and costs nothing. */
  charged: "job" | "call";
  /** Micro-credits to hold. Throws `model_unpriced` when they go by a cost that is not known. */
  hold(worst: { costNanos: bigint | undefined; inputTokens: bigint; outputTokens: bigint }): bigint;
  /**
   * Micro-credits to charge, never more than what was held for a worst case that covers it. Of a cache hit, cost and usage are
   * what the answer would have cost. Without usage nothing was delivered, and nothing is charged.
   */
  charge(of: {
    costNanos: bigint | undefined;
    usage: TokenUsage | undefined;
    cacheHit: boolean;
  }): bigint;
}

/** A plan as one version says it, and what a credit is worth now. */
export interface Pricing {
  planVersionId: string;
  plan: Plan;
  creditPriceNanos: bigint;
}

export type Endpoint = "chat" | "embeddings" | "responses";

/** How a new job is charged. */
export function jobStart(pricing: Pricing, jobType: string, nowMs: number): JobStart {
  const { plan } = pricing;
  const endsByMs = plan.maxDurationSeconds && nowMs + plan.maxDurationSeconds * 1_000;
  return {
    plan_version_id: pricing.planVersionId,
    terms: {
      ...(chargesJobs(plan) ? jobTerms(plan, jobType) : callTerms(plan)),
      credit_price_nanos: pricing.creditPriceNanos.toString(),
      ...(plan.maxCalls === null ? {} : { max_calls: plan.maxCalls }),
    },
    period: chargesJobs(plan) ? countedIn(plan.period, nowMs) : null,
    max_cost_nanos: plan.maxCostNanos?.toString() ?? null,
    ends_by: endsByMs === null ? null : new Date(endsByMs).toISOString(),
  };
}

function jobTerms(plan: JobPlan, jobType: string): Omit<Terms, "credit_price_nanos"> {
  return {
    kind: plan.kind,
    charged: "job",
    ...priceTerms(plan, jobType),
    failed_jobs: plan.failedJobs,
    free_failures: plan.freeFailures,
  };
}

function priceTerms(plan: JobPlan, jobType: string): Partial<Terms> {
  switch (plan.kind) {
    case "flat":
      return { price: (plan.jobTypes.get(jobType) ?? plan.price).toString() };
    case "tiered":
      return {
        tiers: plan.tiers.map(({ upTo, price }) => ({ up_to: upTo, price: price.toString() })),
      };
    case "subscription":
      return {
        fee: plan.fee.toString(),
        ...(plan.included === null ? {} : { included: plan.included }),
        overage: plan.overage.toString(),
      };
  }
}

function callTerms(plan: Exclude<Plan, JobPlan>): Omit<Terms, "credit_price_nanos"> {
  const minimum = plan.kind === "markup" ? { minimum: plan.minimum.toString() } : {};
  return { kind: plan.kind, charged: "call", ...minimum };
}

function countedIn(period: Period, nowMs: number): JobStart["period"] {
  const { startsAt, endsAt } = periodOf(period, nowMs);
  return { period, starts_at: startsAt.toISOString(), ends_at: endsAt.toISOString() };
}

/** How a call outside any job is charged, and the job that stands for it. */
export function singleCall(
  pricing: Pricing,
  endpoint: Endpoint,
): { start: JobStart; charging: CallCharging } {
  const { plan, planVersionId } = pricing;
  const rule = endpoint === "embeddings" ? plan.embeddings : plan.singleCall;
  return {
    start: {
      plan_version_id: planVersionId,
      terms: {
        kind: rule.kind,
        charged: "call",
        credit_price_nanos: pricing.creditPriceNanos.toString(),
        single: true,
      },
      period: null,
      max_cost_nanos: null,
      ends_by: null,
    },
    charging: chargedByRule(pricing, rule),
  };
}

/** How a call in a job of this plan version is charged. */
export function callInJob(pricing: Pricing, endpoint: Endpoint): CallCharging {
  const { plan, planVersionId } = pricing;
  if (chargesJobs(plan)) {
    return { planVersionId, charged: "job", hold: () => 0n, charge: () => 0n };
  }
  // A plan that charges calls is itself the rule of its calls.
  return chargedByRule(pricing, endpoint === "embeddings" ? plan.embeddings : plan);
}

function chargedByRule(pricing: Pricing, rule: CallRule): CallCharging {
  const { plan, planVersionId, creditPriceNanos } = pricing;
  return {
    planVersionId,
    charged: "call",
    hold({ costNanos, inputTokens, outputTokens }) {
      const size = { costNanos, tokens: inputTokens + outputTokens };
      const held = callCharge(rule, size, creditPriceNanos);
      if (held === undefined) throw unpriced();
      return held;
    },
    charge({ costNanos, usage, cacheHit }) {
      if (usage === undefined || (cacheHit && plan.cacheHits === "free")) return 0n;
      const tokens = BigInt(usage.inputTokens) + BigInt(usage.outputTokens);
      // A cost that is not known after all is flagged on the call, and nobody pays for it.
      return callCharge(rule, { costNanos, tokens }, creditPriceNanos) ?? 0n;
    },
  };
}

function unpriced(): DomainError {
  return new DomainError(
    "model_unpriced",
    "This model has no price yet, and calls are charged by what they cost here. Use another model, or ask whoever runs this service.",
  );
}
