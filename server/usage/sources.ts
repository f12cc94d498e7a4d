import type { Context } from "../context.ts";
import { type SpanKind, startOf } from "./calendar.ts";
import { type Frontiers, type Piece, piecesOf } from "./pieces.ts";
import { type RollupState, selectFirstFrom, selectRollupState } from "./store.ts";

/** Quarters that may still change are counted anew while they are as young as this. */
const RECENT_MS = 2 * 3_600_000;
/** More calls than these are not counted while somebody waits: the rollup's figure is taken, some seconds old. */
const MOST_CALLS_COUNTED = 5_000;

export interface Sources {
  pieces: Piece[];
  /** Up to when all that has happened is in the figures. */
  asOf: Date;
}

/** `daysUntilMs` = before then, all days are computed. */
type TeamSources = Sources & { daysUntilMs: number };

/**
 * What a team's figures are read from: rollups for what is over, its jobs and calls for the quarters that may still
 * change. So the answer is current; for a team with very many calls, or a quarter kept open for hours by a job that does
 * not end, it is as old as the rollup.
 */
export async function sourcesOf(
  context: Context,
  of: { teamId: string; from: Date; to: Date; coarsest: SpanKind },
): Promise<TeamSources> {
  const nowMs = context.clock.now();
  const recent = new Date(startOf("quarter", nowMs - RECENT_MS));
  const state = await selectRollupState(context.database, { ...of, recent });
  const until = state.quarters_until?.getTime() ?? 0;
  const countsAnew = state.open_from !== null && Number(state.open_calls) <= MOST_CALLS_COUNTED;
  const frontiers = frontiersOf(state, nowMs, countsAnew ? state.open_from!.getTime() : until);
  const asOf = [state.settled_as_of, countsAnew ? null : state.open_as_of].map(
    (time) => time?.getTime() ?? nowMs,
  );
  return {
    pieces: piecesOf({ fromMs: of.from.getTime(), toMs: of.to.getTime() }, frontiers, of.coarsest),
    daysUntilMs: frontiers.day,
    asOf: new Date(Math.min(nowMs, ...asOf)),
  };
}

/** What figures of all teams are read from: rollups alone. `whole` is for what is not split by time. */
export async function rolledUpSources(
  context: Context,
  of: { from: Date; to: Date; coarsest: SpanKind },
): Promise<Sources & { whole: Piece[] }> {
  const nowMs = context.clock.now();
  const recent = new Date(nowMs);
  const state = await selectRollupState(context.database, { ...of, teamId: null, recent });
  const frontiers = frontiersOf(state, nowMs, state.quarters_until?.getTime() ?? 0);
  const span = { fromMs: of.from.getTime(), toMs: of.to.getTime() };
  const uncounted = await selectFirstFrom(context.database, state.quarters_until ?? new Date(0));
  const asOf = [state.settled_as_of, uncounted && uncounted < of.to ? uncounted : null].map(
    (time) => time?.getTime() ?? nowMs,
  );
  const piecesBy = (coarsest: SpanKind) =>
    piecesOf(span, frontiers, coarsest).filter(({ source }) => source !== "truth");
  return {
    pieces: piecesBy(of.coarsest),
    whole: piecesBy("month"),
    asOf: new Date(Math.min(nowMs, ...asOf)),
  };
}

function frontiersOf(state: RollupState, nowMs: number, quarter: number): Frontiers {
  const day = state.day_waits?.getTime() ?? startOf("day", nowMs);
  // A month waits from its first day that was computed on; before, its days do.
  const month = Math.min(state.month_waits?.getTime() ?? day, startOf("month", day));
  return { quarter, day, month };
}
