import type { Body } from "./prompt.ts";
import type { Script } from "./script.ts";
import { tokensOf } from "./usage.ts";

/** Small, because nothing here looks at the numbers; a request may ask for another. */
const DEFAULT_DIMENSIONS = 8;

/**
 * An embedding for each input: a unit vector that depends on the text alone, as floats or as base64 of little-endian
 * 32-bit floats. Tokens are `ceil(UTF-8 bytes ÷ 4)` of each input, of token lists their length.
 */
export function embeddings(body: Body, model: string, script: Script) {
  const inputs = inputsOf(body.input);
  const dimensions = typeof body.dimensions === "number" ? body.dimensions : DEFAULT_DIMENSIONS;
  const base64 = body.encoding_format === "base64";
  const counted = inputs.reduce(
    (sum, input) => sum + (typeof input === "string" ? tokensOf(input) : input.length),
    0,
  );
  const tokens = script.input_tokens ?? counted;
  return {
    object: "list",
    model,
    data: inputs.map((input, index) => {
      const vector = vectorOf(String(input), dimensions);
      return {
        object: "embedding",
        index,
        embedding: base64 ? base64Of(vector) : Array.from(vector),
      };
    }),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** One text, one list of tokens, or several of either. */
function inputsOf(input: unknown): (string | readonly unknown[])[] {
  if (typeof input === "string") return [input];
  if (!Array.isArray(input)) return [];
  if (input.every((item) => typeof item === "number")) return [input];
  return input.map((item: unknown) => (Array.isArray(item) ? item : String(item)));
}

/** Numbers from a linear congruential generator seeded with the text's FNV-1a hash, scaled to length 1. */
function vectorOf(text: string, dimensions: number): Float32Array {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  }
  const vector = new Float32Array(dimensions);
  for (let at = 0; at < dimensions; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    vector[at] = state / 0x80000000;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

function base64Of(vector: Float32Array): string {
  let bytes = "";
  for (const byte of new Uint8Array(vector.buffer)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}
