import fc from "fast-check";
import { expect, test } from "vitest";
import { callCharge } from "../../server/pricing/call-charge.ts";
import type { CallRule } from "../../server/pricing/plan.ts";

test("the price of a credit divides what a call costs", () => {
  const rule: CallRule = { kind: "markup", percentMillionths: 0n };
  const size = { costNanos: 20_000_000n, tokens: 0n };
  // $0.02 ÷ $0.05 = 0.4 credits; ÷ $3 = 0.006667 credits.
  expect(callCharge(rule, size, 50_000_000n)).toBe(400_000n);
  expect(callCharge(rule, size, 3_000_000_000n)).toBe(6_667n);
});

test("a call is charged a billion credits at most, so that sums stay within bounds", () => {
  const most = 1_000_000_000_000_000n;
  const size = { costNanos: 1_000_000_000_000_000n, tokens: 10n ** 16n };
  expect(callCharge({ kind: "markup", percentMillionths: 0n }, size, 1n)).toBe(most);
  expect(callCharge({ kind: "per_token", tokensPerCredit: 1n }, size, 1n)).toBe(most);
  const just = { costNanos: 100_000_000n, tokens: 1_000_000_000n };
  expect(callCharge({ kind: "markup", percentMillionths: 0n }, just, 1n)).toBe(10n ** 14n);
  expect(callCharge({ kind: "per_token", tokensPerCredit: 1n }, just, 1n)).toBe(most);
});

const rule = fc.oneof(
  fc.record({
    kind: fc.constant("markup" as const),
    percentMillionths: fc.bigInt({ min: 0n, max: 1_000_000_000_000n }),
  }),
  fc.record({
    kind: fc.constant("per_token" as const),
    tokensPerCredit: fc.bigInt({ min: 1n, max: 1_000_000_000n }),
  }),
  fc.record({ kind: fc.constant("flat" as const), price: fc.bigInt({ min: 0n, max: 10n ** 12n }) }),
);
const amount = fc.bigInt({ min: 0n, max: 10n ** 15n });

test("a hold covers the charge of every usage within its worst case", () => {
  fc.assert(
    fc.property(
      rule,
      fc.bigInt({ min: 1n, max: 10n ** 15n }),
      fc.tuple(amount, amount),
      fc.tuple(amount, amount),
      (anyRule, creditPrice, costs, tokens) => {
        const least = (pair: [bigint, bigint]) => (pair[0] < pair[1] ? pair[0] : pair[1]);
        const most = (pair: [bigint, bigint]) => (pair[0] < pair[1] ? pair[1] : pair[0]);
        const charge = (cost: bigint, count: bigint) =>
          callCharge(anyRule, { costNanos: cost, tokens: count }, creditPrice)!;
        const held = charge(most(costs), most(tokens));
        expect(charge(least(costs), least(tokens))).toBeLessThanOrEqual(held);
        expect(held).toBeGreaterThanOrEqual(0n);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("a charge is the exact quotient rounded half up, once", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 9n }),
      fc.bigInt({ min: 0n, max: 10n ** 11n }),
      fc.bigInt({ min: 10n ** 6n, max: 10n ** 12n }),
      (percentMillionths, costNanos, creditPrice) => {
        const charged = callCharge(
          { kind: "markup", percentMillionths },
          { costNanos, tokens: 0n },
          creditPrice,
        )!;
        const exact = costNanos * (100_000_000n + percentMillionths) * 1_000_000n;
        const unit = 100_000_000n * creditPrice;
        // charged − ½ ≤ exact ÷ unit < charged + ½
        expect((2n * charged - 1n) * unit <= 2n * exact).toBe(true);
        expect(2n * exact < (2n * charged + 1n) * unit).toBe(true);
      },
    ),
  );
});
