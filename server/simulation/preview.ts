import type { Context } from "../context.ts";
import { divideRounded, microsToCredits, nanosToUsd, usdToNanos } from "../kernel/money.ts";
import { periodOf } from "../kernel/periods.ts";
import { workedExample } from "../pricing/example.ts";
import { type PastCall, type PastJob, Repricing } from "../pricing/reprice.ts";
import { fromRules, type RulesInput } from "../pricing/rules.ts";
import type { Pricing } from "../pricing/terms.ts";
import { inWords } from "../pricing/words.ts";
import { toRules } from "../pricing/written-rules.ts";
import { readSettings } from "../settings/change.ts";
import { toSettings } from "../settings/settings.ts";
import type { Month, PlanPreview } from "./schema.ts";

const MICROS_PER_CREDIT = 1_000_000n;

/** What a draft plan says, and what a made-up month would cost under it. Throws `invalid_request`, `amount_invalid`. */
export async function previewPlan(
  context: Context,
  input: { kind: string; rules: RulesInput; month?: Month | undefined },
): Promise<PlanPreview> {
  const plan = fromRules(input.kind, input.rules);
  const { creditPriceNanos } = toSettings((await readSettings(context)).values);
  const pricing = { planVersionId: "", plan, creditPriceNanos };
  return {
    // What was read from JSON has numbers only.
    rules: toRules(plan) as PlanPreview["rules"],
    in_words: inWords(plan, "admin"),
    team_words: inWords(plan, "team"),
    example: workedExample(plan, creditPriceNanos),
    month: input.month ? monthUnder(pricing, input.month, context.clock.now()) : null,
  };
}

function monthUnder(pricing: Pricing, month: Month, nowMs: number): PlanPreview["month"] {
  let [charged, fees] = [0n, 0n];
  const repricing = new Repricing(pricing, {
    charge: (_, micros) => (charged += micros),
    fee: (_, micros) => (fees += micros),
  });
  const { startsAt, endsAt } = periodOf("month", nowMs);
  const callCost = usdToNanos(month.call_cost_usd, "month.call_cost_usd");
  const jobs = month.completed_jobs + month.failed_jobs + month.single_calls;
  // Spread over the month, so that plans that count by day or week count as they would.
  const apartMs = (endsAt.getTime() - startsAt.getTime()) / Math.max(1, jobs);
  let [cost, index] = [0n, 0];
  const add = (count: number, status: PastJob["status"], single: boolean) => {
    const calls = Array.from({ length: single ? 1 : month.calls_per_job }, () =>
      madeUpCall(month, callCost),
    );
    for (let nth = 0; nth < count; nth += 1, index += 1) {
      const atMs = Math.floor(startsAt.getTime() + index * apartMs);
      const jobCost = BigInt(calls.length) * callCost;
      const worked = calls.length > 0;
      const type = month.job_type ?? "job";
      const ids = { id: String(index), teamId: "" };
      const times = { createdAtMs: atMs, endedAtMs: atMs, settledAtMs: atMs };
      repricing.add({ ...ids, ...times, type, status, worked, costNanos: jobCost, single }, calls);
      cost += jobCost;
    }
  };
  add(month.completed_jobs, "completed", false);
  add(month.failed_jobs, "failed", false);
  add(month.single_calls, "completed", true);
  repricing.finish();
  const micros = charged + fees;
  const revenue = divideRounded(micros * pricing.creditPriceNanos, MICROS_PER_CREDIT);
  return {
    credits: microsToCredits(micros),
    fees: microsToCredits(fees),
    revenue_usd: nanosToUsd(revenue),
    cost_usd: nanosToUsd(cost),
    margin_usd: nanosToUsd(revenue - cost),
  };
}

function madeUpCall(month: Month, costNanos: bigint): PastCall {
  return {
    jobId: "",
    endpoint: "chat",
    status: "succeeded",
    lost: false,
    target: null,
    inputTokens: month.input_tokens,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: month.output_tokens,
    reasoningTokens: 0,
    costNanos,
    cacheHit: false,
    priceSnapshot: null,
  };
}
