import type { JobModel } from "./model/ledger.ts";
import type { Team, World } from "./world.ts";

/** What a sequence goes by beside the world: the plan of new jobs, and two instances that open calls. */
export interface Course {
  world: World;
  plan: number;
  instances: readonly [string, string];
}

const MICROS_PER_HUNDREDTH = 10_000n;

/** Of a credit, in micro-credits. */
export const hundredths = (count: number) => BigInt(count) * MICROS_PER_HUNDREDTH;

export function jobAt(
  world: World,
  index: number,
  wanted: (job: JobModel) => boolean = () => true,
): JobModel | undefined {
  const jobs = [...world.model.jobs.values()].filter(wanted);
  return jobs[index % Math.max(jobs.length, 1)];
}

export const teamOf = (world: World, { team }: { team: string }): Team =>
  world.teams.find(({ id }) => id === team)!;
