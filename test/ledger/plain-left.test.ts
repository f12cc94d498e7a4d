import { afterEach, describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { book } from "./booking.ts";
import * as functions from "./functions.ts";
import type { OpenAsked } from "./model/calls.ts";
import { batchOf, outcomes, start, threeCalls, together } from "./together.ts";
import {
  allocate,
  callIn,
  CREDIT,
  type End,
  jobAsked,
  look,
  newJob,
  openAll,
  settleAll,
  twoConnections,
  walletOf,
} from "./two-connections.ts";
import { budgetPeriod, type World } from "./world.ts";

/** Calls that end and others that begin in one statement: each side is booked as a whole, or left as it was. */

const { database, world: newWorld } = await twoConnections();
/** Of `plans.ts`. */
const [FLAT, MARKUP, TIMED, CAPPED] = [0, 5, 6, 7] as const;
const HOUR = 3_600_000;

afterEach(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

describe("calls that may not begin change nothing, while others end:", () => {
  const reasons: Record<
    string,
    (world: World) => Promise<{ begins: OpenAsked[]; outcomes: string[] }>
  > = {
    "a job that has ended": async (world) => {
      const job = await newJob(world, world.teams[0], start(world, MARKUP));
      await functions.endJob(world, world.teams[0], { id: job.id, as: "completed" });
      return { begins: [callIn(world, job, 0n)], outcomes: ["job_ended"] };
    },
    "another team's job": async (world) => {
      const job = await newJob(world, world.teams[0], start(world, FLAT));
      const begins = [{ ...callIn(world, job, 0n), team: world.teams[1].id }];
      return { begins, outcomes: ["job_not_found"] };
    },
    "no job": async (world) => {
      const job = jobAsked(world, world.teams[0], start(world, MARKUP));
      return { begins: [callIn(world, job, 0n)], outcomes: ["job_not_found"] };
    },
    "other terms": async (world) => {
      const job = await newJob(world, world.teams[0], start(world, MARKUP));
      const begins = [callIn(world, job, 0n, { planVersionId: world.newId() })];
      return { begins, outcomes: ["other_terms"] };
    },
    "one call more than the job takes": async (world) => {
      const job = await newJob(world, world.teams[0], start(world, MARKUP, { max_calls: 2 }));
      const begins = [1, 2, 3].map(() => callIn(world, job, 0n));
      return { begins, outcomes: ["opened", "opened", "job_limit_exceeded"] };
    },
    "a single call's job that has had it": async (world) => {
      const job = await newJob(world, world.teams[0], start(world, MARKUP, { single: true }));
      await openAll(world, [callIn(world, job, 0n)]);
      return { begins: [callIn(world, job, 0n)], outcomes: ["job_limit_exceeded"] };
    },
    "a job whose time is over": async (world) => {
      const job = await newJob(world, world.teams[0], start(world, TIMED));
      world.clock.advance(3 * HOUR);
      return { begins: [callIn(world, job, 0n)], outcomes: ["job_limit_exceeded"] };
    },
    "a job with a cap on cost": async (world) => {
      const job = await newJob(world, world.teams[0], start(world, CAPPED));
      const begins = [callIn(world, job, 0n, { worstCost: 70_000_000n })];
      return { begins, outcomes: ["job_limit_exceeded"] };
    },
    "a job with a cap on credits": async (world) => {
      const [team] = world.teams;
      const job = { ...jobAsked(world, team, start(world, MARKUP)), maxCredits: CREDIT };
      await functions.createJob(world, team, job);
      return { begins: [callIn(world, job, 2n * CREDIT)], outcomes: ["job_limit_exceeded"] };
    },
    "more than there is": async (world) => {
      const job = await newJob(world, world.teams[0], start(world, MARKUP));
      const begins = [callIn(world, job, 7n * CREDIT), callIn(world, job, 3n * CREDIT)];
      return { begins, outcomes: ["opened", "insufficient_credits"] };
    },
    "a debt": async (world) => {
      const [, team] = world.teams;
      await allocate(world, team, CREDIT);
      const job = await newJob(world, team, start(world, MARKUP));
      const call = callIn(world, job, CREDIT);
      await openAll(world, [call]);
      await settleAll(world, [{ call, charge: 2n * CREDIT }]);
      return { begins: [callIn(world, job, 0n)], outcomes: ["insufficient_credits"] };
    },
  };

  test.each(Object.keys(reasons))("%s", async (reason) => {
    const { world, team, job, calls } = await threeCalls(newWorld);
    const { begins, outcomes: expected } = await reasons[reason]!(world);
    const heldBefore = (await walletOf(world, team)).held;
    const countBefore = (await look(world)).calls.length;
    const ends = [
      { call: calls[0], charge: CREDIT },
      { call: calls[1], charge: 0n },
    ];
    const { settled, opened } = await together(world, ends, [callIn(world, job, 0n), ...begins]);
    expect(opened).toBeUndefined();
    expect(settled).toMatchObject([{ charged: CREDIT }, { charged: 0n, balance: 9n * CREDIT }]);
    expect(await walletOf(world, team)).toEqual({
      ...{ balance: 9n * CREDIT, held: heldBefore - 2n * CREDIT },
    });
    expect((await look(world)).calls).toHaveLength(countBefore);
    expect(outcomes(await openAll(world, begins))).toEqual(expected);
  });
});

describe("calls that may not end change nothing, while others begin:", () => {
  const reasons: Record<string, (world: World, call: OpenAsked) => Promise<End>> = {
    "one that has ended": async (world, call) => {
      await settleAll(world, [{ call, charge: CREDIT }]);
      return { call, charge: CREDIT };
    },
    "one that nobody opened": async (world, call) => ({
      call: { ...call, callId: world.newId() },
      charge: CREDIT,
    }),
    "one of another job": async (world, call) => {
      const job = await newJob(world, world.teams[0], start(world, MARKUP));
      return { call: { ...call, jobId: job.id }, charge: CREDIT };
    },
    "one of no job": async (world, call) => ({
      call: { ...call, jobId: world.newId() },
      charge: CREDIT,
    }),
    "one that is held of a budget": async (world, call) => {
      const { id, startsAt } = budgetPeriod(world, 0);
      const budgets = [{ key: `${id} ${startsAt}`, limit: 1_000_000n }];
      const held = { ...call, callId: world.newId(), budgets };
      await openAll(world, [held]);
      return { call: held, charge: 0n };
    },
    "the last one of a job that waits for it": async (world) => {
      const job = await newJob(world, world.teams[0], start(world, FLAT, { free_failures: 0 }));
      const last = callIn(world, job, 0n);
      await openAll(world, [last]);
      await functions.endJob(world, world.teams[0], { id: job.id, as: "failed" });
      return { call: last, charge: 0n };
    },
  };

  test.each(Object.keys(reasons))("%s", async (reason) => {
    const { world, team, job, calls } = await threeCalls(newWorld);
    const bad = await reasons[reason]!(world, calls[0]);
    const { balance, held } = await walletOf(world, team);
    const others = await newJob(world, world.teams[1], start(world, MARKUP));
    const begins = [callIn(world, job, 2n * CREDIT), callIn(world, others, 0n)];
    const ends = [{ call: calls[1], charge: CREDIT }, bad];
    const { settled, opened } = await together(world, ends, begins);
    expect(settled).toBeUndefined();
    expect(opened).toMatchObject([
      { outcome: "opened", jobId: job.id, held: 2n * CREDIT, balance },
      { outcome: "opened", jobId: others.id, held: 0n, balance: 0n },
    ]);
    expect(await walletOf(world, team)).toEqual({ balance, held: held + 2n * CREDIT });
    const ended = (await look(world)).calls.filter(({ id }) => id === calls[1].callId);
    expect(ended).toMatchObject([{ status: "in_flight" }]);
    // The last of a job that waits is settled, and what is to be charged with it is charged.
    expect((await settleAll(world, ends))[0]).toMatchObject({ outcome: "settled" });
  });

  test("one that is there twice is charged once", async () => {
    const { world, team, job, calls } = await threeCalls(newWorld);
    const end = { call: calls[0], charge: CREDIT };
    const ends = [end, { call: calls[1], charge: 0n }, end];
    const { settled } = await book(
      world,
      world.keyId,
      batchOf(world, ends, [callIn(world, job, 0n)]),
    );
    expect(outcomes(settled)).toEqual(["settled", "settled", "already"]);
    expect(await walletOf(world, team)).toEqual({ balance: 9n * CREDIT, held: CREDIT });
  });
});
