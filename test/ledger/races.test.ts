import { afterEach, describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { rollOverDue } from "../../server/credits/change-store.ts";
import { openBatch } from "./booking.ts";
import * as functions from "./functions.ts";
import type { OpenAsked } from "./model/calls.ts";
import type { JobAsked } from "./model/ledger.ts";
import { startUnder } from "./plans.ts";
import {
  allocate,
  callIn,
  claimed,
  CREDIT,
  entriesOf,
  jobAsked,
  look,
  newJob,
  openAll,
  settleAll,
  twoConnections,
  walletOf,
} from "./two-connections.ts";
import { budgetPeriod, type World } from "./world.ts";

const { database, world: newWorld, behind, atOnce } = await twoConnections();
/** Of `plans.ts`. */
const [FLAT, TIERED, SUBSCRIPTION, MARKUP] = [0, 2, 3, 5] as const;
const HOUR = 3_600_000;

afterEach(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

/** Opens calls in one statement, each under a key of its own. */
const openKeyed = (world: World, asked: readonly OpenAsked[]) =>
  openBatch(
    world,
    world.keyId,
    asked.map((one) => claimed(world, one, one.callId)),
  );

/** Calls with keys, like those that come with their job or a budget, take another way than plain ones. */
const batches = [
  [1, "plain"],
  [2, "plain"],
  [2, "keyed"],
] as const;

const start = (world: World, plan: number) => startUnder(plan, world.clock.now());

describe("a settle behind an allocation", () => {
  test.each(batches)(
    "of %i %s calls books onto the balance that it waited for",
    async (count, kind) => {
      const world = await newWorld();
      const [team] = world.teams;
      await allocate(world, team, 10n * CREDIT);
      const job = await newJob(world, team, start(world, MARKUP));
      const calls = Array.from({ length: count }, () => callIn(world, job, CREDIT));
      await (kind === "plain" ? openAll(world, calls) : openKeyed(world, calls));
      const ends = calls.map((call) => ({
        ...{ call, charge: CREDIT },
        ...(kind === "keyed" && { claimId: call.callId }),
      }));
      await behind(
        world,
        (on) => allocate(on, team, 100n * CREDIT),
        (on) => settleAll(on, ends),
      );
      const balance = 110n * CREDIT - BigInt(count) * CREDIT;
      expect(await walletOf(world, team)).toEqual({ balance, held: 0n });
      expect((await entriesOf(world, team)).at(-1)).toBe(`charge -1000000 → ${balance}`);
    },
  );
});

describe("two jobs under tiers", () => {
  test("that complete at once take two positions", async () => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, 10n * CREDIT);
    const jobs = [await newJob(world, team, start(world, TIERED))];
    jobs.push(await newJob(world, team, start(world, TIERED)));
    const end = (on: World, id: string) => functions.endJob(on, team, { id, as: "completed" });
    await behind(
      world,
      (on) => end(on, jobs[0]!.id),
      (on) => end(on, jobs[1]!.id),
    );
    const charged = (await look(world)).jobs.map((job) => job.charged).sort();
    expect(charged).toEqual(["1100000", "900000"]);
  });
});

describe("two that end one job", () => {
  test("charge it once", async () => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, 10n * CREDIT);
    const job = await newJob(world, team, start(world, FLAT));
    const end = (as: string) => (on: World) => functions.endJob(on, team, { id: job.id, as });
    expect(await behind(world, end("completed"), end("completed"))).toEqual(["ended", "already"]);
    expect(await end("failed")(world)).toBe("conflict");
    expect(await walletOf(world, team)).toEqual({ balance: 9n * CREDIT, held: 0n });
  });
});

describe("the last included place", () => {
  test("goes to one of two jobs, and the other pays", async () => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, 10n * CREDIT);
    await newJob(world, team, start(world, SUBSCRIPTION));
    await behind(
      world,
      (on) => newJob(on, team, start(on, SUBSCRIPTION)),
      (on) => newJob(on, team, start(on, SUBSCRIPTION)),
    );
    const { jobs, periods } = await look(world);
    const places = jobs.map(({ place }) => String(place)).sort();
    expect(places).toEqual(["included", "included", "overage"]);
    expect(periods).toMatchObject([{ taken: 2, fee: "2000000" }]);
  });

  test("and the fee are taken once by two first jobs", async () => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, 10n * CREDIT);
    await behind(
      world,
      (on) => newJob(on, team, start(on, SUBSCRIPTION)),
      (on) => newJob(on, team, start(on, SUBSCRIPTION)),
    );
    expect(await walletOf(world, team)).toEqual({ balance: 8n * CREDIT, held: 0n });
  });
});

describe("a grant that expires under an open hold", () => {
  test("keeps what is held, and goes when the hold does", async () => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, 10n * CREDIT, new Date(world.clock.now() + HOUR));
    const job = await newJob(world, team, start(world, MARKUP));
    const call = callIn(world, job, 8n * CREDIT);
    await openAll(world, [call]);
    world.clock.advance(2 * HOUR);
    expect((await openAll(world, [callIn(world, job, 1n)]))[0]!.outcome).toBe(
      "insufficient_credits",
    );
    expect(await walletOf(world, team)).toEqual({ balance: 8n * CREDIT, held: 8n * CREDIT });
    const [, opened] = await behind(
      world,
      (on) => settleAll(on, [{ call, charge: 3n * CREDIT }]),
      (on) => openAll(on, [callIn(on, job, 1n)]),
    );
    expect(opened[0]!.outcome).toBe("insufficient_credits");
    expect(await entriesOf(world, team)).toEqual([
      "allocation 10000000 → 10000000",
      "expiry -2000000 → 8000000",
      "charge -3000000 → 5000000",
      "expiry -5000000 → 0",
    ]);
  });

  test("is left alone by the tick while everything is held", async () => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, CREDIT, new Date(world.clock.now() + HOUR));
    await newJob(world, team, start(world, FLAT));
    world.clock.advance(2 * HOUR);
    await rollOverDue(database.drizzle, world.at(), 100);
    expect(await walletOf(world, team)).toEqual({ balance: CREDIT, held: CREDIT });
  });
});

