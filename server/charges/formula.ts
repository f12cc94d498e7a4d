import type { CallRow, JobRow } from "../jobs/search.ts";
import { counted } from "../kernel/counted.ts";
import { divideRounded, nanosToUsd } from "../kernel/money.ts";
import { callCharge } from "../pricing/call-charge.ts";
import { chargesJobs, type CallRule, type Plan } from "../pricing/plan.ts";
import type { Terms } from "../pricing/terms.ts";
import { credits } from "../pricing/words.ts";

const MICROS_PER_CREDIT = 1_000_000n;

/** How a charge comes about, in words, and what it comes to in micro-credits; undefined = nobody can tell any more. */
export interface Formula {
  text: string;
  micros: bigint | undefined;
}

const usd = (nanos: bigint) =>
  `$${nanosToUsd(nanos)
    .toFixed(9)
    .replace(/0{1,7}$/, "")}`;
const amount = (text: string | undefined) => BigInt(text ?? 0);

/** Of a job that is charged as a whole, at its end. `held` is what was set aside at its start. */
export function jobFormula(job: JobRow, terms: Terms, held: bigint): Formula {
  const { status } = job;
  if (job.endedAt === null) {
    return {
      text: `not charged yet: at its end at most ${credits(job.held)}, which are held`,
      micros: 0n,
    };
  }
  if (job.chargePending) {
    return {
      text: `${status} with calls in flight: decided when they have ended, at most ${credits(job.held)}, which are held`,
      micros: 0n,
    };
  }
  const worked = job.succeededCalls > 0 || job.outputTokens > 0n;
  const unsuccessful = status === "failed" || status === "cancelled";
  if (status === "completed") return priceFormula(job, terms, "");
  if (status === "expired" && worked) {
    return priceFormula(job, terms, "expired after calls that gave output, so as completed: ");
  }
  if (unsuccessful && terms.failed_jobs === "full") {
    return priceFormula(job, terms, `${status}, which costs the same as completed here: `);
  }
  if (!worked) {
    return { text: `${status} before a call gave anything: free`, micros: 0n };
  }
  if (job.charged === 0n) {
    return {
      text: `${status}, within the ${counted(terms.free_failures ?? 0, "free failure")} of its period: free`,
      micros: 0n,
    };
  }
  return costlyFormula(job, terms, held);
}

/** A failed job beyond the free ones of its period. */
function costlyFormula(job: JobRow, terms: Terms, held: bigint): Formula {
  const price = BigInt(terms.credit_price_nanos);
  const cost = divideRounded(job.providerCostNanos * MICROS_PER_CREDIT, price);
  const capped = cost > held;
  return {
    text:
      `${job.status}, beyond the ${counted(terms.free_failures ?? 0, "free failure")} of its period: ` +
      `cost ${usd(job.providerCostNanos)} ÷ ${usd(price)} a credit = ${credits(cost)}` +
      (capped ? `, at most the ${credits(held)} that were held` : ""),
    micros: capped ? held : cost,
  };
}

function priceFormula(job: JobRow, terms: Terms, because: string): Formula {
  switch (terms.kind) {
    case "tiered":
      return tierFormula(job, terms, because);
    case "subscription":
      return job.place === "included"
        ? { text: `${because}a place that the fee of the period pays for: free`, micros: 0n }
        : {
            text: `${because}beyond the ${counted(terms.included ?? 0, "place")} of the period: ${credits(amount(terms.overage))}`,
            micros: amount(terms.overage),
          };
    case "flat":
    case "markup":
    case "per_token":
      return {
        text: `${because}flat price of a job of type ${JSON.stringify(job.type)}: ${credits(amount(terms.price))}`,
        micros: amount(terms.price),
      };
  }
}

function tierFormula(job: JobRow, terms: Terms, because: string): Formula {
  const tiers = terms.tiers ?? [];
  const position = job.place === null ? undefined : Number(job.place);
  const index = tiers.findIndex(
    ({ up_to }) => position !== undefined && (up_to === null || position <= up_to),
  );
  const tier = tiers[index];
  if (position === undefined || tier === undefined) {
    return {
      text: `${because}the price of its position among the jobs of its period`,
      micros: undefined,
    };
  }
  const from = (tiers[index - 1]?.up_to ?? 0) + 1;
  const range = tier.up_to === null ? `from ${from} on` : `${from} to ${tier.up_to}`;
  return {
    text: `${because}number ${position} of the jobs completed in its period; numbers ${range} cost ${credits(amount(tier.price))}`,
    micros: amount(tier.price),
  };
}

/** Of one call of a job that is charged call by call. */
export function callFormula(call: CallRow, job: { terms: Terms; plan: Plan }): Formula {
  if (call.status === "in_flight") return { text: "not ended yet", micros: 0n };
  if (call.status !== "succeeded" && call.charged === 0n) {
    return { text: `${call.status}: free`, micros: 0n };
  }
  const { plan, terms } = job;
  if (call.cacheHit) {
    return plan.cacheHits === "free"
      ? { text: "answered from the cache: free", micros: 0n }
      : { text: "answered from the cache, charged as if it were not", micros: undefined };
  }
  const rule = ruleOf(call, plan, terms);
  const price = BigInt(terms.credit_price_nanos);
  const tokens = BigInt((call.inputTokens ?? 0) + (call.outputTokens ?? 0));
  const costNanos = call.providerCostNanos ?? undefined;
  const micros = rule && callCharge(rule, { costNanos, tokens }, price);
  if (!rule) return { text: "by a rule that is not known", micros: undefined };
  return { text: ruleText(rule, { costNanos, tokens, price, micros }), micros: micros ?? 0n };
}

function ruleOf(call: CallRow, plan: Plan, terms: Terms): CallRule | undefined {
  if (call.endpoint === "embeddings") return plan.embeddings;
  if (terms.single) return plan.singleCall;
  return chargesJobs(plan) ? undefined : plan;
}

function ruleText(
  rule: CallRule,
  of: { costNanos: bigint | undefined; tokens: bigint; price: bigint; micros: bigint | undefined },
): string {
  const result = credits(of.micros ?? 0n);
  switch (rule.kind) {
    case "flat":
      return `flat price of a call: ${result}`;
    case "per_token":
      return `${counted(Number(of.tokens), "token")} ÷ ${counted(Number(rule.tokensPerCredit), "token")} a credit = ${result}`;
    case "markup": {
      if (of.costNanos === undefined) return "its cost is not known: free";
      const factor = nanosToUsd(1_000_000_000n + rule.percentMillionths * 10n);
      return `cost ${usd(of.costNanos)} × ${factor} ÷ ${usd(of.price)} a credit = ${result}`;
    }
  }
}

/** Of all calls of a job together. */
export function callsFormula(terms: Terms, job: JobRow): Formula {
  const least = amount(terms.minimum);
  const total = `its calls together: ${credits(job.callCharges)}`;
  if (least > job.callCharges && job.charged > 0n) {
    return { text: `${total}, but at least ${credits(least)} a job`, micros: least };
  }
  return { text: total, micros: job.callCharges };
}
