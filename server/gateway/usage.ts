import type { TokenUsage } from "../pricing/cost.ts";

/** What a call used, from an OpenAI `usage` object; undefined when there is none. Numbers that make no sense count as 0. */
export function usageFromApi(usage: unknown): TokenUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const inputDetails = isRecord(usage["prompt_tokens_details"])
    ? usage["prompt_tokens_details"]
    : {};
  const outputDetails = isRecord(usage["completion_tokens_details"])
    ? usage["completion_tokens_details"]
    : {};
  return {
    inputTokens: count(usage["prompt_tokens"]),
    cachedInputTokens: count(inputDetails["cached_tokens"]),
    cacheWriteTokens: count(usage["cache_creation_input_tokens"]),
    audioInputTokens: count(inputDetails["audio_tokens"]),
    imageInputTokens: count(inputDetails["image_tokens"]),
    outputTokens: count(usage["completion_tokens"]),
    reasoningTokens: count(outputDetails["reasoning_tokens"]),
    audioOutputTokens: count(outputDetails["audio_tokens"]),
  };
}

/** PostgreSQL's largest int; no call has that many tokens. */
const MOST_TOKENS = 2_147_483_647;

export function count(value: unknown): number {
  if (typeof value !== "number" || Number.isNaN(value) || value <= 0) return 0;
  return Math.min(Math.round(value), MOST_TOKENS);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON object from text; undefined when it is none. */
export function parseRecord(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
