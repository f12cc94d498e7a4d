import { plainCalls } from "../../server/gateway/plain-store.ts";
import type { JobStart } from "../../server/pricing/terms.ts";
import type { Batch } from "./booking.ts";
import type { OpenAsked } from "./model/calls.ts";
import { startUnder } from "./plans.ts";
import {
  allocate,
  beginOf,
  callIn,
  CREDIT,
  type End,
  endOf,
  newJob,
  openAll,
} from "./two-connections.ts";
import type { World } from "./world.ts";

/** Of `plans.ts`. */
const MARKUP = 5;

export const batchOf = (
  world: World,
  ends: readonly End[],
  begins: readonly OpenAsked[],
): Batch => ({
  settles: ends.map((end) => endOf(world, end)),
  opens: begins.map((call) => beginOf(world, call)),
});

/** In one statement, which may leave one side or both. */
export const together = (world: World, ends: readonly End[], begins: readonly OpenAsked[]) =>
  plainCalls(world.database, world.at(), world.keyId, batchOf(world, ends, begins));

export const outcomes = (of: readonly { outcome: string }[] | undefined) =>
  of?.map(({ outcome }) => outcome);

/** Under a plan, with terms of its own. */
export function start(
  world: World,
  plan: number,
  terms: Partial<JobStart["terms"]> = {},
): JobStart {
  const beginning = startUnder(plan, world.clock.now());
  return { ...beginning, terms: { ...beginning.terms, ...terms } };
}

/** A team with 10 credits, one job and three calls in flight, each with a credit held. */
export async function threeCalls(newWorld: () => Promise<World>) {
  const world = await newWorld();
  const [team] = world.teams;
  await allocate(world, team, 10n * CREDIT);
  const job = await newJob(world, team, start(world, MARKUP));
  const call = () => callIn(world, job, CREDIT);
  const calls: [OpenAsked, OpenAsked, OpenAsked] = [call(), call(), call()];
  await openAll(world, calls);
  return { world, team, job, calls };
}
