import { divideRounded } from "../kernel/money.ts";
import type { LongContextPrices } from "../pricing/cost.ts";
import type { BookPrice, PriceBook } from "./upstream.ts";

/** What LiteLLM's price map says of a model, as far as we read it. Prices in dollars per token. */
interface MapEntry {
  litellm_provider?: unknown;
  mode?: unknown;
  max_output_tokens?: unknown;
  input_cost_per_token?: unknown;
  output_cost_per_token?: unknown;
  cache_read_input_token_cost?: unknown;
  cache_creation_input_token_cost?: unknown;
  output_cost_per_reasoning_token?: unknown;
  input_cost_per_audio_token?: unknown;
  output_cost_per_audio_token?: unknown;
  input_cost_per_image_token?: unknown;
  /** `input_cost_per_token_above_200k_tokens` and its like. */
  [other: string]: unknown;
}

/**
 * Reads LiteLLM's price map. A model stands there as `gpt-5-mini` with its provider beside it, or as `azure/gpt-5-mini`; in
 * the book every model has its name with the provider in front as well, which is how a target names it. Models that are
 * not priced by token are left out.
 */
export function readPriceBook(json: string): PriceBook {
  const map = JSON.parse(json) as Record<string, MapEntry>;
  const book = new Map<string, BookPrice>();
  const prefixed: [string, BookPrice][] = [];
  for (const [name, entry] of Object.entries(map)) {
    const price = fromMapEntry(entry);
    if (!price) continue;
    book.set(name, price);
    const provider = entry.litellm_provider;
    if (typeof provider === "string" && !name.startsWith(`${provider}/`)) {
      prefixed.push([`${provider}/${name}`, price]);
    }
  }
  // A name that the map itself has is more exact than one that we made.
  for (const [name, price] of prefixed) if (!book.has(name)) book.set(name, price);
  return book;
}

function fromMapEntry(entry: MapEntry): BookPrice | undefined {
  const input = nanosPerMillion(entry.input_cost_per_token);
  // Embeddings have no output; anything else without an output price is priced in another way.
  const output =
    nanosPerMillion(entry.output_cost_per_token) ?? (entry.mode === "embedding" ? 0n : undefined);
  if (input === undefined || output === undefined) return undefined;
  const limit = entry.max_output_tokens;
  const longContext = longContextOf(entry);
  return {
    inputNanosPerMillion: input,
    outputNanosPerMillion: output,
    ...known("cachedInputNanosPerMillion", entry.cache_read_input_token_cost),
    ...known("cacheWriteNanosPerMillion", entry.cache_creation_input_token_cost),
    ...known("reasoningNanosPerMillion", entry.output_cost_per_reasoning_token),
    ...known("audioInputNanosPerMillion", entry.input_cost_per_audio_token),
    ...known("audioOutputNanosPerMillion", entry.output_cost_per_audio_token),
    ...known("imageInputNanosPerMillion", entry.input_cost_per_image_token),
    ...(longContext === undefined ? {} : { longContext }),
    ...(typeof limit === "number" && Number.isSafeInteger(limit) ? { maxOutputTokens: limit } : {}),
    ...(typeof entry.mode === "string" ? { mode: entry.mode } : {}),
  };
}

function known<Name extends keyof BookPrice>(
  name: Name,
  usdPerToken: unknown,
): Partial<Record<Name, bigint>> {
  const price = nanosPerMillion(usdPerToken);
  return price === undefined ? {} : ({ [name]: price } as Partial<Record<Name, bigint>>);
}

/** The map names the threshold in the field: `input_cost_per_token_above_200k_tokens`. No model of it has two. */
function longContextOf(entry: MapEntry): LongContextPrices | undefined {
  for (const field of Object.keys(entry)) {
    const match = /^input_cost_per_token_above_(\d+)(k?)_tokens$/.exec(field);
    if (!match) continue;
    const [, digits = "", thousand = ""] = match;
    const above = (kind: string) =>
      nanosPerMillion(entry[`${kind}_above_${digits}${thousand}_tokens`]);
    return {
      aboveTokens: Number(digits) * (thousand === "" ? 1 : 1_000),
      input: above("input_cost_per_token"),
      output: above("output_cost_per_token"),
      cachedInput: above("cache_read_input_token_cost"),
      cacheWrite: above("cache_creation_input_token_cost"),
    };
  }
  return undefined;
}

/**
 * Dollars per token → nano-dollars per million tokens, 15 decimals more. By the number's shortest decimal text, which is what
 * the map's author wrote, since a multiplication of floats would not be exact. Undefined when it is no price.
 */
export function nanosPerMillion(usdPerToken: unknown): bigint | undefined {
  if (typeof usdPerToken !== "number" || !(usdPerToken >= 0)) return undefined;
  const match = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(usdPerToken));
  if (!match) return undefined;
  const [, whole = "", fraction = "", exponent = "0"] = match;
  const shift = 15 + Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  return shift >= 0 ? digits * 10n ** BigInt(shift) : divideRounded(digits, 10n ** BigInt(-shift));
}
