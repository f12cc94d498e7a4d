import { boundedCost, divideRounded } from "../kernel/money.ts";
import { oncePer } from "../kernel/once-per.ts";
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

/** The most output tokens of all choices together. */
export function worstOutputTokens({ choices, outputTokens }: CallSize): bigint {
  return BigInt(choices) * BigInt(outputTokens);
}

/** The most that a call may cost at its dearest target, in nano-dollars; undefined when a target has no price. */
export function worstCostNanos(
  targets: readonly { prices: TargetPrices }[],
  size: CallSize,
): bigint | undefined {
  const inputTokens = worstInputTokens(size);
  let worst = 0n;
  for (const { prices } of targets) {
    const cost = worstAt(dearestOf(prices), size, inputTokens);
    if (cost === undefined) return undefined;
    if (cost > worst) worst = cost;
    // How long the input is in tokens is known only afterwards: both prices may come to apply.
    const { longContext } = prices;
    if (longContext === undefined || inputTokens <= BigInt(longContext.aboveTokens)) continue;
    const long = worstAt(dearestWhenLong(prices)!, size, inputTokens);
    if (long === undefined) return undefined;
    if (long > worst) worst = long;
  }
  return boundedCost(worst);
}

/** The dearest prices at one target, nanos per million tokens; undefined = the plain price of the kind is not known. */
interface DearestPrices {
  /** Of text alone, which is never billed as audio or image. */
  text: bigint | undefined;
  /** Where there are media. */
  input: bigint | undefined;
  output: bigint | undefined;
}

const dearestOf = oncePer((prices: TargetPrices): DearestPrices => {
  const text = dearest([prices.input, prices.cachedInput, prices.cacheWrite]);
  return {
    text,
    input: text === undefined ? undefined : dearest([text, prices.audioInput, prices.imageInput]),
    output: dearest([prices.output, prices.reasoning, prices.audioOutput]),
  };
});

/** The same where the input is long. */
const dearestWhenLong = oncePer((prices: TargetPrices) =>
  prices.longContext === undefined ? undefined : dearestOf(longPrices(prices, prices.longContext)),
);

function worstAt(prices: DearestPrices, size: CallSize, inputTokens: bigint): bigint | undefined {
  const outputTokens = worstOutputTokens(size);
  const input = size.mediaParts === 0 ? prices.text : prices.input;
  const output = outputTokens === 0n ? 0n : prices.output;
  if (input === undefined || output === undefined) return undefined;
  return divideRounded(inputTokens * input + outputTokens * output, 1_000_000n);
}

/** The highest of the prices of a kind; undefined when its first, the plain one, is not known. */
function dearest([plain, ...others]: readonly (bigint | undefined)[]): bigint | undefined {
  if (plain === undefined) return undefined;
  let most = plain;
  for (const price of others) if (price !== undefined && price > most) most = price;
  return most;
}
