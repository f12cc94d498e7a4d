import type { CallLimits } from "../../db/schema/organizations.ts";
import { given } from "../http/optional.ts";
import type { Limits, LimitsChange } from "./schema.ts";

/** Limits as they are stored: without those that are none. */
export function fromLimits(change: LimitsChange): CallLimits {
  const { requests_per_minute, tokens_per_minute, concurrent_calls } = given(change);
  return {
    ...(requests_per_minute === undefined ? {} : { requestsPerMinute: requests_per_minute }),
    ...(tokens_per_minute === undefined ? {} : { tokensPerMinute: tokens_per_minute }),
    ...(concurrent_calls === undefined ? {} : { concurrentCalls: concurrent_calls }),
  };
}

export const toLimits = (limits: CallLimits): Limits => ({
  requests_per_minute: limits.requestsPerMinute ?? null,
  tokens_per_minute: limits.tokensPerMinute ?? null,
  concurrent_calls: limits.concurrentCalls ?? null,
});
