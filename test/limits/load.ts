import type { Limits } from "../../server/limits/limits.ts";
import { type caller, isRefusal, outcomeOf } from "./callers.ts";

/** Without Redis nothing here waits for anything, and timers would not come to their turn. */
export const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A call that was let through: somewhere between these two moments, in milliseconds. */
export interface Admitted {
  askedMs: number;
  answeredMs: number;
  /** 1 unless said otherwise. */
  tokens?: number;
}

/** Asks both instances as fast as they answer, eight at a time each, for so long. */
export async function load(
  instances: readonly { limits: Limits }[],
  of: ReturnType<typeof caller>,
  options: { ms: number; run?: () => Promise<void> },
): Promise<Admitted[]> {
  const admitted: Admitted[] = [];
  const endsMs = performance.now() + options.ms;
  const ask = async (limits: Limits) => {
    while (performance.now() < endsMs) {
      const askedMs = performance.now();
      const outcome = await outcomeOf(of.admit(limits));
      if (!isRefusal(outcome)) {
        admitted.push({ askedMs, answeredMs: performance.now() });
        await options.run?.();
        outcome.release();
      }
      await nextTurn();
    }
  };
  await Promise.all(
    instances.flatMap(({ limits }) => Array.from({ length: 8 }, () => ask(limits))),
  );
  return admitted;
}

/** The most that was surely let through within one span of this length, however late the answers were read. */
export const most = (admitted: readonly Admitted[], spanMs: number): number =>
  Math.max(
    ...admitted.map(({ askedMs: from }) =>
      admitted
        .filter(({ askedMs, answeredMs }) => askedMs >= from && answeredMs < from + spanMs)
        .reduce((sum, { tokens = 1 }) => sum + tokens, 0),
    ),
  );
