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

/** Batches of calls without keys, budgets and ends, which take a way of their own as long as nothing stands in it. */

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

test("each call of a batch is charged and answered for by its own wallet, whichever of them come first", async () => {
  const world = await newWorld();
  const [rich, poor] = world.teams;
  await allocate(world, rich, 10n * CREDIT);
  await allocate(world, poor, 3n * CREDIT);
  const at = world.clock.now();
  const calls = [
    callIn(world, await newJob(world, rich, startUnder(FLAT, at)), 0n),
    callIn(world, await newJob(world, rich, startUnder(MARKUP, at)), CREDIT),
    callIn(world, await newJob(world, poor, startUnder(MARKUP, at)), CREDIT),
    callIn(world, await newJob(world, rich, startUnder(MARKUP, at)), CREDIT),
  ];
  // The first is charged with its job, the second was free: neither has an entry of its own.
  const charges = [0n, 0n, CREDIT, CREDIT / 2n];
  const opened = await openAll(world, calls);
  expect(opened.map(({ held, balance }) => ({ held, balance }))).toEqual([
    { held: 0n, balance: undefined },
    // The flat job holds its price of one credit.
    { held: CREDIT, balance: 10n * CREDIT },
    { held: CREDIT, balance: 3n * CREDIT },
    { held: CREDIT, balance: 10n * CREDIT },
  ]);
  const settled = await settleAll(
    world,
    calls.map((call, index) => ({ call, charge: charges[index]! })),
  );
  expect(settled).toEqual([
    { outcome: "settled", charged: 0n, balance: undefined },
    { outcome: "settled", charged: 0n, balance: 9_500_000n },
    { outcome: "settled", charged: CREDIT, balance: 2n * CREDIT },
    { outcome: "settled", charged: CREDIT / 2n, balance: 9_500_000n },
  ]);
  expect(await walletOf(world, rich)).toEqual({ balance: 9_500_000n, held: CREDIT });
  expect(await walletOf(world, poor)).toEqual({ balance: 2n * CREDIT, held: 0n });
});

test("a batch that another one was faster than opens as many calls as are still paid for", async () => {
  const world = await newWorld();
  const [team] = world.teams;
  await allocate(world, team, 3n * CREDIT);
  const terms = startUnder(MARKUP, world.clock.now());
  const jobs = [await newJob(world, team, terms), await newJob(world, team, terms)] as const;
  const open = (job: (typeof jobs)[number]) => (on: typeof world) =>
    openAll(on, [callIn(on, job, CREDIT), callIn(on, job, CREDIT)]);
  const [first, second] = await behind(world, open(jobs[0]), open(jobs[1]));
  expect(outcomes(first)).toEqual(["opened", "opened"]);
  expect(outcomes(second)).toEqual(["opened", "insufficient_credits"]);
  expect(await walletOf(world, team)).toEqual({ balance: 3n * CREDIT, held: 3n * CREDIT });
  const { calls } = await look(world);
  expect(calls).toHaveLength(3);
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
