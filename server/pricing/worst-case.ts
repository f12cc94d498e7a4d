import { boundedCost, divideRounded } from "../kernel/money.ts";
import { longPrices, type TargetPrices } from "./cost.ts";

/** Input tokens that an image or an audio part counts for, whatever its size: above what providers bill for large ones. */
const TOKENS_PER_MEDIA_PART = 3_000n;
/** Output limit of a call for which neither the client nor the alias sets one. */
export const ASSUMED_OUTPUT_TOKENS = 4_096;

export interface CallSize {
  /** UTF-8 bytes of the request's text; two bytes are at least one token. */
  inputBytes: number;
  mediaParts: number;
  /** How many choices are asked for. */
  choices: number;
  /** Output limit per choice; 0 for embeddings. */
  outputTokens: number;
}

/** The most input tokens that a call of this size may be billed for. */
export function worstInputTokens(size: CallSize): bigint {
  return BigInt(Math.ceil(size.inputBytes / 2)) + BigInt(size.mediaParts) * TOKENS_PER_MEDIA_PART;
}

/** The most that a call may cost at its dearest target, in nano-dollars; undefined when a target has no price. */
export function worstCostNanos(
  targets: readonly TargetPrices[],
  size: CallSize,
): bigint | undefined {
  let worst = 0n;
  for (const prices of targets) {
    for (const at of reachable(prices, size)) {
      const cost = worstAt(at, size);
      if (cost === undefined) return undefined;
      if (cost > worst) worst = cost;
    }
  }
  return boundedCost(worst);
}

/** The prices that may come to apply: how long the input is in tokens is known only afterwards. */
function reachable(prices: TargetPrices, size: CallSize): readonly TargetPrices[] {
  const { longContext } = prices;
  const mayBeLong = longContext && worstInputTokens(size) > BigInt(longContext.aboveTokens);
  return mayBeLong ? [prices, longPrices(prices, longContext)] : [prices];
}

function worstAt(prices: TargetPrices, size: CallSize): bigint | undefined {
  const outputTokens = BigInt(size.choices) * BigInt(size.outputTokens);
  // Text alone is never billed as audio or image.
  const media = size.mediaParts === 0 ? [] : [prices.audioInput, prices.imageInput];
  const input = dearest([prices.input, prices.cachedInput, prices.cacheWrite, ...media]);
  const output =
    outputTokens === 0n ? 0n : dearest([prices.output, prices.reasoning, prices.audioOutput]);
  if (input === undefined || output === undefined) return undefined;
  return divideRounded(worstInputTokens(size) * input + outputTokens * output, 1_000_000n);
}

/** The highest of the prices of a kind; undefined when its first, the plain one, is not known. */
function dearest(
  prices: readonly [bigint | undefined, ...(bigint | undefined)[]],
): bigint | undefined {
  if (prices[0] === undefined) return undefined;
  return prices.reduce<bigint>(
    (most, price) => (price !== undefined && price > most ? price : most),
    prices[0],
  );
}
