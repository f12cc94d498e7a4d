import { randomUUID } from "node:crypto";

/** A UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, then 74 random bits. Sorts by time. */
export function uuidV7(nowMs: number): string {
  const time = nowMs.toString(16).padStart(12, "0");
  // A random UUID's digits from the thirteenth on are random but for the variant, which both versions share.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** An id may be a moment older or newer than the time that is stored beside it. */
const ID_SLACK_MS = 60_000;

/**
 * Bounds on the ids of what has this time or a later one, an earlier one. They let an index find a span of time and leave
 * partitions out, and are a minute wider than it: whoever needs it exactly compares the stored time as well.
 */
export const lowestIdFrom = (time: Date) => firstUuidV7(time.getTime() - ID_SLACK_MS);
export const highestIdUntil = (time: Date) => firstUuidV7(time.getTime() + ID_SLACK_MS);

/** The smallest UUIDv7 of a millisecond. */
export function firstUuidV7(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/**
 * A call's id is made shortly before its open, and one older than this is not opened any more: so none that is opened from now
 * on has a lower id, and whoever looks for lost calls knows where to begin.
 */
const OLDEST_OPEN_MS = 300_000;
export const lowestIdToOpen = (nowMs: number) => firstUuidV7(nowMs - OLDEST_OPEN_MS);

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text is a UUID in the form in which we write them, lower case. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}
