import type { TargetPrices } from "./cost.ts";

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
