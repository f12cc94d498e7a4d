import { divideRounded, nanosToUsd } from "../kernel/money.ts";
import { callCharge } from "./call-charge.ts";
import type { CallRule, Plan, SubscriptionPlan, TieredPlan } from "./plan.ts";
import { credits } from "./words.ts";
import { toPercent } from "./written-rules.ts";

/** What the examples take for a call: 1,200 tokens in, 300 out, and two cents. */
const call = { costNanos: 20_000_000n, tokens: 1_500n };

/** A plan worked out in numbers, for admins, by the functions that charge. */
export function workedExample(plan: Plan, creditPriceNanos: bigint): string[] {
  const ofCall = (rule: CallRule) => callLine(rule, creditPriceNanos);
  return [
    ...ownLines(plan, creditPriceNanos),
    `A call outside any job: ${ofCall(plan.singleCall)}`,
    `Embeddings outside any job: ${ofCall(plan.embeddings)}`,
  ];
}

function ownLines(plan: Plan, creditPriceNanos: bigint): string[] {
  switch (plan.kind) {
    case "flat":
      return [
        `Ten completed jobs: 10 × ${credits(plan.price)} = ${credits(10n * plan.price)}, worth ${worth(10n * plan.price, creditPriceNanos)}.`,
      ];
    case "tiered":
      return [tieredLine(plan)];
    case "subscription":
      return [subscriptionLine(plan)];
    case "markup":
    case "per_token":
      return [`A call in a job: ${callLine(plan, creditPriceNanos)}`];
  }
}

/** Two jobs into the second tier. */
function tieredLine({ tiers, period }: TieredPlan): string {
  const [first, second] = [tiers[0]!, tiers[1]];
  if (first.upTo === null || !second) return `Ten jobs in a ${period}: ${sum(10, first.price)}.`;
  const total = BigInt(first.upTo) * first.price + 2n * second.price;
  return `${first.upTo + 2} jobs in a ${period}: ${first.upTo} × ${credits(first.price)} + 2 × ${credits(second.price)} = ${credits(total)}.`;
}

const sum = (jobs: number, price: bigint) =>
  `${jobs} × ${credits(price)} = ${credits(BigInt(jobs) * price)}`;

function subscriptionLine({ fee, included, overage, period }: SubscriptionPlan): string {
  if (included === null) return `Any number of jobs in a ${period}: ${credits(fee)}.`;
  const total = fee + 2n * overage;
  return `${included + 2} jobs in a ${period}: ${credits(fee)} + 2 × ${credits(overage)} = ${credits(total)}.`;
}

function callLine(rule: CallRule, creditPriceNanos: bigint): string {
  const charge = credits(callCharge(rule, call, creditPriceNanos) ?? 0n);
  switch (rule.kind) {
    case "flat":
      return `${charge}.`;
    case "per_token":
      return `1,200 tokens in and 300 out: 1,500 ÷ ${rule.tokensPerCredit.toLocaleString("en-US")} = ${charge}.`;
    case "markup":
      return `$${nanosToUsd(call.costNanos)} of provider cost and ${toPercent(rule.percentMillionths)} % more, at $${nanosToUsd(creditPriceNanos)} a credit = ${charge}.`;
  }
}

/** Dollars to the cent. */
function worth(micros: bigint, creditPriceNanos: bigint): string {
  const cents = divideRounded(micros * creditPriceNanos, 10_000_000_000_000n);
  return `$${(Number(cents) / 100).toFixed(2)}`;
}
