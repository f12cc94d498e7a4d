import { expect, test } from "vitest";
import { mediaOf, requirePricedAudio } from "../../server/gateway/media.ts";
import { sizeOf } from "../../server/gateway/parameters.ts";
import type { ModelAlias } from "../../server/models/catalog.ts";
import { noPrices } from "../../server/pricing/cost.ts";

/** A model whose prices say nothing of sound, so that requests are looked through for it. */
const alias = {
  extraParams: [],
  targets: [{ prices: { ...noPrices, input: 1n } }],
  defaultOutputTokens: 10,
  maxOutputTokens: null,
} as unknown as ModelAlias;

test("a request is looked through once, for access, limits and worst case together", () => {
  let reads = 0;
  const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
  const message = {
    role: "user",
    get content() {
      reads += 1;
      return [{ type: "text", text: "What is it?" }, image];
    },
  };
  const parameters = { messages: [message] };
  requirePricedAudio(parameters, alias);
  const size = sizeOf({ endpoint: "chat", parameters, alias }, "x".repeat(100));
  expect(size).toMatchObject({ mediaParts: 1, inputBytes: 100 - image.image_url.url.length });
  expect(mediaOf(parameters).parts).toBe(1);
  expect(reads).toBe(1);
  expect(mediaOf({ messages: [] }).parts).toBe(0);
});

test("sound is refused where it has no price, each time it is asked", () => {
  const sound = { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } };
  const parameters = { messages: [{ role: "user", content: [sound] }] };
  for (let asked = 0; asked < 2; asked += 1)
    expect(() => requirePricedAudio(parameters, alias)).toThrow(
      "messages[0].content[0].input_audio",
    );
});
