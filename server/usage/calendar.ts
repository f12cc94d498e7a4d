/** What rollups are kept of. */
export type SpanKind = "quarter" | "day" | "month";

const QUARTER_MS = 15 * 60_000;
export const DAY_MS = 86_400_000;

/** The start of the quarter of an hour, UTC day or month that an instant lies in. */
export function startOf(kind: SpanKind, ms: number): number {
  if (kind === "quarter") return ms - (ms % QUARTER_MS);
  if (kind === "day") return ms - (ms % DAY_MS);
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** The end of a span that starts then. */
export function endOf(kind: SpanKind, startMs: number): number {
  if (kind === "quarter") return startMs + QUARTER_MS;
  if (kind === "day") return startMs + DAY_MS;
  const date = new Date(startMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/** The first start of a span at an instant or after it. */
export function startFrom(kind: SpanKind, ms: number): number {
  const start = startOf(kind, ms);
  return start === ms ? start : endOf(kind, start);
}

/** The start of the third of a month that an instant lies in: its 1st, 11th or 21st. */
export function startOfThird(ms: number): number {
  const date = new Date(ms);
  const first = Math.min(Math.floor((date.getUTCDate() - 1) / 10), 2) * 10 + 1;
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), first);
}

/** The end of a third that starts then. */
export function endOfThird(startMs: number): number {
  // Eleven days on from the 21st lies in the next month, whose first third begins there, or has begun.
  return startOfThird(startMs + 11 * DAY_MS);
}
