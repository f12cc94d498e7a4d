import { noTokens, type TokenUsage } from "../../pricing/cost.ts";
import type { Endpoint } from "../../pricing/terms.ts";
import { count } from "../usage.ts";
import { promptParts } from "./texts.ts";
import type { TokenCounter } from "./token-counter.ts";

/** A call whose provider has not told what it used. */
export interface Uncounted {
  endpoint: Endpoint;
  parameters: Readonly<Record<string, unknown>>;
  /** The LiteLLM model that answers it, as far as is known. */
  model: string;
  written: readonly string[];
  /** How much more was written than `written` holds. */
  factor?: number;
}

/** What a call has used, counted from its texts by its model's vocabulary. Calls settled by it are flagged `estimated`. */
export async function estimateUsage(
  { endpoint, parameters, model, written, factor = 1 }: Uncounted,
  counter: TokenCounter,
): Promise<TokenUsage> {
  const prompt = promptParts(endpoint, parameters);
  const inputTokens = prompt.tokens + (await counter.count(model, prompt.texts));
  const outputTokens = Math.ceil((await counter.count(model, written)) * factor);
  return { ...noTokens, inputTokens: count(inputTokens), outputTokens: count(outputTokens) };
}
