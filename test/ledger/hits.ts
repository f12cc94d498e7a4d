import { bookCachedCalls, type CachedItem } from "../../server/gateway/cached-store.ts";
import type { JobStart } from "../../server/pricing/terms.ts";
import * as functions from "./functions.ts";
import type { OpenAsked } from "./model/calls.ts";
import { startUnder } from "./plans.ts";
import { allocate, CREDIT, jobAsked, newJob, teamNamed } from "./two-connections.ts";
import type { World } from "./world.ts";

/** A hit in a job that is there, or in one that is made for it and ends with it. */
export function hit(world: World, call: OpenAsked, charge = 0n, creation?: JobStart): CachedItem {
  const team = teamNamed(world, call.team);
  const job = creation && {
    ...jobAsked(world, team, creation),
    id: call.jobId,
    endsWithCall: true,
  };
  const open = functions.openItem(world, team, {
    asked: { ...call, worstCost: 0n, hold: charge },
    creation: job,
  });
  const settle = functions.settleItem(
    team,
    { callId: call.callId, status: "succeeded", charge, cost: 0n },
    { id: call.jobId, endsWithCall: creation !== undefined },
  );
  return { open, settle: { ...settle, cacheHit: true } };
}

export const book = (world: World, ...items: CachedItem[]) =>
  bookCachedCalls(world.database, world.at(), world.keyId, items);

/** A world whose first team has ten credits and a job. */
export async function fundedIn(world: World, plan: number) {
  const [team] = world.teams;
  await allocate(world, team, 10n * CREDIT);
  const beginning = startUnder(plan, world.clock.now());
  return { world, team, beginning, job: await newJob(world, team, beginning) };
}
