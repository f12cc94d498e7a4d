import fc from "fast-check";
import { GptEncoding } from "gpt-tokenizer/GptEncoding";
import newer from "gpt-tokenizer/bpeRanks/o200k_base";
import older from "gpt-tokenizer/bpeRanks/cl100k_base";
import { describe, expect, test } from "vitest";
import { estimateUsage } from "../../server/gateway/tokens/estimate.ts";
import {
  byBytes,
  encodingOf,
  VocabularyCounter,
} from "../../server/gateway/tokens/token-counter.ts";
import { WrittenText } from "../../server/gateway/tokens/written-text.ts";
import { testRuntime } from "../harness.ts";

const { assets } = await testRuntime();
const counter = new VocabularyCounter(assets);
const [gpt4o, gpt4] = ["openai/gpt-4o", "openai/gpt-4"];

const prompt = async (
  model: string,
  parameters: Record<string, unknown>,
  endpoint = "chat" as const,
) => (await estimateUsage({ endpoint, parameters, model, written: [] }, counter)).inputTokens;

/** The example of OpenAI's cookbook, "How to count tokens with tiktoken": its API counted 129 tokens with gpt-4, 124 with gpt-4o. */
const system = "system";
const jargon = [
  {
    role: system,
    content:
      "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
  },
  {
    role: system,
    name: "example_user",
    content: "New synergies will help drive top-line growth.",
  },
  {
    role: system,
    name: "example_assistant",
    content: "Things working well together will increase revenue.",
  },
  {
    role: system,
    name: "example_user",
    content:
      "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
  },
  {
    role: system,
    name: "example_assistant",
    content: "Let's talk later when we're less busy about how to do better.",
  },
  {
    role: "user",
    content:
      "This late pivot means we don't have time to boil the ocean for the client deliverable.",
  },
];
const weather = {
  messages: [
    {
      role: system,
      content: "You are a helpful assistant that can answer to questions about the weather.",
    },
    { role: "user", content: "What's the weather like in San Francisco?" },
  ],
  tools: [
    {
      type: "function",
      function: {
        name: "get_current_weather",
        description: "Get the current weather in a given location",
        parameters: {
          type: "object",
          properties: {
            location: {
              type: "string",
              description: "The city and state, e.g. San Francisco, CA",
            },
            unit: {
              type: "string",
              description: "The unit of temperature to return",
              enum: ["celsius", "fahrenheit"],
            },
          },
          required: ["location"],
        },
      },
    },
  ],
};

describe("a prompt", () => {
  test("has as many tokens as OpenAI's API counted of the same", async () => {
    expect(await prompt(gpt4, { messages: jargon })).toBe(129);
    expect(await prompt(gpt4o, { messages: jargon })).toBe(124);
    expect(await prompt(gpt4o, weather)).toBe(101);
  });

  test("counts the same in parts, as a response, and images by a fixed number", async () => {
    const parts = jargon.map(({ content, ...more }) => ({
      ...more,
      content: [{ type: "text", text: content }],
    }));
    expect(await prompt(gpt4o, { messages: parts })).toBe(124);
    const image = {
      type: "image_url",
      image_url: { url: `data:image/png;base64,${"A".repeat(9e5)}` },
    };
    const small = { type: "image_url", image_url: { url: "https://x/y.png", detail: "low" } };
    const [first, ...rest] = parts;
    const seen = [{ ...first, content: [...first!.content, image, small] }, ...rest];
    expect(await prompt(gpt4o, { messages: seen })).toBe(124 + 765 + 85);
    const [{ content: instructions }, , , , , { content: input }] = jargon as [
      ...[{ content: string }, unknown, unknown, unknown, unknown, { content: string }],
    ];
    const asResponse = { endpoint: "responses" as const, model: gpt4o, written: [] };
    const one = await estimateUsage(
      { ...asResponse, parameters: { instructions, input } },
      counter,
    );
    const items = [
      { role: system, content: instructions },
      { role: "user", content: input },
    ];
    const two = await estimateUsage({ ...asResponse, parameters: { input: items } }, counter);
    expect(one.inputTokens).toBe(await prompt(gpt4o, { messages: items }));
    expect(two).toEqual(one);
  });

  test("of an embedding is its texts, or the tokens that it is", async () => {
    const of = (input: unknown) =>
      estimateUsage(
        {
          endpoint: "embeddings",
          model: "openai/text-embedding-3-small",
          parameters: { input },
          written: [],
        },
        counter,
      );
    // By the cookbook: t, ik, token, is, great, !
    expect(await of("tiktoken is great!")).toMatchObject({ inputTokens: 6, outputTokens: 0 });
    expect((await of(["tiktoken is great!", "2 + 2 = 4"])).inputTokens).toBe(6 + 7);
    expect((await of([[1, 2, 3], [4]])).inputTokens).toBe(4);
  });
});

