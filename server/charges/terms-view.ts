import { microsToCredits, nanosToUsd } from "../kernel/money.ts";
import type { Terms } from "../pricing/terms.ts";

/** How a job is charged, for people: credits and dollars as decimal numbers, what is absent left out. */
export function toTermsView(terms: Terms): Record<string, unknown> {
  const { price, tiers, fee, overage, minimum, credit_price_nanos, ...rest } = terms;
  const credits = (name: string, micros: string | undefined) =>
    micros === undefined ? {} : { [name]: microsToCredits(BigInt(micros)) };
  return {
    ...rest,
    ...credits("price", price),
    ...(tiers && { tiers: tiers.map((tier) => ({ ...tier, ...credits("price", tier.price) })) }),
    ...credits("fee", fee),
    ...credits("overage", overage),
    ...credits("minimum", minimum),
    credit_price_usd: nanosToUsd(BigInt(credit_price_nanos)),
  };
}
