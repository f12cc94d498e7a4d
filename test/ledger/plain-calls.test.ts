import { afterEach, describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { book } from "./booking.ts";
import * as functions from "./functions.ts";
import { batchOf, outcomes, start, threeCalls, together } from "./together.ts";
import {
  allocate,
  callIn,
  CREDIT,
  entriesOf,
  look,
  newJob,
  openAll,
  twoConnections,
  walletOf,
} from "./two-connections.ts";

/** Calls that end and others that begin in one statement: what it books. */

const { database, world: newWorld, behind } = await twoConnections();
/** Of `plans.ts`. */
const [FLAT, MARKUP] = [0, 5] as const;
const HOUR = 3_600_000;

afterEach(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

test("calls of several jobs and wallets are charged one after the other, and those that begin are held by what is left", async () => {
  const { world, team, job, calls } = await threeCalls(newWorld);
  const poor = world.teams[1];
  await allocate(world, poor, 2n * CREDIT);
  const [theirs, whole] = [
    await newJob(world, poor, start(world, MARKUP, { minimum: "500000" })),
    await newJob(world, poor, start(world, FLAT)),
  ];
  const others = [callIn(world, theirs, 0n), callIn(world, whole, 0n), callIn(world, theirs, 0n)];
  await openAll(world, others);
  // The flat job's price and the minimum of each call in the other.
  expect(await walletOf(world, poor)).toEqual({ balance: 2n * CREDIT, held: 2n * CREDIT });
  expect(await functions.endJob(world, poor, { id: whole.id, as: "completed" })).toBe("ended");

  const begins = [
    callIn(world, theirs, 100_000n),
    callIn(world, job, 2n * CREDIT),
    callIn(world, job, 3n * CREDIT),
  ];
  const { settled, opened } = await together(
    world,
    [
      // A failure that gave nothing is free, what a client left is not; beyond the hold is charged all the same.
      { call: calls[0], charge: CREDIT, status: "failed" },
      { call: others[0]!, charge: 100_000n },
      { call: calls[1], charge: CREDIT / 2n, status: "aborted" },
      { call: others[1]!, charge: 300_000n },
      { call: calls[2], charge: 2n * CREDIT },
      { call: others[2]!, charge: 450_000n },
    ],
    begins,
  );
  const outcome = "settled";
  expect(settled).toEqual([
    { outcome, charged: 0n, balance: 7_500_000n },
    { outcome, charged: 500_000n, balance: 450_000n },
    { outcome, charged: 500_000n, balance: 7_500_000n },
    { outcome, charged: 0n, balance: undefined },
    { outcome, charged: 2n * CREDIT, balance: 7_500_000n },
    { outcome, charged: 50_000n, balance: 450_000n },
  ]);
  // Something is charged in their job: its minimum is no longer to be held.
  expect(opened).toMatchObject([
    { jobId: theirs.id, held: 100_000n, balance: 450_000n },
    { jobId: job.id, held: 2n * CREDIT, balance: 7_500_000n },
    { jobId: job.id, held: 3n * CREDIT, balance: 7_500_000n },
  ]);
  expect(await entriesOf(world, team)).toEqual([
    "allocation 10000000 → 10000000",
    "charge -500000 → 9500000",
    "charge -2000000 → 7500000",
  ]);
  expect(await entriesOf(world, poor)).toEqual([
    "allocation 2000000 → 2000000",
    "charge -1000000 → 1000000",
    "charge -500000 → 500000",
    "charge -50000 → 450000",
  ]);
  expect(await walletOf(world, team)).toEqual({ balance: 7_500_000n, held: 5n * CREDIT });
  expect(await walletOf(world, poor)).toEqual({ balance: 450_000n, held: 100_000n });
  const { jobs } = await look(world);
  const figures = new Map(jobs.map(({ id, ...of }) => [id, of]));
  expect(figures.get(job.id)).toMatchObject({
    ...{ held: "5000000", charged: "2500000", cost: "2100" },
    ...{ calls: 5, succeeded: 1, failed: 2, in_flight: 2, status: "in_progress" },
  });
  expect(figures.get(theirs.id)).toMatchObject({
    ...{ held: "100000", charged: "550000", cost: "1400" },
    ...{ calls: 3, succeeded: 2, failed: 0, in_flight: 1 },
  });
  expect(figures.get(whole.id)).toMatchObject({ calls: 1, in_flight: 0, cost: "700" });
  const flagged = await database.query(
    `select c.id, j.charged_over_hold from llm_calls c join jobs j on j.id = c.job_id
     where 'over_hold' = any (c.cost_flags) and c.team_id = $1::text`,
    [team.id],
  );
  expect(flagged).toEqual([{ id: calls[2].callId, charged_over_hold: true }]);
});

test("a job's minimum is held until it is charged, with the first call that gave something", async () => {
  const { world, team } = await threeCalls(newWorld);
  const job = await newJob(world, team, start(world, MARKUP, { minimum: "500000" }));
  const calls = [1, 2, 3].map(() => callIn(world, job, 0n));
  await openAll(world, calls);
  const free = await together(
    world,
    [
      { call: calls[0]!, charge: CREDIT, status: "failed" },
      { call: calls[1]!, charge: 0n, status: "aborted" },
    ],
    [callIn(world, job, 0n)],
  );
  expect(free.settled).toMatchObject([{ charged: 0n }, { charged: 0n }]);
  expect(free.opened).toMatchObject([{ held: 500_000n }]);
  const ends = [{ call: calls[2]!, charge: 100_000n }];
  const charged = await together(world, ends, [callIn(world, job, 0n)]);
  expect(charged.settled).toMatchObject([{ charged: 500_000n }]);
  expect(charged.opened).toMatchObject([{ held: 0n }]);
});

describe("credits at the lock of a wallet", () => {
  test("are without what the calls that end take beyond their holds", async () => {
    const { world, team, job, calls } = await threeCalls(newWorld);
    const ends = [{ call: calls[0], charge: 7n * CREDIT }];
    const batch = batchOf(world, ends, [callIn(world, job, 4n * CREDIT)]);
    const { settled, opened } = await book(world, world.keyId, batch);
    expect([outcomes(settled), outcomes(opened)]).toEqual([["settled"], ["insufficient_credits"]]);
    expect(await walletOf(world, team)).toEqual({ balance: 3n * CREDIT, held: 2n * CREDIT });
  });

  test("are with what the calls that end free, whatever was held meanwhile", async () => {
    const { world, team, job, calls } = await threeCalls(newWorld);
    const second = await newJob(world, team, start(world, MARKUP));
    const [, { settled, opened }] = await behind(
      world,
      (on) => openAll(on, [callIn(on, second, CREDIT)]),
      (on) => together(on, [{ call: calls[0], charge: 0n }], [callIn(on, job, 7n * CREDIT)]),
    );
    expect([outcomes(settled), outcomes(opened)]).toEqual([["settled"], ["opened"]]);
    expect(await walletOf(world, team)).toEqual({ balance: 10n * CREDIT, held: 10n * CREDIT });
  });

  test("do not matter to a team without a limit, nor to jobs that are charged at their end", async () => {
    const { world, calls } = await threeCalls(newWorld);
    const [team, unlimited] = world.teams;
    await database.query("update wallets set credit_limit = null where id = $1::uuid", [
      unlimited.walletId,
    ]);
    const free = await newJob(world, unlimited, start(world, MARKUP));
    const flat = await newJob(world, team, start(world, FLAT));
    const [mine, whole] = [callIn(world, free, CREDIT), callIn(world, flat, 0n)];
    const first = await together(world, [{ call: calls[0], charge: CREDIT }], [whole, mine]);
    expect(first.opened).toMatchObject([{ balance: undefined }, { held: CREDIT, balance: 0n }]);
    const ends = [whole, mine].map((call) => ({ call, charge: 3n * CREDIT }));
    const next = [callIn(world, flat, 0n), callIn(world, flat, 0n)];
    const second = await together(world, ends, next);
    expect(second.settled).toMatchObject([{ charged: 0n }, { balance: -3n * CREDIT }]);
    expect(second.opened).toMatchObject(next.map(() => ({ held: 0n, balance: undefined })));
    // No wallet at all.
    const last = await together(
      world,
      next.map((call) => ({ call, charge: CREDIT })),
      [callIn(world, flat, CREDIT)],
    );
    expect(last.settled).toMatchObject(next.map(() => ({ charged: 0n, balance: undefined })));
    expect(last.opened).toMatchObject([{ outcome: "opened", held: 0n }]);
    expect(await walletOf(world, unlimited)).toEqual({ balance: -3n * CREDIT, held: 0n });
  });

  test("are without those that have expired", async () => {
    const { world, team, job, calls } = await threeCalls(newWorld);
    await allocate(world, team, 10n * CREDIT, new Date(world.clock.now() + HOUR));
    world.clock.advance(2 * HOUR);
    const ends = [{ call: calls[0], charge: CREDIT }];
    const batch = batchOf(world, ends, [callIn(world, job, 11n * CREDIT)]);
    await expect(together(world, ends, [callIn(world, job, CREDIT)])).rejects.toThrow();
    expect((await walletOf(world, team)).balance).toBe(20n * CREDIT);
    const { settled, opened } = await book(world, world.keyId, batch);
    expect([outcomes(settled), outcomes(opened)]).toEqual([["settled"], ["insufficient_credits"]]);
  });
});
