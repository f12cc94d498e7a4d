import type { Reading } from "./counts.ts";
import type { Scope } from "./scopes.ts";

export interface ReadScope {
  scope: Scope;
  reading: Reading;
}

const kinds = [
  ["requests", "requestsPerMinute"],
  ["tokens", "tokensPerMinute"],
] as const;

/**
 * OpenAI's headers: of the team's and the key's limits those with the least left. A model's are not told, since what is left
 * of them tells what other teams do. `reset` is when the oldest of what is counted leaves the minute.
 */
export function rateLimitHeaders(scopes: readonly ReadScope[], nowMs: number) {
  const headers: Record<string, string> = {};
  for (const [kind, name] of kinds) {
    let least: { limit: number; remaining: number; freeAtMs: number } | undefined;
    for (const { scope, reading } of scopes) {
      const limit = scope.limits[name];
      if (scope.kind === "model" || limit === undefined) continue;
      const remaining = Math.max(0, limit - reading[kind]);
      if (least && least.remaining <= remaining) continue;
      least = { limit, remaining, freeAtMs: reading.freeAtMs };
    }
    if (!least) continue;
    headers[`x-ratelimit-limit-${kind}`] = String(least.limit);
    headers[`x-ratelimit-remaining-${kind}`] = String(least.remaining);
    headers[`x-ratelimit-reset-${kind}`] = duration(least.freeAtMs - nowMs);
  }
  return headers;
}

/** As OpenAI writes it: `17ms`, `1.5s`, `1m0s`. */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1_000) return `${whole}ms`;
  const seconds = whole / 1_000;
  if (seconds < 60) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}m${Math.round(seconds % 60)}s`;
}

/** For the documents of the operations that answer with them. */
export const rateLimitHeaderTexts = {
  "x-ratelimit-limit-requests":
    "Requests a minute that the team or the key may make, whichever has less left; absent without such a limit. So are the others.",
  "x-ratelimit-remaining-requests": "How many of them are left.",
  "x-ratelimit-reset-requests":
    "When the oldest of those counted leaves the minute, such as `1.5s`.",
  "x-ratelimit-limit-tokens": "Tokens a minute.",
  "x-ratelimit-remaining-tokens":
    "How many of them are left, estimates of running calls taken off.",
  "x-ratelimit-reset-tokens": "When the oldest of those counted leave the minute.",
};
