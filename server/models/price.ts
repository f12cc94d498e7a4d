import { DomainError } from "../kernel/errors.ts";
import { usdToNanos } from "../kernel/money.ts";
import type { BookPrice, PriceBook } from "../litellm/upstream.ts";

/** Prices of a target in nano-dollars per million tokens, and where they come from. */
export interface TargetPrice {
  source: "operator" | "book";
  inputNanos: bigint;
  outputNanos: bigint;
  cachedInputNanos: bigint | null;
  cacheWriteNanos: bigint | null;
  reasoningNanos: bigint | null;
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
export function priceTarget(input: {
  model: string;
  mode: "chat" | "embedding";
  /** USD per million tokens. */
  inputPrice?: number | string | undefined;
  outputPrice?: number | string | undefined;
  entry: BookPrice | undefined;
  bookIsKnown: boolean;
}): TargetPrice {
  if (input.inputPrice === undefined && input.outputPrice === undefined) return bookPrice(input);
  const outputPrice = input.outputPrice ?? (input.mode === "embedding" ? 0 : undefined);
  if (input.inputPrice === undefined || outputPrice === undefined) {
    const missing = input.inputPrice === undefined ? "input_price" : "output_price";
    throw new DomainError(
      "invalid_request",
      "input_price and output_price belong together: give both (--input-price and --output-price), in USD per million tokens.",
      { hints: { field: missing } },
    );
  }
  return {
    source: "operator",
    inputNanos: positive(input.inputPrice, "input_price"),
    outputNanos: positive(outputPrice, "output_price"),
    cachedInputNanos: null,
    cacheWriteNanos: null,
    reasoningNanos: null,
  };
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
  return {
    source: "book",
    inputNanos: entry.inputNanosPerMillion,
    outputNanos: entry.outputNanosPerMillion,
    cachedInputNanos: entry.cachedInputNanosPerMillion ?? null,
    cacheWriteNanos: entry.cacheWriteNanosPerMillion ?? null,
    reasoningNanos: entry.reasoningNanosPerMillion ?? null,
  };
}

function positive(usd: number | string, field: string): bigint {
  const nanos = usdToNanos(usd, field);
  if (nanos < 0n) {
    throw new DomainError("amount_invalid", `${field} is ${usd}; it must not be negative.`, {
      hints: { field },
    });
  }
  return nanos;
}
