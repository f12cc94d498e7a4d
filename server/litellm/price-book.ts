import { divideRounded } from "../kernel/money.ts";
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
  const cachedInput = nanosPerMillion(entry.cache_read_input_token_cost);
  const cacheWrite = nanosPerMillion(entry.cache_creation_input_token_cost);
  const reasoning = nanosPerMillion(entry.output_cost_per_reasoning_token);
  const limit = entry.max_output_tokens;
  return {
    inputNanosPerMillion: input,
    outputNanosPerMillion: output,
    ...(cachedInput === undefined ? {} : { cachedInputNanosPerMillion: cachedInput }),
    ...(cacheWrite === undefined ? {} : { cacheWriteNanosPerMillion: cacheWrite }),
    ...(reasoning === undefined ? {} : { reasoningNanosPerMillion: reasoning }),
    ...(typeof limit === "number" && Number.isSafeInteger(limit) ? { maxOutputTokens: limit } : {}),
    ...(typeof entry.mode === "string" ? { mode: entry.mode } : {}),
  };
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
