import { divideRounded } from "../kernel/money.ts";
import type { CallRule } from "./plan.ts";

const MICROS_PER_CREDIT = 1_000_000n;
/** 100 %, in millionths of a percent. */
const WHOLE = 100_000_000n;
/** A billion credits: what one call is charged at most. More is a figure that somebody got wrong, and sums of it would overflow. */
const MOST_MICROS_PER_CALL = 1_000_000_000n * MICROS_PER_CREDIT;

/** What a call used, or may use at most. */
export interface CallSize {
  /** Undefined = not known, for want of a price. */
  costNanos: bigint | undefined;
  tokens: bigint;
}

/**
 * What a call of this size is charged, in micro-credits, multiplied first and rounded once; undefined when it goes by a cost
 * that is not known. It never falls as cost or tokens rise, so that the worst case held covers whatever is charged.
 */
export function callCharge(
  rule: CallRule,
  { costNanos, tokens }: CallSize,
  creditPriceNanos: bigint,
): bigint | undefined {
  switch (rule.kind) {
    case "flat":
      return rule.price;
    case "per_token":
      return bounded(divideRounded(tokens * MICROS_PER_CREDIT, rule.tokensPerCredit));
    case "markup":
      if (costNanos === undefined) return undefined;
      return bounded(
        divideRounded(
          costNanos * (WHOLE + rule.percentMillionths) * MICROS_PER_CREDIT,
          WHOLE * creditPriceNanos,
        ),
      );
  }
}

const bounded = (micros: bigint) => (micros < MOST_MICROS_PER_CALL ? micros : MOST_MICROS_PER_CALL);
