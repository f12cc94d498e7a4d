import { DomainError } from "../kernel/errors.ts";
import { usdToNanos } from "../kernel/money.ts";
import type { BookPrice, PriceBook } from "../litellm/upstream.ts";
import type { TargetPrices } from "../pricing/cost.ts";
import type { TargetRow } from "./store.ts";

/** The columns of a target that hold its prices, in nano-dollars per million tokens. */
export type PriceColumns = Pick<
  TargetRow,
  | "inputNanos"
  | "outputNanos"
  | "cachedInputNanos"
  | "cacheWriteNanos"
  | "reasoningNanos"
  | "audioInputNanos"
  | "audioOutputNanos"
  | "imageInputNanos"
  | "longContextTokens"
  | "longInputNanos"
  | "longCachedInputNanos"
  | "longCacheWriteNanos"
  | "longOutputNanos"
>;

/** Prices of a target, and where they come from. */
export type TargetPrice = PriceColumns & {
  source: "operator" | "book";
  inputNanos: bigint;
  outputNanos: bigint;
};

type Usd = number | string | undefined;

/** Prices that an operator gives, in USD per million tokens. None at all = those of the price book. */
export interface GivenPrices {
  inputPrice?: Usd;
  outputPrice?: Usd;
  cachedInputPrice?: Usd;
  cacheWritePrice?: Usd;
  reasoningPrice?: Usd;
  audioInputPrice?: Usd;
  audioOutputPrice?: Usd;
  imageInputPrice?: Usd;
  /** Calls with more input tokens cost what the next four say. */
  longContextTokens?: number | undefined;
  longInputPrice?: Usd;
  longCachedInputPrice?: Usd;
  longCacheWritePrice?: Usd;
  longOutputPrice?: Usd;
}

/** The entry of a LiteLLM model string; as LiteLLM does, without its provider's prefix when there is none with it. */
export function findInBook(book: PriceBook | undefined, model: string): BookPrice | undefined {
  const slash = model.indexOf("/");
  return book?.get(model) ?? (slash < 0 ? undefined : book?.get(model.slice(slash + 1)));
}

/**
 * What a target costs: the operator's prices, else the book's. Throws `model_unpriced` when there is neither, and
 * `invalid_request` or `amount_invalid` for prices that make no sense. An embedding model needs no output price.
 */
export function priceTarget(
  input: GivenPrices & {
    model: string;
    mode: "chat" | "embedding";
    entry: BookPrice | undefined;
    bookIsKnown: boolean;
  },
): TargetPrice {
  return hasPrices(input) ? operatorPrice(input) : bookPrice(input);
}

const kinds = [
  "inputPrice",
  "outputPrice",
  "cachedInputPrice",
  "cacheWritePrice",
  "reasoningPrice",
  "audioInputPrice",
  "audioOutputPrice",
  "imageInputPrice",
  "longContextTokens",
  "longInputPrice",
  "longCachedInputPrice",
  "longCacheWritePrice",
  "longOutputPrice",
] as const satisfies readonly (keyof GivenPrices)[];

/** Whether an operator gave any price. */
export const hasPrices = (given: GivenPrices) => kinds.some((kind) => given[kind] !== undefined);

function operatorPrice(given: GivenPrices & { mode: "chat" | "embedding" }): TargetPrice {
  const outputPrice = given.outputPrice ?? (given.mode === "embedding" ? 0 : undefined);
  if (given.inputPrice === undefined || outputPrice === undefined) {
    const missing = given.inputPrice === undefined ? "input_price" : "output_price";
    throw invalid(
      missing,
      "input_price and output_price belong together: give both (--input-price and --output-price), in USD per million tokens.",
    );
  }
  requireWholeLongContext(given);
  return {
    source: "operator",
    inputNanos: positive(given.inputPrice, "input_price"),
    outputNanos: positive(outputPrice, "output_price"),
    cachedInputNanos: optional(given.cachedInputPrice, "cached_input_price"),
    cacheWriteNanos: optional(given.cacheWritePrice, "cache_write_price"),
    reasoningNanos: optional(given.reasoningPrice, "reasoning_price"),
    audioInputNanos: optional(given.audioInputPrice, "audio_input_price"),
    audioOutputNanos: optional(given.audioOutputPrice, "audio_output_price"),
    imageInputNanos: optional(given.imageInputPrice, "image_input_price"),
    longContextTokens: given.longContextTokens ?? null,
    longInputNanos: optional(given.longInputPrice, "long_input_price"),
    longCachedInputNanos: optional(given.longCachedInputPrice, "long_cached_input_price"),
    longCacheWriteNanos: optional(given.longCacheWritePrice, "long_cache_write_price"),
    longOutputNanos: optional(given.longOutputPrice, "long_output_price"),
  };
}

