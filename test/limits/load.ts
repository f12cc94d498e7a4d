import type { Limits } from "../../server/limits/limits.ts";
import { type caller, isRefusal, outcomeOf } from "./callers.ts";

/** Without Redis nothing here waits for anything, and timers would not come to their turn. */
export const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Asks both instances as fast as they answer, eight at a time each, for so long; when what was let through. */
export async function load(
  instances: readonly { limits: Limits }[],
  of: ReturnType<typeof caller>,
  options: { ms: number; run?: () => Promise<void> },
): Promise<number[]> {
  const admittedMs: number[] = [];
  const endsMs = performance.now() + options.ms;
  const ask = async (limits: Limits) => {
    while (performance.now() < endsMs) {
      const outcome = await outcomeOf(of.admit(limits));
      if (!isRefusal(outcome)) {
        admittedMs.push(performance.now());
        await options.run?.();
        outcome.release();
      }
      await nextTurn();
    }
  };
  await Promise.all(
    instances.flatMap(({ limits }) => Array.from({ length: 8 }, () => ask(limits))),
  );
  return admittedMs.sort((one, other) => one - other);
}

/** The most within any span of this length. */
export function most(times: readonly number[], spanMs: number): number {
  let first = 0;
  let most = 0;
  times.forEach((ms, index) => {
    while (times[first]! <= ms - spanMs) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
}
