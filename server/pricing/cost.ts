import { divideRounded } from "../kernel/money.ts";

/**
 * What a target costs, in nano-dollars per million tokens; undefined = not known. An explicit 0 is a price. A kind without a
 * price of its own takes the input or output price.
 */
export interface TargetPrices {
  input: bigint | undefined;
  output: bigint | undefined;
  cachedInput: bigint | undefined;
  cacheWrite: bigint | undefined;
  reasoning: bigint | undefined;
  audioInput: bigint | undefined;
  audioOutput: bigint | undefined;
  imageInput: bigint | undefined;
  /** Undefined = long calls cost the same as short ones. */
  longContext: LongContextPrices | undefined;
}

/** What a call costs whose input has more than `aboveTokens` tokens, all of it; what is not known here stays as it is. */
export interface LongContextPrices {
  aboveTokens: number;
  input: bigint | undefined;
  output: bigint | undefined;
  cachedInput: bigint | undefined;
  cacheWrite: bigint | undefined;
}

export const noPrices: TargetPrices = {
  input: undefined,
  output: undefined,
  cachedInput: undefined,
  cacheWrite: undefined,
  reasoning: undefined,
  audioInput: undefined,
  audioOutput: undefined,
  imageInput: undefined,
  longContext: undefined,
};

/**
 * Tokens of one call by kind. Cached, cache-write, audio and image tokens are among the input, reasoning and audio ones
 * among the output; no token is of two kinds.
 */
export interface TokenUsage {
  inputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  audioInputTokens: number;
  imageInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  audioOutputTokens: number;
}

export const noTokens: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  audioInputTokens: 0,
  imageInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  audioOutputTokens: 0,
};

const TOKENS_PER_PRICE = 1_000_000n;

type Part = [tokens: number, price: bigint | undefined];

/** Provider cost of a usage at these prices, in nano-dollars, rounded once; undefined when a kind that was used has no price. */
export function costNanos(prices: TargetPrices, usage: TokenUsage): bigint | undefined {
  const { longContext } = prices;
  const long = longContext !== undefined && usage.inputTokens > longContext.aboveTokens;
  const at = long ? longPrices(prices, longContext) : prices;
  let total = 0n;
  for (const [tokens, price] of [...inputParts(at, usage), ...outputParts(at, usage)]) {
    if (tokens === 0) continue;
    if (price === undefined) return undefined;
    total += BigInt(tokens) * price;
  }
  return divideRounded(total, TOKENS_PER_PRICE);
}

/** The prices of a call above the threshold. */
export function longPrices(prices: TargetPrices, long: LongContextPrices): TargetPrices {
  return {
    ...prices,
    input: long.input ?? prices.input,
    output: long.output ?? prices.output,
    cachedInput: long.cachedInput ?? prices.cachedInput,
    cacheWrite: long.cacheWrite ?? prices.cacheWrite,
  };
}

/** A part counts at most for what the parts before it leave of the whole: providers count some tokens under two names. */
function inputParts(prices: TargetPrices, usage: TokenUsage): Part[] {
  let left = usage.inputTokens;
  const take = (tokens: number) => {
    const taken = Math.min(tokens, left);
    left -= taken;
    return taken;
  };
  const parts: Part[] = [
    [take(usage.cachedInputTokens), prices.cachedInput ?? prices.input],
    [take(usage.cacheWriteTokens), prices.cacheWrite ?? prices.input],
    [take(usage.audioInputTokens), prices.audioInput ?? prices.input],
    [take(usage.imageInputTokens), prices.imageInput ?? prices.input],
  ];
  return [...parts, [left, prices.input]];
}

function outputParts(prices: TargetPrices, usage: TokenUsage): Part[] {
  const reasoning = Math.min(usage.reasoningTokens, usage.outputTokens);
  const audio = Math.min(usage.audioOutputTokens, usage.outputTokens - reasoning);
  return [
    [reasoning, prices.reasoning ?? prices.output],
    [audio, prices.audioOutput ?? prices.output],
    [usage.outputTokens - reasoning - audio, prices.output],
  ];
}

/** Whether two figures for one cost are more than 1 % of the larger apart. */
export function costsDiffer(ours: bigint, theirs: bigint): boolean {
  const gap = ours > theirs ? ours - theirs : theirs - ours;
  return gap * 100n > (ours > theirs ? ours : theirs);
}