function requireWholeLongContext(given: GivenPrices): void {
  const priced = kinds.some((kind) => /^long.*Price$/.test(kind) && given[kind] !== undefined);
  if (priced === (given.longContextTokens !== undefined)) return;
  throw invalid(
    "long_context_tokens",
    "long_context_tokens and the long prices belong together: give the number of input tokens above which they apply, and at least one of long_input_price and long_output_price.",
  );
}

function bookPrice(input: {
  model: string;
  entry: BookPrice | undefined;
  bookIsKnown: boolean;
}): TargetPrice {
  const { entry } = input;
  if (!entry) {
    const why = input.bookIsKnown
      ? `LiteLLM's price book has no price for ${JSON.stringify(input.model)}`
      : `The price of ${JSON.stringify(input.model)} is not known, because LiteLLM's price book cannot be read before the gateway is ready`;
    throw new DomainError(
      "model_unpriced",
      `${why}; give --input-price and --output-price (input_price and output_price), in USD per million tokens.`,
      { hints: { model: input.model, price_book: input.bookIsKnown ? "read" : "not_ready" } },
    );
  }
  const long = entry.longContext;
  return {
    source: "book",
    inputNanos: entry.inputNanosPerMillion,
    outputNanos: entry.outputNanosPerMillion,
    cachedInputNanos: entry.cachedInputNanosPerMillion ?? null,
    cacheWriteNanos: entry.cacheWriteNanosPerMillion ?? null,
    reasoningNanos: entry.reasoningNanosPerMillion ?? null,
    audioInputNanos: entry.audioInputNanosPerMillion ?? null,
    audioOutputNanos: entry.audioOutputNanosPerMillion ?? null,
    imageInputNanos: entry.imageInputNanosPerMillion ?? null,
    longContextTokens: long?.aboveTokens ?? null,
    longInputNanos: long?.input ?? null,
    longCachedInputNanos: long?.cachedInput ?? null,
    longCacheWriteNanos: long?.cacheWrite ?? null,
    longOutputNanos: long?.output ?? null,
  };
}

/** The prices of a target as the call path reckons with them. */
export function pricesFromRow(row: PriceColumns): TargetPrices {
  return {
    input: row.inputNanos ?? undefined,
    output: row.outputNanos ?? undefined,
    cachedInput: row.cachedInputNanos ?? undefined,
    cacheWrite: row.cacheWriteNanos ?? undefined,
    reasoning: row.reasoningNanos ?? undefined,
    audioInput: row.audioInputNanos ?? undefined,
    audioOutput: row.audioOutputNanos ?? undefined,
    imageInput: row.imageInputNanos ?? undefined,
    longContext:
      row.longContextTokens === null
        ? undefined
        : {
            aboveTokens: row.longContextTokens,
            input: row.longInputNanos ?? undefined,
            output: row.longOutputNanos ?? undefined,
            cachedInput: row.longCachedInputNanos ?? undefined,
            cacheWrite: row.longCacheWriteNanos ?? undefined,
          },
  };
}

const optional = (usd: Usd, field: string) => (usd === undefined ? null : positive(usd, field));

function positive(usd: number | string, field: string): bigint {
  const nanos = usdToNanos(usd, field);
  if (nanos < 0n) {
    throw new DomainError("amount_invalid", `${field} is ${usd}; it must not be negative.`, {
      hints: { field },
    });
  }
  return nanos;
}

const invalid = (field: string, message: string) =>
  new DomainError("invalid_request", message, { hints: { field } });
