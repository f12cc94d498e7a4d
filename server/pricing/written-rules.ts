import { microsToCredits, nanosToUsd } from "../kernel/money.ts";
import type { CallRule, Plan } from "./plan.ts";
import type { CallRuleInput, RulesInput } from "./rules.ts";

/** A plan's rules with everything said, also what was left to a default: `fromRules` reads the same plan from them. */
export function toRules(plan: Plan): RulesInput {
  return {
    ...ownRules(plan),
    single_call: toCallRule(plan.singleCall),
    embeddings: toCallRule(plan.embeddings),
    max_calls: plan.maxCalls,
    max_cost_per_job_usd: plan.maxCostNanos === null ? null : nanosToUsd(plan.maxCostNanos),
    max_duration_seconds: plan.maxDurationSeconds,
    failed_jobs: plan.failedJobs,
    free_failures: plan.freeFailures,
    cache_hits: plan.cacheHits,
  };
}

function ownRules(plan: Plan): RulesInput {
  switch (plan.kind) {
    case "flat":
      return {
        price: microsToCredits(plan.price),
        job_types: Object.fromEntries(
          [...plan.jobTypes].map(([type, price]) => [type, microsToCredits(price)]),
        ),
        period: plan.period,
      };
    case "tiered": {
      let next = 1;
      const tiers = plan.tiers.map(({ upTo, price }) => {
        const from = next;
        next = (upTo ?? 0) + 1;
        return { from, up_to: upTo, price: microsToCredits(price) };
      });
      return { tiers, period: plan.period };
    }
    case "markup":
      return {
        percent: toPercent(plan.percentMillionths),
        minimum: microsToCredits(plan.minimum),
      };
    case "per_token":
      return { tokens_per_credit: Number(plan.tokensPerCredit) };
    case "subscription":
      return {
        fee: microsToCredits(plan.fee),
        included: plan.included,
        overage: microsToCredits(plan.overage),
        period: plan.period,
      };
  }
}

function toCallRule(rule: CallRule): CallRuleInput {
  switch (rule.kind) {
    case "markup":
      return { kind: rule.kind, percent: toPercent(rule.percentMillionths) };
    case "per_token":
      return { kind: rule.kind, tokens_per_credit: Number(rule.tokensPerCredit) };
    case "flat":
      return { kind: rule.kind, price: microsToCredits(rule.price) };
  }
}

/** Percents are kept in millionths, as credits are. */
export const toPercent = (millionths: bigint) => microsToCredits(millionths);
