import type { Load, LoadResult } from "./load.ts";
import { median } from "./statistics.ts";
import type { Target } from "./targets.ts";
import type { Worker } from "./worker.ts";

/** Medians over the rounds. */
export interface Figures {
  p50Ms: number;
  p99Ms: number;
  perSecond: number;
  firstByteP50Ms: number;
}

export interface Series {
  generator: Worker;
  targets: readonly Target[];
  connections: number;
  stream: boolean;
  rounds: number;
  durationMs: number;
  /** What else is measured once a round, under the same conditions. */
  eachRound?: () => void;
}

/**
 * Measures targets in turn, several short rounds each, and takes medians: the machine is shared, and what disturbs it for
 * seconds then disturbs all of them. Every other round runs backwards, so that none always follows the same one.
 */
export async function measure(series: Series): Promise<Map<string, Figures>> {
  const results = new Map<string, LoadResult[]>(series.targets.map(({ name }) => [name, []]));
  for (let round = 0; round < series.rounds; round += 1) {
    series.eachRound?.();
    const order = round % 2 === 0 ? series.targets : series.targets.toReversed();
    for (const target of order) results.get(target.name)?.push(await runOnce(series, target));
  }
  return new Map([...results].map(([name, rounds]) => [name, figuresOf(rounds)]));
}

async function runOnce(series: Series, target: Target): Promise<LoadResult> {
  const { connections, durationMs, generator } = series;
  const load: Load = await target.load({ stream: series.stream, connections, durationMs });
  const result = await generator.ask<LoadResult>(load);
  if (result.problem !== undefined) throw new Error(`${target.name}: ${result.problem}`);
  return result;
}

function figuresOf(rounds: readonly LoadResult[]): Figures {
  const of = (figure: keyof Figures) => median(rounds.map((round) => round[figure]));
  return {
    p50Ms: of("p50Ms"),
    p99Ms: of("p99Ms"),
    perSecond: of("perSecond"),
    firstByteP50Ms: of("firstByteP50Ms"),
  };
}
