import fc from "fast-check";
import { expect, test } from "vitest";
import { costNanos, type TargetPrices, type TokenUsage } from "../../server/pricing/cost.ts";
import {
  worstCostNanos,
  worstInputTokens,
  type CallSize,
} from "../../server/pricing/worst-case.ts";

const price = fc.bigInt({ min: 0n, max: 200_000_000_000n });
const maybe = fc.option(price, { nil: undefined });

const pricesOf = (base: fc.Arbitrary<bigint | undefined>): fc.Arbitrary<TargetPrices> =>
  fc.record({
    input: base,
    output: base,
    cachedInput: maybe,
    cacheWrite: maybe,
    reasoning: maybe,
    audioInput: maybe,
    audioOutput: maybe,
    imageInput: maybe,
    longContext: fc.option(
      fc.record({
        aboveTokens: fc.integer({ min: 1, max: 20_000 }),
        input: maybe,
        output: maybe,
        cachedInput: maybe,
        cacheWrite: maybe,
      }),
      { nil: undefined },
    ),
  });

const sizes: fc.Arbitrary<CallSize> = fc.record({
  inputBytes: fc.integer({ min: 0, max: 60_000 }),
  mediaParts: fc.integer({ min: 0, max: 4 }),
  choices: fc.integer({ min: 1, max: 4 }),
  outputTokens: fc.integer({ min: 0, max: 8_000 }),
});

/** What a call of a size may have used: parts of kinds may sum to more than the whole, as some providers report them. */
const usageWithin = (size: CallSize): fc.Arbitrary<TokenUsage> => {
  const input = Number(worstInputTokens(size));
  const output = size.choices * size.outputTokens;
  const media = size.mediaParts === 0 ? 0 : input;
  const upTo = (max: number) => fc.integer({ min: 0, max });
  return fc.record({
    inputTokens: upTo(input),
    cachedInputTokens: upTo(input),
    cacheWriteTokens: upTo(input),
    audioInputTokens: upTo(media),
    imageInputTokens: upTo(media),
    outputTokens: upTo(output),
    reasoningTokens: upTo(output),
    audioOutputTokens: upTo(output),
  });
};

const sized = sizes.chain((size) => fc.tuple(fc.constant(size), usageWithin(size)));

test("no call costs more than its worst case, whichever target answers", () => {
  fc.assert(
    fc.property(
      fc.array(pricesOf(price), { minLength: 1, maxLength: 3 }),
      sized,
      (targets, call) => {
        const [size, usage] = call;
        const worst = worstCostNanos(
          targets.map((prices) => ({ prices })),
          size,
        );
        for (const prices of targets) expect(costNanos(prices, usage)! <= worst!).toBe(true);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("where the worst case is known the cost is, and no kind is free unless its price is 0", () => {
  fc.assert(
    fc.property(pricesOf(maybe), sized, (prices, [size, usage]) => {
      const cost = costNanos(prices, usage);
      if (worstCostNanos([{ prices }], size) !== undefined) expect(cost).not.toBeUndefined();
    }),
    { numRuns: 2_000 },
  );
});

test("a kind without a price of its own costs what the plain kind costs", () => {
  fc.assert(
    fc.property(price, price, sized, (input, output, [, usage]) => {
      const plain: TargetPrices = {
        input,
        output,
        cachedInput: undefined,
        cacheWrite: undefined,
        reasoning: undefined,
        audioInput: undefined,
        audioOutput: undefined,
        imageInput: undefined,
        longContext: undefined,
      };
      const whole = BigInt(usage.inputTokens) * input + BigInt(usage.outputTokens) * output;
      expect(costNanos(plain, usage)).toBe((2n * whole + 1_000_000n) / 2_000_000n);
    }),
  );
});
