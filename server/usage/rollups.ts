import type { Context } from "../context.ts";
import { DAY_MS, endOf, startOf } from "./calendar.ts";
import { nextSpan, rollUp, selectExtent, selectQuarters, type Span } from "./rollups/store.ts";

/** Time that one round of upkeep spends here at most, beside the span under way. */
const ROUND_MS = 4_000;
/** Time that one request to rebuild takes at most, beside the day under way. */
const REBUILD_MS = 10_000;

/**
 * Brings the rollups up to date, for as long as a round may take; the rest waits for the next. Each span is a transaction
 * of its own, right also when two instances compute it. Returns how many spans were computed.
 */
export async function refreshRollups(context: Context, roundMs = ROUND_MS): Promise<number> {
  const { database, clock } = context;
  const deadline = performance.now() + roundMs;
  let computed = 0;
  for (;;) {
    const at = new Date(clock.now());
    const span = await nextSpan(database, at);
    if (!span) return computed;
    await rollUp(database, at, span);
    computed += 1;
    if (performance.now() >= deadline) return computed;
  }
}

export interface Rebuilt {
  /** Quarters, days and months that were computed anew. */
  spans: number;
  /** Those that came out differently. */
  changed: number;
  /** Where to go on; undefined = done. */
  next: Date | undefined;
}

/**
 * Computes the UTC days of a span of time anew from jobs and calls, with the months they lie in; quarters that
 * have neither truth nor figures are passed over. What was never computed is first. Stops after a while and says where to go on.
 */
export async function rebuildRollups(
  context: Context,
  given: { from?: Date | undefined; to?: Date | undefined } = {},
): Promise<Rebuilt> {
  const { database, clock } = context;
  const deadline = performance.now() + REBUILD_MS;
  const refreshed = await refreshRollups(context, REBUILD_MS);
  const result: Rebuilt = { spans: refreshed, changed: 0, next: undefined };
  const extent = await selectExtent(database);
  if (!extent.from || !extent.until) return result;
  const untilMs = Math.min(extent.until.getTime(), given.to?.getTime() ?? Infinity);
  const compute = async (span: Span) => {
    result.spans += 1;
    if (await rollUp(database, new Date(clock.now()), span)) result.changed += 1;
  };
  let dayMs = startOf("day", Math.max(extent.from.getTime(), given.from?.getTime() ?? 0));
  for (; dayMs < untilMs; dayMs += DAY_MS) {
    if (performance.now() >= deadline) {
      result.next = new Date(dayMs);
      return result;
    }
    const end = new Date(Math.min(dayMs + DAY_MS, extent.until.getTime()));
    for (const startsAt of await selectQuarters(database, new Date(dayMs), end)) {
      await compute({ kind: "quarter", startsAt });
    }
    for (const kind of ["day", "month"] as const) {
      const startMs = startOf(kind, dayMs);
      const isLast = endOf(kind, startMs) === dayMs + DAY_MS || dayMs + DAY_MS >= untilMs;
      if (isLast && endOf(kind, startMs) <= clock.now()) {
        await compute({ kind, startsAt: new Date(startMs) });
      }
    }
  }
  result.spans += await refreshRollups(context, REBUILD_MS);
  return result;
}
