import { describe, expect, it } from "vitest";
import { nanosPerMillion, readPriceBook } from "../../server/litellm/price-book.ts";

describe("a price of the map", () => {
  it("becomes nano-dollars per million tokens without an error of floats", () => {
    expect(nanosPerMillion(1.5e-7)).toBe(150_000_000n);
    expect(nanosPerMillion(0.000003)).toBe(3_000_000_000n);
    // In floats this is 7.499999999999999 × 10^7.
    expect(nanosPerMillion(7.5e-8)).toBe(75_000_000n);
    expect(nanosPerMillion(2)).toBe(2_000_000_000_000_000n);
    expect(nanosPerMillion(0)).toBe(0n);
    expect(nanosPerMillion(1.25e-15)).toBe(1n);
    expect(nanosPerMillion(1.5e-15)).toBe(2n);
  });

  it("is none when it is no number or below zero", () => {
    for (const value of ["0.1", null, undefined, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(nanosPerMillion(value)).toBeUndefined();
    }
  });
});

describe("the price book", () => {
  const book = readPriceBook(
    JSON.stringify({
      "gpt-x": {
        litellm_provider: "openai",
        mode: "chat",
        input_cost_per_token: 1e-6,
        output_cost_per_token: 2e-6,
        cache_read_input_token_cost: 5e-7,
        max_output_tokens: 4096,
      },
      "azure/gpt-x": {
        litellm_provider: "azure",
        input_cost_per_token: 3e-6,
        output_cost_per_token: 4e-6,
      },
      embedding: { litellm_provider: "openai", mode: "embedding", input_cost_per_token: 2e-8 },
      image: { litellm_provider: "openai", input_cost_per_image: 0.1 },
    }),
  );

  it("finds a model by its own name and by the one with its provider", () => {
    const price = {
      inputNanosPerMillion: 1_000_000_000n,
      outputNanosPerMillion: 2_000_000_000n,
      cachedInputNanosPerMillion: 500_000_000n,
      maxOutputTokens: 4096,
      mode: "chat",
    };
    expect(book.get("gpt-x")).toEqual(price);
    expect(book.get("openai/gpt-x")).toEqual(price);
    expect(book.get("azure/gpt-x")?.inputNanosPerMillion).toBe(3_000_000_000n);
    expect(book.has("azure/azure/gpt-x")).toBe(false);
  });

  it("takes an embedding's output as free, and leaves out what is not priced by token", () => {
    expect(book.get("openai/embedding")?.outputNanosPerMillion).toBe(0n);
    expect(book.has("image")).toBe(false);
  });
});

describe("a price of another kind", () => {
  const price = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 };

  it("is read for audio, images and reasoning", () => {
    const spoken = {
      ...price,
      ...{ input_cost_per_audio_token: 4e-5, output_cost_per_audio_token: 8e-5 },
      ...{ input_cost_per_image_token: 1e-5, output_cost_per_reasoning_token: 3e-6 },
    };
    expect(readPriceBook(JSON.stringify({ spoken })).get("spoken")).toMatchObject({
      audioInputNanosPerMillion: 40_000_000_000n,
      audioOutputNanosPerMillion: 80_000_000_000n,
      imageInputNanosPerMillion: 10_000_000_000n,
      reasoningNanosPerMillion: 3_000_000_000n,
    });
  });

  it("is read for long contexts with its threshold, standard tier only", () => {
    const long = {
      ...price,
      ...{ input_cost_per_token_above_200k_tokens_priority: 9e-6 },
      ...{
        input_cost_per_token_above_200k_tokens: 3e-6,
        output_cost_per_token_above_200k_tokens: 4e-6,
      },
      ...{ cache_read_input_token_cost_above_200k_tokens: 6e-7 },
    };
    expect(readPriceBook(JSON.stringify({ long })).get("long")?.longContext).toEqual({
      aboveTokens: 200_000,
      input: 3_000_000_000n,
      output: 4_000_000_000n,
      cachedInput: 600_000_000n,
      cacheWrite: undefined,
    });
    expect(readPriceBook(JSON.stringify({ price })).get("price")).not.toHaveProperty("longContext");
  });
});
