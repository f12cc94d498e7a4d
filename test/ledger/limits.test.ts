import { afterEach, describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import type { JobStart } from "../../server/pricing/terms.ts";
import type { OpenAsked } from "./model/calls.ts";
import { startUnder } from "./plans.ts";
import { allocate, callIn, CREDIT, newJob, openAll, twoConnections } from "./two-connections.ts";

/** What a job may take at most, for calls that come alone and for those that come together. */

const { database, world: newWorld } = await twoConnections();
/** Of `plans.ts`. */
const [FLAT, MARKUP] = [0, 5] as const;
const HOUR = 3_600_000;

afterEach(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

/** A team with so many credits and a job that starts as its plan says, but for what is changed. */
async function jobWith(plan: number, credits: bigint, change: (start: JobStart) => JobStart) {
  const world = await newWorld();
  const [team] = world.teams;
  await allocate(world, team, credits);
  const job = await newJob(world, team, change(startUnder(plan, world.clock.now())));
  const open = async (calls: readonly { hold: bigint; more?: Partial<OpenAsked> }[]) => {
    const asked = calls.map(({ hold, more }) => callIn(world, job, hold, more));
    return (await openAll(world, asked)).map(({ outcome, held }) => `${outcome} ${held}`).sort();
  };
  return { world, open };
}

const call = (hold: bigint, more: Partial<OpenAsked> = {}) => ({ hold, more });
const limited = "job_limit_exceeded 0";

describe.each([FLAT, MARKUP])("a job under plan %i", (plan) => {
  const held = plan === FLAT ? "0" : "1";

  test("takes no call from the end of its time on", async () => {
    const { world, open } = await jobWith(plan, 10n * CREDIT, (start) => ({
      ...start,
      ends_by: new Date(Date.UTC(2026, 10, 23, 13)).toISOString(),
    }));
    expect(await open([call(1n)])).toEqual([`opened ${held}`]);
    world.clock.advance(HOUR);
    expect(await open([call(1n)])).toEqual([limited]);
    expect(await open([call(0n)])).toEqual([limited]);
    expect(await open([call(1n), call(1n)])).toEqual([limited, limited]);
  });

  test("takes as many calls as it may, alone or together", async () => {
    const { open } = await jobWith(plan, 10n * CREDIT, (start) => ({
      ...start,
      terms: { ...start.terms, max_calls: 3 },
    }));
    expect(await open([call(1n)])).toEqual([`opened ${held}`]);
    expect(await open([call(1n), call(1n), call(1n)])).toEqual([
      limited,
      `opened ${held}`,
      `opened ${held}`,
    ]);
    expect(await open([call(1n)])).toEqual([limited]);
    expect(await open([call(0n)])).toEqual([limited]);
  });

  test("holds its cap on cost with each call, alone or together", async () => {
    const { open } = await jobWith(plan, 10n * CREDIT, (start) => ({
      ...start,
      max_cost_nanos: "100",
    }));
    const costly = call(1n, { worstCost: 30n });
    expect(await open([costly])).toEqual([`opened ${held}`]);
    expect(await open([costly, costly, costly])).toEqual([
      limited,
      `opened ${held}`,
      `opened ${held}`,
    ]);
    expect(await open([call(1n, { worstCost: 30n, costMin: 10n })])).toEqual([`opened ${held}`]);
    expect(await open([call(1n, { worstCost: 1n })])).toEqual([limited]);
  });
});

describe("a minimum per job", () => {
  const withMinimum = (start: JobStart): JobStart => ({
    ...start,
    terms: { ...start.terms, minimum: "500000" },
  });

  test.each([1, 2])("is held by each of %i calls while nothing is charged", async (count) => {
    const { open } = await jobWith(MARKUP, BigInt(count) * 500_000n, withMinimum);
    const calls = Array.from({ length: count }, () => call(100n));
    expect(await open(calls)).toEqual(calls.map(() => "opened 500000"));
  });

  test.each([1, 2])("that is unaffordable refuses %i calls", async (count) => {
    const { open } = await jobWith(MARKUP, 499_999n, withMinimum);
    const calls = Array.from({ length: count }, () => call(100n));
    expect(await open(calls)).toEqual(calls.map(() => "insufficient_credits 0"));
  });
});

test("a call that can be cut short takes what there is, from its least on", async () => {
  const { open } = await jobWith(MARKUP, 1_000n, (start) => start);
  expect(await open([call(800n)])).toEqual(["opened 800"]);
  expect(await open([call(800n)])).toEqual(["insufficient_credits 0"]);
  expect(await open([call(800n, { holdMin: 201n })])).toEqual(["insufficient_credits 0"]);
  expect(await open([call(800n, { holdMin: 150n })])).toEqual(["opened 200"]);
});
