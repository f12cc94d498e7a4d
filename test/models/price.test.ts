import { expect, test } from "vitest";
import type { BookPrice } from "../../server/litellm/upstream.ts";
import { findInBook, priceTarget } from "../../server/models/price.ts";

const entry: BookPrice = {
  inputNanosPerMillion: 250_000_000n,
  outputNanosPerMillion: 2_000_000_000n,
  cachedInputNanosPerMillion: 25_000_000n,
  mode: "chat",
};
const asked = {
  model: "openai/gpt-5-mini",
  mode: "chat",
  entry: undefined,
  bookIsKnown: true,
} as const;

test("finds a model with and without its provider's prefix, and prefers the whole name", () => {
  const other = { ...entry, inputNanosPerMillion: 1n };
  expect(findInBook(new Map([["gpt-5-mini", entry]]), "openai/gpt-5-mini")).toBe(entry);
  const both = new Map([
    ["azure/gpt-5-mini", other],
    ["gpt-5-mini", entry],
  ]);
  expect(findInBook(both, "azure/gpt-5-mini")).toBe(other);
  expect(findInBook(both, "openai/gpt-6")).toBeUndefined();
  expect(findInBook(undefined, "gpt-5-mini")).toBeUndefined();
});

test("takes the book's price with all its kinds", () => {
  expect(priceTarget({ ...asked, entry })).toMatchObject({
    source: "book",
    inputNanos: 250_000_000n,
    outputNanos: 2_000_000_000n,
    cachedInputNanos: 25_000_000n,
    cacheWriteNanos: null,
    reasoningNanos: null,
  });
});

test("prefers the operator's prices, 0 among them", () => {
  expect(priceTarget({ ...asked, entry, inputPrice: "0.123456789", outputPrice: 0 })).toMatchObject(
    {
      source: "operator",
      inputNanos: 123_456_789n,
      outputNanos: 0n,
      cachedInputNanos: null,
    },
  );
});

test("needs both prices of a chat model, and no output price of an embedding model", () => {
  expect(() => priceTarget({ ...asked, inputPrice: 1 })).toThrow(/--output-price/);
  expect(() => priceTarget({ ...asked, outputPrice: 1 })).toThrow(/--input-price/);
  expect(priceTarget({ ...asked, mode: "embedding", inputPrice: 1 }).outputNanos).toBe(0n);
});

test("says how to give a price that is not known, and whether the book could be read", () => {
  expect(() => priceTarget(asked)).toThrow(/no price for "openai\/gpt-5-mini".*--input-price/);
  expect(() => priceTarget({ ...asked, bookIsKnown: false })).toThrow(
    /cannot be read before the gateway is ready; give --input-price/,
  );
});

for (const price of [-1, Number.NaN, Number.POSITIVE_INFINITY, 0.0000000001, "1e3", "", "0x1"]) {
  test(`refuses a price of ${JSON.stringify(price)} (${price})`, () => {
    let refusal: unknown;
    try {
      priceTarget({ ...asked, inputPrice: price, outputPrice: 1 });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: "amount_invalid", hints: { field: "input_price" } });
  });
}
