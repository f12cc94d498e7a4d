import { afterEach, describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { openBatch } from "./booking.ts";
import * as functions from "./functions.ts";
import { startUnder } from "./plans.ts";
import {
  allocate,
  callIn,
  claimed,
  CREDIT,
  look,
  newJob,
  openAll,
  settleAll,
  twoConnections,
  walletOf,
} from "./two-connections.ts";
import type { World } from "./world.ts";

const { database, world: newWorld, behind } = await twoConnections();
/** Of `plans.ts`. */
const [FLAT, MARKUP] = [0, 5] as const;

afterEach(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

/** A team with 10 credits and a job. */
async function oneJob(plan: number = MARKUP) {
  const world = await newWorld();
  const [team] = world.teams;
  await allocate(world, team, 10n * CREDIT);
  return { world, team, job: await newJob(world, team, startUnder(plan, world.clock.now())) };
}
/** Batches in which a call ends that has a key are settled in another way. */
const ways = ["plain", "keyed"] as const;
const ended = <End extends { call: { callId: string } }>(way: (typeof ways)[number], end: End) => ({
  ...end,
  ...(way === "keyed" && { claimId: end.call.callId }),
});

const outcomes = async (opened: Promise<{ outcome: string }[]>) =>
  (await opened).map(({ outcome }) => outcome);

describe("two calls under one idempotency key", () => {
  test("in a batch are opened once, and held once", async () => {
    const { world, team, job } = await oneJob();
    const items = [0, 1].map(() => claimed(world, callIn(world, job, CREDIT), "one-batch"));
    expect(await outcomes(openBatch(world, world.keyId, items))).toEqual(["opened", "running"]);
    expect(await walletOf(world, team)).toEqual({ balance: 10n * CREDIT, held: CREDIT });
  });

  test("on two connections are opened once, and held once", async () => {
    const { world, team, job } = await oneJob();
    const open = (on: World) =>
      outcomes(openBatch(on, on.keyId, [claimed(on, callIn(on, job, CREDIT), "two-batches")]));
    expect(await behind(world, open, open)).toEqual([["opened"], ["running"]]);
    expect(await walletOf(world, team)).toEqual({ balance: 10n * CREDIT, held: CREDIT });
  });

  test("free it when the first is refused", async () => {
    const { world, job } = await oneJob();
    const open = (hold: bigint) =>
      outcomes(
        openBatch(world, world.keyId, [claimed(world, callIn(world, job, hold), "refused")]),
      );
    expect(await open(11n * CREDIT)).toEqual(["insufficient_credits"]);
    expect(await open(CREDIT)).toEqual(["opened"]);
  });
});

describe("another team's job", () => {
  test.each([FLAT, MARKUP])(
    "is not found right after its owner's own call (plan %i)",
    async (plan) => {
      const { world, job } = await oneJob(plan);
      const [, stranger] = world.teams;
      await allocate(world, stranger, 10n * CREDIT);
      const mine = callIn(world, job, CREDIT);
      const theirs = { ...callIn(world, job, CREDIT), team: stranger.id };
      // In both orders, since the functions take wallets in the order of their ids.
      for (const items of [
        [mine, theirs],
        [
          { ...theirs, callId: world.newId() },
          { ...mine, callId: world.newId() },
        ],
      ]) {
        const opened = await openAll(world, items);
        const found = new Map(items.map((item, index) => [item.team, opened[index]!.outcome]));
        expect(found.get(job.team)).toBe("opened");
        expect(found.get(stranger.id)).toBe("job_not_found");
      }
      expect(await walletOf(world, stranger)).toEqual({ balance: 10n * CREDIT, held: 0n });
    },
  );
});

describe("a batch of one job", () => {
  test("grants each call what the ones before it have left", async () => {
    const { world, team, job } = await oneJob();
    const calls = [6, 6, 4].map((credits) => callIn(world, job, BigInt(credits) * CREDIT));
    const opened = await openAll(world, calls);
    expect(opened.map(({ outcome }) => outcome).sort()).toEqual([
      "insufficient_credits",
      "opened",
      "opened",
    ]);
    expect((await walletOf(world, team)).held).toBe(10n * CREDIT);
  });

  test("settles a call once that is in it twice", async () => {
    const { world, team, job } = await oneJob();
    const call = callIn(world, job, CREDIT);
    await openAll(world, [call]);
    const end = { call, charge: CREDIT };
    expect(await outcomes(settleAll(world, [end, end]))).toEqual(["settled", "already"]);
    expect(await walletOf(world, team)).toEqual({ balance: 9n * CREDIT, held: 0n });
  });

  test.each(ways)("of %s calls charges more than was held, and says so", async (way) => {
    const { world, team, job } = await oneJob();
    const calls = [callIn(world, job, CREDIT), callIn(world, job, CREDIT)];
    await openAll(world, calls);
    await settleAll(
      world,
      calls.map((call) => ended(way, { call, charge: 9n * CREDIT })),
    );
    expect(await walletOf(world, team)).toEqual({ balance: -8n * CREDIT, held: 0n });
    expect((await look(world)).jobs).toMatchObject([{ charged: "18000000" }]);
    const flagged = await database.query(
      "select 1 from llm_calls where job_id = $1::uuid and 'over_hold' = any (cost_flags)",
      [job.id],
    );
    expect(flagged).toHaveLength(2);
    // A debt blocks new work, also such that would be free.
    expect(await outcomes(openAll(world, [callIn(world, job, 0n)]))).toEqual([
      "insufficient_credits",
    ]);
  });
});

test.each([1, 2])("%i calls are not held by credits that have expired", async (count) => {
  const world = await newWorld();
  const [team] = world.teams;
  const hour = 3_600_000;
  await allocate(world, team, 10n * CREDIT, new Date(world.clock.now() + hour));
  const job = await newJob(world, team, startUnder(MARKUP, world.clock.now()));
  const open = () =>
    openAll(
      world,
      Array.from({ length: count }, () => callIn(world, job, CREDIT)),
    );
  expect(await outcomes(open())).toEqual(Array.from({ length: count }, () => "opened"));
  world.clock.advance(hour);
  expect(await outcomes(open())).toEqual(
    Array.from({ length: count }, () => "insufficient_credits"),
  );
  // What is held is kept alive.
  const held = BigInt(count) * CREDIT;
  expect(await walletOf(world, team)).toEqual({ balance: held, held });
});

test.each([1, 2])("%i calls that were priced by other terms are not opened", async (count) => {
  const { world, team, job } = await oneJob();
  const calls = Array.from({ length: count }, () =>
    callIn(world, job, CREDIT, { planVersionId: world.newId() }),
  );
  expect(await outcomes(openAll(world, calls))).toEqual(calls.map(() => "other_terms"));
  expect((await walletOf(world, team)).held).toBe(0n);
});

test.each([1, 2])("%i calls behind the end of their job are not opened", async (count) => {
  const { world, team, job } = await oneJob();
  const calls = Array.from({ length: count }, () => callIn(world, job, CREDIT));
  const [, opened] = await behind(
    world,
    (on) => functions.endJob(on, team, { id: job.id, as: "completed" }),
    (on) => outcomes(openAll(on, calls)),
  );
  expect(opened).toEqual(calls.map(() => "job_ended"));
  expect(await walletOf(world, team)).toEqual({ balance: 10n * CREDIT, held: 0n });
});

test.each([1, 2])("a failed job is charged with the last of %i calls", async (count) => {
  const world = await newWorld();
  const [team] = world.teams;
  await allocate(world, team, 10n * CREDIT);
  const beginning = startUnder(FLAT, world.clock.now());
  const terms = { ...beginning.terms, free_failures: 0 };
  const job = await newJob(world, team, { ...beginning, terms });
  const calls = Array.from({ length: count }, () => callIn(world, job, 0n));
  await openAll(world, calls);
  expect(await functions.endJob(world, team, { id: job.id, as: "failed" })).toBe("ended");
  expect((await walletOf(world, team)).held).toBe(CREDIT);
  // $0.05 of all calls together, at $0.10 a credit.
  const cost = 50_000_000n / BigInt(count);
  await settleAll(
    world,
    calls.map((call) => ({ call, charge: 0n, cost })),
  );
  expect(await walletOf(world, team)).toEqual({ balance: 9_500_000n, held: 0n });
});

describe("a minimum per job", () => {
  test.each([
    [1, "plain"],
    [2, "plain"],
    [2, "keyed"],
  ] as const)(
    "is charged once, and what goes beyond it then, in batches of %i %s calls",
    async (size, way) => {
      const world = await newWorld();
      const [team] = world.teams;
      await allocate(world, team, 10n * CREDIT);
      const beginning = startUnder(MARKUP, world.clock.now());
      const terms = { ...beginning.terms, minimum: "500000" };
      const job = await newJob(world, team, { ...beginning, terms });
      const calls = [100_000n, 300_000n, 200_000n, 50_000n].map((charge) =>
        ended(way, { call: callIn(world, job, CREDIT), charge }),
      );
      await openAll(
        world,
        calls.map(({ call }) => call),
      );
      const charged: bigint[] = [];
      for (let next = 0; next < calls.length; next += size) {
        const settled = await settleAll(world, calls.slice(next, next + size));
        charged.push(...settled.map((one) => one.charged));
      }
      // 0.5 at least; 0.4 is still below it; 0.6 and 0.65 are what the calls come to.
      expect(charged).toEqual([500_000n, 0n, 100_000n, 50_000n]);
      expect((await walletOf(world, team)).balance).toBe(10n * CREDIT - 650_000n);
    },
  );
});

test.each([1, 2])("the true cost of %i swept calls is recorded once", async (count) => {
  const { world, team, job } = await oneJob();
  const calls = Array.from({ length: count }, () => callIn(world, job, CREDIT));
  await openAll(world, calls);
  await functions.resolveLost(world, world.keyId);
  // An ended job is found by its cost, which is checked after each test.
  await functions.endJob(world, team, { id: job.id, as: "completed" });
  const settle = (cost: bigint) =>
    outcomes(
      settleAll(
        world,
        calls.map((call) => ({ call, charge: CREDIT, cost })),
      ),
    );
  expect(await settle(700n)).toEqual(calls.map(() => "swept"));
  expect(await settle(900n)).toEqual(calls.map(() => "already"));
  expect((await look(world)).jobs).toMatchObject([{ cost: String(700 * count), charged: "0" }]);
});
