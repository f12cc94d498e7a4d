import { noPrices, type TargetPrices } from "./cost.ts";

/** Prices as a call's row keeps them: decimal text of nano-dollars per million tokens, what is not known left out. */
export function priceSnapshot(prices: TargetPrices): Readonly<Record<string, unknown>> {
  const text = (price: bigint | undefined) => price?.toString();
  const { longContext } = prices;
  return {
    input: text(prices.input),
    cached_input: text(prices.cachedInput),
    cache_write: text(prices.cacheWrite),
    audio_input: text(prices.audioInput),
    image_input: text(prices.imageInput),
    output: text(prices.output),
    reasoning: text(prices.reasoning),
    audio_output: text(prices.audioOutput),
    long_context: longContext && {
      above_tokens: longContext.aboveTokens,
      input: text(longContext.input),
      cached_input: text(longContext.cachedInput),
      cache_write: text(longContext.cacheWrite),
      output: text(longContext.output),
    },
  };
}

/** The prices of one target in what a call's row keeps; all unknown when it is not among them. */
export function pricesFromSnapshot(snapshot: unknown, target: string | null): TargetPrices {
  const { targets = [] } = (snapshot ?? {}) as { targets?: (Snapshot & { model?: string })[] };
  const found = targets.find(({ model }) => model === target);
  if (!found) return noPrices;
  const price = (text: string | undefined) => (text === undefined ? undefined : BigInt(text));
  const long = found.long_context;
  return {
    input: price(found.input),
    output: price(found.output),
    cachedInput: price(found.cached_input),
    cacheWrite: price(found.cache_write),
    reasoning: price(found.reasoning),
    audioInput: price(found.audio_input),
    audioOutput: price(found.audio_output),
    imageInput: price(found.image_input),
    longContext: long && {
      aboveTokens: long.above_tokens,
      input: price(long.input),
      output: price(long.output),
      cachedInput: price(long.cached_input),
      cacheWrite: price(long.cache_write),
    },
  };
}

type PriceTexts = Partial<
  Record<
    | "input"
    | "output"
    | "cached_input"
    | "cache_write"
    | "reasoning"
    | "audio_input"
    | "audio_output"
    | "image_input",
    string
  >
>;
interface Snapshot extends PriceTexts {
  long_context?: PriceTexts & { above_tokens: number };
}
