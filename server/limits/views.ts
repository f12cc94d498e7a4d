import type { ReadScope } from "./headers.ts";
import type { CallLimitView } from "./schema.ts";

/** The limits of a team and a key; a model's are nobody's own. */
export const toCallLimits = (scopes: readonly ReadScope[]): CallLimitView[] =>
  scopes.flatMap(({ scope: { kind, limits }, reading }) =>
    kind === "model"
      ? []
      : [
          {
            scope: kind,
            requests_per_minute: toUse(limits.requestsPerMinute, reading.requests),
            tokens_per_minute: toUse(limits.tokensPerMinute, reading.tokens),
            concurrent_calls: toUse(limits.concurrentCalls, reading.calls),
          },
        ],
  );

const toUse = (limit: number | undefined, used: number) =>
  limit === undefined ? null : { limit, remaining: Math.max(0, limit - used) };
