import type { Limits } from "../../server/limits/limits.ts";
import { type caller, isRefusal, outcomeOf } from "./callers.ts";

/** Without Redis nothing here waits for anything, and timers would not come to their turn. */
export const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A call that was decided on: somewhere between these two moments, in milliseconds. */
export interface Decided {
  askedMs: number;
  answeredMs: number;
  /** 1 unless said otherwise. */
  tokens?: number;
}

/** What came of calls, in the order of their answers. */
export interface Outcomes {
  admitted: Decided[];
  refused: Decided[];
}

/**
 * Asks both instances as fast as they answer, eight at a time each, until it is enough: by what came of it and not by the
 * time it took, since a machine that stands still now and then asks less in the same time.
 */
export async function load(
  instances: readonly { limits: Limits }[],
  of: ReturnType<typeof caller>,
  options: { enough: (so: Outcomes) => boolean; run?: () => Promise<void> },
): Promise<Outcomes> {
  const outcomes: Outcomes = { admitted: [], refused: [] };
  const ask = async (limits: Limits) => {
    while (!options.enough(outcomes)) {
      const askedMs = performance.now();
      const outcome = await outcomeOf(of.admit(limits));
      const decided = { askedMs, answeredMs: performance.now() };
      if (isRefusal(outcome)) outcomes.refused.push(decided);
      else {
        outcomes.admitted.push(decided);
        await options.run?.();
        outcome.release();
      }
      await nextTurn();
    }
  };
  await Promise.all(
    instances.flatMap(({ limits }) => Array.from({ length: 8 }, () => ask(limits))),
  );
  return outcomes;
}

/** The most that was surely let through within one span of this length, however late the answers were read. */
export const most = (admitted: readonly Decided[], spanMs: number): number =>
  Math.max(
    ...admitted.map(({ askedMs: from }) =>
      admitted
        .filter(({ askedMs, answeredMs }) => askedMs >= from && answeredMs < from + spanMs)
        .reduce((sum, { tokens = 1 }) => sum + tokens, 0),
    ),
  );

/** The fewest that may have been let through within one span of this length before a call was refused. */
export const fewestAtRefusal = ({ admitted, refused }: Outcomes, spanMs: number): number =>
  Math.min(
    ...refused.map(
      (refusal) =>
        admitted.filter(
          ({ askedMs, answeredMs }) =>
            answeredMs >= refusal.askedMs - spanMs && askedMs <= refusal.answeredMs,
        ).length,
    ),
  );