describe("a budget that is used up", () => {
  test("refuses a call whose credits were there, and holds none of them", async () => {
    const world = await newWorld();
    const [team, other] = world.teams;
    for (const one of world.teams) await allocate(world, one, 10n * CREDIT);
    const [mine, theirs] = [
      await newJob(world, team, start(world, MARKUP)),
      await newJob(world, other, start(world, MARKUP)),
    ];
    const { id, startsAt } = budgetPeriod(world, 0);
    const budgets = [{ key: `${id} ${startsAt}`, limit: 8_000n }];
    const [, refused] = await behind(
      world,
      (on) => openAll(on, [callIn(on, mine, CREDIT, { budgets })]),
      (on) => openAll(on, [callIn(on, theirs, CREDIT, { budgets })]),
    );
    expect(refused[0]!.outcome).toBe("budget_exceeded");
    expect(await walletOf(world, other)).toEqual({ balance: 10n * CREDIT, held: 0n });
    expect((await look(world)).budgets).toMatchObject([{ held: "5000", spent: "0" }]);
  });

  test("of an organization lets two teams' batches through in any order of their items, without a deadlock", async () => {
    const world = await newWorld();
    const jobs: JobAsked[] = [];
    for (const one of world.teams) {
      await allocate(world, one, 1_000n * CREDIT);
      for (let n = 0; n < 4; n += 1) jobs.push(await newJob(world, one, start(world, MARKUP)));
    }
    const budgets = [0, 1].map((index) => {
      const { id, startsAt } = budgetPeriod(world, index);
      return { key: `${id} ${startsAt}`, limit: 10_000_000n };
    });
    const rounds = 20;
    const batches = (order: typeof jobs, inOrder: typeof budgets) => async (on: World) => {
      for (let round = 0; round < rounds; round += 1) {
        const calls = order.map((job) => callIn(on, job, CREDIT, { budgets: inOrder }));
        const opened = await openAll(on, calls);
        expect(opened.map(({ outcome }) => outcome)).toEqual(calls.map(() => "opened"));
        await settleAll(
          on,
          calls.toReversed().map((call) => ({ call, charge: 10n, cost: 3n })),
        );
      }
    };
    await atOnce(world, batches(jobs, budgets), batches(jobs.toReversed(), budgets.toReversed()));
    const spent = String(rounds * 2 * jobs.length * 3);
    expect((await look(world)).budgets).toMatchObject([
      { spent, held: "0" },
      { spent, held: "0" },
    ]);
  });
});

describe("a settle behind a sweep", () => {
  test.each([1, 2])("of %i calls records the cost and charges nothing", async (count) => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, 10n * CREDIT);
    const job = await newJob(world, team, start(world, MARKUP));
    const calls = Array.from({ length: count }, () => callIn(world, job, CREDIT));
    await openAll(world, calls);
    const [, settled] = await behind(
      world,
      (on) => functions.resolveLost(on, world.keyId),
      (on) =>
        settleAll(
          on,
          calls.map((call) => ({ call, charge: CREDIT })),
        ),
    );
    expect(settled.map(({ outcome }) => outcome)).toEqual(calls.map(() => "swept"));
    expect(await walletOf(world, team)).toEqual({ balance: 10n * CREDIT, held: 0n });
    expect((await look(world)).jobs).toMatchObject([
      { cost: String(700 * count), charged: "0", in_flight: 0, failed: count },
    ]);
  });

  test("leaves to the settle what it was first to end", async () => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, 10n * CREDIT);
    const job = await newJob(world, team, start(world, MARKUP));
    const call = callIn(world, job, CREDIT);
    await openAll(world, [call]);
    await behind(
      world,
      (on) => settleAll(on, [{ call, charge: CREDIT }]),
      (on) => functions.resolveLost(on, world.keyId),
    );
    expect(await walletOf(world, team)).toEqual({ balance: 9n * CREDIT, held: 0n });
    expect((await look(world)).calls).toMatchObject([{ status: "succeeded", charged: "1000000" }]);
  });
});

describe("two that there is enough for one of", () => {
  test("jobs: one is created", async () => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, CREDIT);
    const create = (on: World) =>
      functions.createJob(on, team, jobAsked(on, team, start(on, FLAT)));
    expect(await behind(world, create, create)).toEqual(["created", "insufficient_credits"]);
  });

  test.each(batches)("batches of %i %s calls: one is opened", async (count, kind) => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, BigInt(count) * CREDIT);
    const jobs = [
      await newJob(world, team, start(world, MARKUP)),
      await newJob(world, team, start(world, MARKUP)),
    ];
    const open = (index: number) => async (on: World) => {
      const calls = Array.from({ length: count }, () => callIn(on, jobs[index]!, CREDIT));
      const opened = kind === "plain" ? openAll(on, calls) : openKeyed(on, calls);
      return (await opened).map(({ outcome }) => outcome);
    };
    expect(await behind(world, open(0), open(1))).toEqual([
      Array.from({ length: count }, () => "opened"),
      Array.from({ length: count }, () => "insufficient_credits"),
    ]);
  });
});
