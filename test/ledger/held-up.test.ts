import { afterEach, describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { changeWallet } from "../../server/credits/change-store.ts";
import * as functions from "./functions.ts";
import { startUnder } from "./plans.ts";
import {
  allocate,
  callIn,
  CREDIT,
  jobAsked,
  look,
  newJob,
  openAll,
  settleAll,
  twoConnections,
  walletOf,
} from "./two-connections.ts";
import { budgetPeriod, type World } from "./world.ts";

/** Statements that are stopped in their middle, and what single ones do at the edge. */

const { database, world: newWorld, heldUp } = await twoConnections();
/** Of `plans.ts`. */
const [FLAT, TIERED, SUBSCRIPTION, MARKUP] = [0, 2, 3, 5] as const;
const HOUR = 3_600_000;

afterEach(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

const start = (world: World, plan: number) => startUnder(plan, world.clock.now());

async function worldWith(credits: bigint) {
  const world = await newWorld();
  const [team] = world.teams;
  await allocate(world, team, credits);
  const lock = `select 1 from wallets where id = '${team.walletId}'`;
  return { world, team, lock };
}

describe("two statements that were stopped at the wallet", () => {
  test("take the last included place once", async () => {
    const { world, team, lock } = await worldWith(10n * CREDIT);
    await newJob(world, team, start(world, SUBSCRIPTION));
    const create = (on: World) => newJob(on, team, start(on, SUBSCRIPTION));
    await heldUp(world, lock, [create, create]);
    const places = (await look(world)).jobs.map(({ place }) => String(place)).sort();
    expect(places).toEqual(["included", "included", "overage"]);
  });
});

describe("two statements that were stopped at the period", () => {
  test("take two positions under tiers", async () => {
    const { world, team } = await worldWith(10n * CREDIT);
    const lock = `select 1 from team_periods where team_id = '${team.id}'`;
    const jobs = [
      await newJob(world, team, start(world, TIERED)),
      await newJob(world, team, start(world, TIERED)),
    ];
    const end = (index: number) => (on: World) =>
      functions.endJob(on, team, { id: jobs[index]!.id, as: "completed" });
    await heldUp(world, lock, [end(0), end(1)]);
    expect((await look(world)).jobs.map(({ charged }) => charged).sort()).toEqual([
      "1100000",
      "900000",
    ]);
  });
});

test("two calls that were stopped at a budget share what is left of it", async () => {
  const { world, team } = await worldWith(10n * CREDIT);
  const [, other] = world.teams;
  await allocate(world, other, 10n * CREDIT);
  const jobs = [
    await newJob(world, team, start(world, MARKUP)),
    await newJob(world, other, start(world, MARKUP)),
  ];
  const { id, startsAt } = budgetPeriod(world, 0);
  const budgets = [{ key: `${id} ${startsAt}`, limit: 8_000n }];
  const tiny = callIn(world, jobs[0]!, 0n, { budgets, worstCost: 1n });
  await openAll(world, [tiny]);
  await settleAll(world, [{ call: tiny, charge: 0n, cost: 1n }]);
  const lock = `select 1 from budget_periods where budget_id = '${id}'`;
  const open = (index: number) => async (on: World) =>
    (await openAll(on, [callIn(on, jobs[index]!, CREDIT, { budgets })]))[0]!.outcome;
  const outcomes = await heldUp(world, lock, [open(0), open(1)]);
  expect(outcomes.sort()).toEqual(["budget_exceeded", "opened"]);
});

describe("a fee", () => {
  const [fee, overage] = [2n * CREDIT, 600_000n];

  test("that is unaffordable is named", async () => {
    const { world, team } = await worldWith(fee - 1n);
    const asked = jobAsked(world, team, start(world, SUBSCRIPTION));
    expect(await functions.createJob(world, team, asked)).toBe("fee_unaffordable");
    expect(await walletOf(world, team)).toEqual({ balance: fee - 1n, held: 0n });
  });

  test("leaves to the job's price only what is above it", async () => {
    const { world, team } = await worldWith(fee + overage - 1n);
    const beginning = start(world, SUBSCRIPTION);
    const withoutPlaces = { ...beginning, terms: { ...beginning.terms, included: 0 } };
    const create = () => functions.createJob(world, team, jobAsked(world, team, withoutPlaces));
    expect(await create()).toBe("insufficient_credits");
    await allocate(world, team, 1n);
    expect(await create()).toBe("created");
    expect(await walletOf(world, team)).toEqual({ balance: overage, held: overage });
  });
});

test("refunds of a job end with its charge", async () => {
  const { world, team } = await worldWith(10n * CREDIT);
  const job = await newJob(world, team, start(world, FLAT));
  await functions.endJob(world, team, { id: job.id, as: "completed" });
  const refund = async (amount: bigint | null) => {
    const { outcome } = await changeWallet(database.drizzle, world.at(), {
      ...{ teamId: team.id, kind: "refund", amount, jobId: job.id },
      ...{ actor: "test", reason: null, idempotencyKey: null },
    });
    return outcome;
  };
  expect(await refund(600_000n)).toBe("changed");
  expect(await refund(600_000n)).toBe("refund_exceeds_charge");
  expect(await refund(null)).toBe("changed");
  expect(await refund(null)).toBe("refund_exceeds_charge");
  expect(await walletOf(world, team)).toEqual({ balance: 10n * CREDIT, held: 0n });
});

test("what is due first is done first: a grant expires before the next refill", async () => {
  const { world, team } = await worldWith(CREDIT);
  await allocate(world, team, CREDIT, new Date(world.clock.now() + HOUR));
  await database.query(
    `with r as (
       insert into credit_refills (id, wallet_id, amount, period, expires, starts_at, actor, created_at)
       values ($1::uuid, $2::uuid, 1000000, 'week', false, '2026-11-23T00:00:00Z', 'test', $3::timestamptz)
     ) update wallets set next_due_at = '2026-11-23T00:00:00Z' where id = $2::uuid`,
    [world.newId(), team.walletId, world.at()],
  );
  await allocate(world, team, CREDIT);
  expect((await walletOf(world, team)).balance).toBe(4n * CREDIT);
  world.clock.advance(2 * HOUR);
  await newJob(world, team, start(world, FLAT));
  expect((await walletOf(world, team)).balance).toBe(3n * CREDIT);
});
