import { divideRounded } from "../kernel/money.ts";

/** What a target costs, in nano-dollars per million tokens; undefined = not known. An explicit 0 is a price. */
export interface TargetPrices {
  input: bigint | undefined;
  output: bigint | undefined;
  cachedInput: bigint | undefined;
  cacheWrite: bigint | undefined;
  reasoning: bigint | undefined;
}

/** Tokens of one call by kind. Cached and cache-write tokens are among the input, reasoning among the output. */
export interface TokenUsage {
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
}

export const noTokens: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

const TOKENS_PER_PRICE = 1_000_000n;

/**
 * Provider cost of a usage at these prices, in nano-dollars, rounded once; undefined when a kind that was used has no
 * price. A kind without a price of its own takes the input or output price.
 */
export function costNanos(prices: TargetPrices, usage: TokenUsage): bigint | undefined {
  const cached = Math.min(usage.cachedInputTokens, usage.inputTokens);
  const written = Math.min(usage.cacheWriteTokens, usage.inputTokens - cached);
  const reasoning = Math.min(usage.reasoningTokens, usage.outputTokens);
  const parts: [tokens: number, price: bigint | undefined][] = [
    [usage.inputTokens - cached - written, prices.input],
    [cached, prices.cachedInput ?? prices.input],
    [written, prices.cacheWrite ?? prices.input],
    [usage.outputTokens - reasoning, prices.output],
    [reasoning, prices.reasoning ?? prices.output],
  ];
  let total = 0n;
  for (const [tokens, price] of parts) {
    if (tokens === 0) continue;
    if (price === undefined) return undefined;
    total += BigInt(tokens) * price;
  }
  return divideRounded(total, TOKENS_PER_PRICE);
}

/** Whether two figures for one cost are more than 1 % of the larger apart. */
export function costsDiffer(ours: bigint, theirs: bigint): boolean {
  const gap = ours > theirs ? ours - theirs : theirs - ours;
  return gap * 100n > (ours > theirs ? ours : theirs);
}
