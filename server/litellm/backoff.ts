export interface Backoff {
  /** The longest first wait; it doubles with each further attempt. */
  firstMs: number;
  /** No wait is longer. */
  longestMs: number;
}

/** After a child has run this long, its next crash counts as the first one again. */
export const STABLE_AFTER_MS = 60_000;

/**
 * How long to wait before attempt number `attempt` (0 = the first repetition): half of the exponential bound fixed, half
 * random, so that children that died together do not come back together and no wait is near zero.
 */
export function backoffMs(backoff: Backoff, attempt: number, random = Math.random): number {
  const bound = Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(bound / 2 + (random() * bound) / 2);
}
