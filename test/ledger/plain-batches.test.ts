import { afterEach, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import * as functions from "./functions.ts";
import { startUnder } from "./plans.ts";
import {
  allocate,
  callIn,
  CREDIT,
  look,
  newJob,
  openAll,
  settleAll,
  twoConnections,
  walletOf,
} from "./two-connections.ts";

/** Batches without keys, budgets and ends, which take a way of their own as long as nothing stands in it. */

const { database, world: newWorld, behind } = await twoConnections();
/** Of `plans.ts`. */
const [FLAT, MARKUP] = [0, 5] as const;
const HOUR = 3_600_000;

afterEach(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

async function twoCalls(plan: number) {
  const world = await newWorld();
  const [team] = world.teams;
  await allocate(world, team, 10n * CREDIT);
  const job = await newJob(world, team, startUnder(plan, world.clock.now()));
  return { world, team, job, calls: [callIn(world, job, CREDIT), callIn(world, job, CREDIT)] };
}

const outcomes = (opened: readonly { outcome: string }[]) => opened.map(({ outcome }) => outcome);

test.each([FLAT, MARKUP])(
  "a batch behind the end of its job opens nothing (plan %i)",
  async (plan) => {
    const { world, team, job, calls } = await twoCalls(plan);
    const [ended, opened] = await behind(
      world,
      (on) => functions.endJob(on, team, { id: job.id, as: "completed" }),
      (on) => openAll(on, calls),
    );
    expect(ended).toBe("ended");
    expect(outcomes(opened)).toEqual(["job_ended", "job_ended"]);
  },
);

test("a batch opens what was priced by the job's plan version, and says which was not", async () => {
  const { world, team, calls } = await twoCalls(MARKUP);
  const [mine, other] = calls as [(typeof calls)[0], (typeof calls)[0]];
  const opened = await openAll(world, [mine, { ...other, planVersionId: world.newId() }]);
  expect(outcomes(opened)).toEqual(["opened", "other_terms"]);
  expect((await walletOf(world, team)).held).toBe(CREDIT);
});

test("a batch of a failed job's last calls resolves the hold that waited for them", async () => {
  const { world, team, job, calls } = await twoCalls(FLAT);
  await openAll(world, calls);
  await functions.endJob(world, team, { id: job.id, as: "failed" });
  expect((await walletOf(world, team)).held).toBe(CREDIT);
  await settleAll(
    world,
    calls.map((call) => ({ call, charge: 0n })),
  );
  expect((await walletOf(world, team)).held).toBe(0n);
  expect((await look(world)).jobs).toMatchObject([{ held: "0" }]);
});

test("a batch is not held by credits that have expired", async () => {
  const world = await newWorld();
  const [team] = world.teams;
  await allocate(world, team, 2n * CREDIT, new Date(world.clock.now() + HOUR));
  const job = await newJob(world, team, startUnder(MARKUP, world.clock.now()));
  world.clock.advance(2 * HOUR);
  const opened = await openAll(world, [callIn(world, job, CREDIT), callIn(world, job, CREDIT)]);
  expect(outcomes(opened)).toEqual(["insufficient_credits", "insufficient_credits"]);
  expect(await walletOf(world, team)).toEqual({ balance: 0n, held: 0n });
});
