import { DomainError } from "../kernel/errors.ts";
import type { LimitName, Taking } from "./counts.ts";
import { rateLimitHeaders } from "./headers.ts";
import type { Demand, Scope } from "./scopes.ts";
import { counted } from "../kernel/counted.ts";

/** SDKs take a longer one for none. */
const LONGEST_RETRY_SECONDS = 30;
/** Nobody knows when a call will end. */
const CALL_RETRY_SECONDS = 1;

const wireNames: Readonly<Record<LimitName, string>> = {
  requestsPerMinute: "requests_per_minute",
  tokensPerMinute: "tokens_per_minute",
  concurrentCalls: "concurrent_calls",
};

/** `rate_limited`: which limit of whom has no room for the call, and when it will have. */
export function rateLimited(demands: readonly Demand[], taking: Taking): DomainError {
  const { exceeded, nowMs, readings } = taking;
  const { index, limit, freeAtMs } = exceeded!;
  const { scope, tokens } = demands[index]!;
  const waitMs = freeAtMs === undefined ? undefined : Math.max(0, freeAtMs - nowMs);
  const seconds =
    waitMs === undefined ? CALL_RETRY_SECONDS : Math.max(1, Math.ceil(waitMs / 1_000));
  const read = demands.map((demand, at) => ({ scope: demand.scope, reading: readings[at]! }));
  return new DomainError("rate_limited", inWords(scope, limit, { tokens, seconds }), {
    hints: {
      scope: scope.kind,
      ...(scope.kind === "model" ? { model: scope.name } : { allowed: scope.limits[limit]! }),
      limit: wireNames[limit],
      resets_at: freeAtMs === undefined ? null : new Date(freeAtMs).toISOString(),
    },
    retryAfterSeconds: Math.min(seconds, LONGEST_RETRY_SECONDS),
    headers: rateLimitHeaders(read, nowMs),
  });
}

function inWords(scope: Scope, limit: LimitName, call: { tokens: number; seconds: number }) {
  const again = `Try again in ${counted(call.seconds, "second")}.`;
  // What all teams together may do with a model is not this team's business.
  const allowed = (unit: string) =>
    scope.kind === "model" ? `${unit}s` : counted(scope.limits[limit]!, unit);
  const its = `${whose(scope)} limit of`;
  switch (limit) {
    case "requestsPerMinute":
      return `${its} ${allowed("request")} a minute is used up. ${again}`;
    case "tokensPerMinute":
      return `${its} ${allowed("token")} a minute has no room for this call, which is taken for about ${call.tokens.toLocaleString("en-US")}. ${again}`;
    case "concurrentCalls":
      return `${its} ${allowed("call")} at once is reached. Try again when one of them has ended.`;
  }
}

function whose(scope: Scope): string {
  switch (scope.kind) {
    case "team":
      return "The team's";
    case "key":
      return `The key ${JSON.stringify(scope.name)}'s`;
    case "model":
      return `The model ${JSON.stringify(scope.name)}'s`;
  }
}
