import type { CallLimits } from "../../db/schema/organizations.ts";

/** How time is cut: a window of so many buckets, and the one that is being filled. */
export interface WindowShape {
  bucketMs: number;
  buckets: number;
}

/** How long what is counted counts at most: the window and the bucket being filled. */
export const spanMs = ({ bucketMs, buckets }: WindowShape): number => (buckets + 1) * bucketMs;

/** A minute in seconds. */
export const MINUTE: WindowShape = { bucketMs: 1_000, buckets: 60 };

export type LimitName = keyof CallLimits;

/** What a scope has used: in the window, and at once. */
export interface Reading {
  requests: number;
  tokens: number;
  calls: number;
  /** When the oldest of what is counted leaves the window; the time itself when nothing is. */
  freeAtMs: number;
}

/** Which limit has no room, and until when; of calls in flight that is not known. */
export interface Exceeded {
  /** Position among the scopes that were asked. */
  index: number;
  limit: LimitName;
  freeAtMs: number | undefined;
}

/** What came of asking all scopes at once: everything was taken, or nothing. */
export interface Taking {
  exceeded: Exceeded | undefined;
  /** By the clock of whoever counts. */
  nowMs: number;
  /** Of each scope, the call included if it was taken. */
  readings: readonly Reading[];
  /** The bucket of each scope that the call was counted in. */
  buckets: readonly number[];
}

/** How a call that was counted has ended: what it really took, or that it is not to count at all. */
export type Ending = { tokens: number } | "cancelled";

/** What an ending changes of what was reserved: requests are given back by a cancelled one only. */
export function correction(ending: Ending, reserved: number): { requests: number; tokens: number } {
  if (ending === "cancelled") return { requests: -1, tokens: -reserved };
  return { requests: 0, tokens: ending.tokens - reserved };
}
