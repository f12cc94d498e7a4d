import { describe, expect, test } from "vitest";
import {
  costNanos,
  costsDiffer,
  noPrices,
  noTokens,
  type TargetPrices,
} from "../../server/pricing/cost.ts";
import { type CallSize, worstCostNanos } from "../../server/pricing/worst-case.ts";

/** $3 in, $15 out, $0.30 cached, $3.75 written, per million tokens. */
const prices: TargetPrices = {
  ...noPrices,
  input: 3_000_000_000n,
  output: 15_000_000_000n,
  cachedInput: 300_000_000n,
  cacheWrite: 3_750_000_000n,
};

/** Above 200 tokens of input $6 in, $22.50 out, $0.60 cached; audio $40 in and $80 out, images $10, whatever the length. */
const rich: TargetPrices = {
  ...prices,
  reasoning: 20_000_000_000n,
  audioInput: 40_000_000_000n,
  audioOutput: 80_000_000_000n,
  imageInput: 10_000_000_000n,
  longContext: {
    aboveTokens: 200,
    input: 6_000_000_000n,
    output: 22_500_000_000n,
    cachedInput: 600_000_000n,
    cacheWrite: undefined,
  },
};

describe("the cost of each kind of token", () => {
  test.each([
    // 60 × $3 + 40 × $40 = 180 + 1,600 → per million
    ["audio input", { inputTokens: 100, audioInputTokens: 40 }, 1_780_000n],
    // 70 × $3 + 30 × $10
    ["image input", { inputTokens: 100, imageInputTokens: 30 }, 510_000n],
    // 10 × $15 + 20 × $80 + 5 × $20
    [
      "audio and reasoning output",
      { outputTokens: 35, audioOutputTokens: 20, reasoningTokens: 5 },
      1_850_000n,
    ],
    // exactly at the threshold: 200 × $3
    ["a call at the threshold as a short one", { inputTokens: 200 }, 600_000n],
    // 201 × $6 + 10 × $22.50
    [
      "a call above it at the long prices, all of it",
      { inputTokens: 201, outputTokens: 10 },
      1_431_000n,
    ],
    // 100 × $6 + 100 × $0.60 + 10 × $3.75 (no long price of its own) + 40 × $40
    [
      "kinds without a long price at their own",
      {
        inputTokens: 250,
        cachedInputTokens: 100,
        cacheWriteTokens: 10,
        audioInputTokens: 40,
      },
      2_297_500n,
    ],
    // All 100 were cached; that providers count 40 of them as audio too costs nothing more.
    [
      "tokens that have two names once",
      { inputTokens: 100, cachedInputTokens: 100, audioInputTokens: 40 },
      30_000n,
    ],
  ])("counts %s", (_, usage, nanos) => {
    expect(costNanos(rich, { ...noTokens, ...usage })).toBe(nanos);
  });

  test("takes the input and output price for a kind without one of its own", () => {
    const usage = { ...noTokens, inputTokens: 100, audioInputTokens: 50, imageInputTokens: 50 };
    expect(costNanos(prices, usage)).toBe(300_000n);
    const spoken = { ...noTokens, outputTokens: 100, audioOutputTokens: 100 };
    expect(costNanos(prices, spoken)).toBe(1_500_000n);
    const free = { ...prices, audioInput: 0n, imageInput: 0n };
    expect(costNanos(free, usage)).toBe(0n);
  });
});

