import { Type } from "@sinclair/typebox";
import { amount } from "../http/amounts.ts";
import { type Amount, nanosToUsd } from "../kernel/money.ts";
import type { GivenPrices, PriceColumns } from "./price.ts";

/** The prices of a target on the wire: USD per million tokens, by kind. */
const kinds = {
  input_price: "input",
  output_price: "output",
  cached_input_price: "input tokens read from the provider's cache",
  cache_write_price: "input tokens written to the provider's cache",
  reasoning_price: "reasoning",
  audio_input_price: "audio input",
  audio_output_price: "audio output",
  image_input_price: "image input",
  long_input_price: "input, of long calls",
  long_cached_input_price: "cached input, of long calls",
  long_cache_write_price: "cache-write, of long calls",
  long_output_price: "output, of long calls",
} as const;

type Kind = keyof typeof kinds;

const threshold =
  "Calls with more input tokens than this are long: the whole call costs the long prices, and those without one stay as they are.";

const given = (kind: Kind) =>
  Type.Optional(
    amount({
      minimum: 0,
      description: `USD per million tokens: ${kinds[kind]}. 0 is a price. Without any price the gateway's price book gives them all; a kind without its own takes the input or output price.`,
      examples: [0.25],
    }),
  );

/** Prices that an operator may give. */
export const givenPriceFields = {
  input_price: given("input_price"),
  output_price: given("output_price"),
  cached_input_price: given("cached_input_price"),
  cache_write_price: given("cache_write_price"),
  reasoning_price: given("reasoning_price"),
  audio_input_price: given("audio_input_price"),
  audio_output_price: given("audio_output_price"),
  image_input_price: given("image_input_price"),
  long_context_tokens: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100_000_000,
      description: threshold,
      examples: [200_000],
    }),
  ),
  long_input_price: given("long_input_price"),
  long_cached_input_price: given("long_cached_input_price"),
  long_cache_write_price: given("long_cache_write_price"),
  long_output_price: given("long_output_price"),
};

const shown = (kind: Kind) =>
  Type.Union([Type.Number(), Type.Null()], {
    description: `USD per million tokens: ${kinds[kind]}; null = none of its own.`,
  });

/** Prices as they are shown. */
export const priceViewFields = {
  input_price: shown("input_price"),
  output_price: shown("output_price"),
  cached_input_price: shown("cached_input_price"),
  cache_write_price: shown("cache_write_price"),
  reasoning_price: shown("reasoning_price"),
  audio_input_price: shown("audio_input_price"),
  audio_output_price: shown("audio_output_price"),
  image_input_price: shown("image_input_price"),
  long_context_tokens: Type.Union([Type.Integer(), Type.Null()], { description: threshold }),
  long_input_price: shown("long_input_price"),
  long_cached_input_price: shown("long_cached_input_price"),
  long_cache_write_price: shown("long_cache_write_price"),
  long_output_price: shown("long_output_price"),
};

/** For examples of documents. */
export const priceExample = {
  input_price: 0.25,
  output_price: 2,
  cached_input_price: 0.025,
  cache_write_price: null,
  reasoning_price: null,
  audio_input_price: null,
  audio_output_price: null,
  image_input_price: null,
  long_context_tokens: null,
  long_input_price: null,
  long_cached_input_price: null,
  long_cache_write_price: null,
  long_output_price: null,
};

type PriceBody = { [Name in keyof typeof givenPriceFields]?: Amount | undefined } & {
  long_context_tokens?: number | undefined;
};

export const pricesFromApi = (body: PriceBody): GivenPrices => ({
  inputPrice: body.input_price,
  outputPrice: body.output_price,
  cachedInputPrice: body.cached_input_price,
  cacheWritePrice: body.cache_write_price,
  reasoningPrice: body.reasoning_price,
  audioInputPrice: body.audio_input_price,
  audioOutputPrice: body.audio_output_price,
  imageInputPrice: body.image_input_price,
  longContextTokens: body.long_context_tokens,
  longInputPrice: body.long_input_price,
  longCachedInputPrice: body.long_cached_input_price,
  longCacheWritePrice: body.long_cache_write_price,
  longOutputPrice: body.long_output_price,
});

export function pricesToApi(row: PriceColumns) {
  const usd = (nanos: bigint | null) => (nanos === null ? null : nanosToUsd(nanos));
  return {
    input_price: usd(row.inputNanos),
    output_price: usd(row.outputNanos),
    cached_input_price: usd(row.cachedInputNanos),
    cache_write_price: usd(row.cacheWriteNanos),
    reasoning_price: usd(row.reasoningNanos),
    audio_input_price: usd(row.audioInputNanos),
    audio_output_price: usd(row.audioOutputNanos),
    image_input_price: usd(row.imageInputNanos),
    long_context_tokens: row.longContextTokens,
    long_input_price: usd(row.longInputNanos),
    long_cached_input_price: usd(row.longCachedInputNanos),
    long_cache_write_price: usd(row.longCacheWriteNanos),
    long_output_price: usd(row.longOutputNanos),
  };
}