test.each([
  ["antidisestablishmentarianism", 6],
  ["2 + 2 = 4", 7],
  ["お誕生日おめでとう", 9],
])("of %s the cookbook has %i tokens", async (text, tokens) => {
  expect(await counter.count(gpt4, [text])).toBe(tokens);
});

test("any text makes as many tokens as gpt-tokenizer makes of it", async () => {
  const theirs = { [gpt4o]: newer, [gpt4]: older };
  for (const model of [gpt4o, gpt4]) {
    const encoding = GptEncoding.getEncodingApi(encodingOf(model), () => theirs[model]!);
    const text = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.lorem({ maxCount: 30 }),
      fc.json(),
      fc.stringMatching(/^[a-zA-Z0-9+/=]{0,200}$/),
      fc.stringMatching(/^[ \n\tа-яぁ-ん一-龥'!]{0,80}$/),
    );
    await fc.assert(
      fc.asyncProperty(text, async (any) => {
        expect(await counter.count(model, [any])).toBe(
          encoding.encode(any, { disallowedSpecial: new Set() }).length,
        );
      }),
      { numRuns: 500 },
    );
  }
});

test.each([
  ["azure/gpt-4o-mini", "o200k_base"],
  ["openai/gpt-4.1", "o200k_base"],
  ["openai/o3", "o200k_base"],
  ["openai/gpt-5-mini", "o200k_base"],
  ["anthropic/claude-haiku-4-5", "o200k_base"],
  ["openai/gpt-4-turbo", "cl100k_base"],
  ["azure/gpt-35-turbo", "cl100k_base"],
  ["gpt-4", "cl100k_base"],
  ["openai/text-embedding-3-large", "cl100k_base"],
])("%s is counted by %s", (model, encoding) => {
  expect(encodingOf(model)).toBe(encoding);
});

test("a text of any length is counted in bounded work, the rest at its rate", async () => {
  const words = "and so on, ".repeat(40_000);
  const whole = await counter.count(gpt4o, [words.slice(0, 110_000)]);
  expect((await counter.count(gpt4o, [words])) / (whole * 4)).toBeCloseTo(1, 3);
  // One word without an end: each kilobyte is merged by itself.
  expect(await counter.count(gpt4o, ["a".repeat(2 ** 20)])).toBeGreaterThan(2 ** 16);
});

test("without its vocabularies it counts by bytes", async () => {
  const none = new VocabularyCounter({ read: () => Promise.resolve(undefined) });
  expect(await none.count(gpt4o, ["ééé", "abc"])).toBe(3);
  expect(await byBytes.count(gpt4o, [])).toBe(0);
});

test("what a stream has written is kept as it was, up to a size", () => {
  const written = new WrittenText();
  expect([written.isEmpty, written.read()]).toEqual([true, { text: "", factor: 1 }]);
  written.add('a "quoted"\n');
  written.addEscaped(String.raw`\u00e9\\`);
  written.add("");
  expect(written.read()).toEqual({ text: 'a "quoted"\né\\', factor: 1 });
  for (let index = 0; index < 30; index += 1) written.add("x".repeat(100_000));
  const { text, factor } = written.read();
  expect(text.length).toBeLessThan(1_200_000);
  expect(text.length * factor).toBeCloseTo(3_000_014, -4);
});