describe("the cost of a usage", () => {
  test.each([
    // 1,000 × $3/M = $0.003; 200 × $15/M = $0.003
    ["input and output", { inputTokens: 1_000, outputTokens: 200 }, 6_000_000n],
    // 600 × $3/M = 1,800,000 n$; 400 × $0.30/M = 120,000 n$
    ["cached input at its own price", { inputTokens: 1_000, cachedInputTokens: 400 }, 1_920_000n],
    // 900 × $3/M = 2,700,000 n$; 100 × $3.75/M = 375,000 n$
    ["cache writes at their own price", { inputTokens: 1_000, cacheWriteTokens: 100 }, 3_075_000n],
    // reasoning has no price of its own: 300 × $15/M
    ["reasoning at the output price", { outputTokens: 300, reasoningTokens: 200 }, 4_500_000n],
    // more cached than input is taken as all of it
    ["never more cached tokens than input", { inputTokens: 10, cachedInputTokens: 99 }, 3_000n],
    ["nothing", {}, 0n],
  ])("counts %s", (_, usage, nanos) => {
    expect(costNanos(prices, { ...noTokens, ...usage })).toBe(nanos);
  });

  test("is rounded once, half up", () => {
    // 1 token at 500,000 nanos per million = 0.5 nano-dollars
    expect(costNanos({ ...prices, input: 500_000n }, { ...noTokens, inputTokens: 1 })).toBe(1n);
    expect(costNanos({ ...prices, input: 499_999n }, { ...noTokens, inputTokens: 1 })).toBe(0n);
  });

  test("is unknown when a kind that was used has no price, and only then", () => {
    const noOutput = { ...prices, output: undefined };
    expect(costNanos(noOutput, { ...noTokens, inputTokens: 5, outputTokens: 1 })).toBeUndefined();
    expect(costNanos(noOutput, { ...noTokens, inputTokens: 5 })).toBe(15_000n);
  });

  test("takes a price of 0 for a price", () => {
    expect(costNanos({ ...prices, input: 0n }, { ...noTokens, inputTokens: 5 })).toBe(0n);
  });
});

test("two figures differ from one per cent of the larger on", () => {
  expect(costsDiffer(1_000n, 990n)).toBe(false);
  expect(costsDiffer(990n, 1_000n)).toBe(false);
  expect(costsDiffer(1_000n, 989n)).toBe(true);
  expect(costsDiffer(989n, 1_000n)).toBe(true);
  expect(costsDiffer(0n, 0n)).toBe(false);
});

describe("the worst case of a call", () => {
  const worstOf = (targets: readonly TargetPrices[], of: CallSize) =>
    worstCostNanos(
      targets.map((one) => ({ prices: one })),
      of,
    );
  const size = { inputBytes: 2_000, mediaParts: 0, choices: 1, outputTokens: 100 };

  test("takes half the bytes as input at the dearest input price, and the whole output limit", () => {
    // 1,000 × $3.75/M (a cache write) + 100 × $15/M
    expect(worstOf([prices], size)).toBe(3_750_000n + 1_500_000n);
  });

  test("grows with choices and media", () => {
    expect(worstOf([prices], { ...size, choices: 3 })).toBe(3_750_000n + 4_500_000n);
    expect(worstOf([prices], { ...size, mediaParts: 2 })).toBe(7_000n * 3_750n + 1_500_000n);
  });

  test("is that of the dearest target, and unknown when one has no price", () => {
    const cheap = { ...prices, input: 1n, output: 1n, cacheWrite: 1n, cachedInput: 1n };
    expect(worstOf([cheap, prices], size)).toBe(5_250_000n);
    expect(worstOf([cheap, { ...prices, output: undefined }], size)).toBeUndefined();
  });

  test("of embeddings asks no output price", () => {
    expect(worstOf([{ ...prices, output: undefined }], { ...size, outputTokens: 0 })).toBe(
      3_750_000n,
    );
  });

  test("counts media at their prices, and long inputs where they may be long", () => {
    // 100 × $3.75 + 100 × $80
    const short = { inputBytes: 200, mediaParts: 0, choices: 1, outputTokens: 100 };
    expect(worstOf([rich], short)).toBe(8_375_000n);
    // 3,100 × $40 + 100 × $80
    expect(worstOf([rich], { ...short, mediaParts: 1 })).toBe(132_000_000n);
    // 300 × $6 (long) + 100 × $80
    expect(worstOf([rich], { ...short, inputBytes: 600 })).toBe(9_800_000n);
  });
});
