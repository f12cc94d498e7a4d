import { sql } from "drizzle-orm";
import { afterEach, describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import type { CachedItem } from "../../server/gateway/cached-store.ts";
import type { JobStart } from "../../server/pricing/terms.ts";
import * as functions from "./functions.ts";
import { book, fundedIn, hit } from "./hits.ts";
import { singleStartUnder, startUnder } from "./plans.ts";
import {
  allocate,
  callIn,
  CREDIT,
  entriesOf,
  jobAsked,
  look,
  newJob,
  openAll,
  twoConnections,
  walletOf,
} from "./two-connections.ts";
import { budgetPeriod, type Team, type World } from "./world.ts";

const { database, world: newWorld, behind, heldUp } = await twoConnections();
/** Of `plans.ts`. */
const [FLAT, TIERED, SUBSCRIPTION, MARKUP, MINIMUM] = [0, 2, 3, 5, 6] as const;

afterEach(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
  const open = await database.query(
    "select 1 from llm_calls where status = 'in_flight' and cache_hit",
  );
  expect(open).toEqual([]);
});

/** A hit in a job of its own. */
function single(world: World, team: Team, beginning: JobStart, charge = 0n): CachedItem {
  const job = jobAsked(world, team, beginning);
  return hit(world, callIn(world, job, 0n), charge, beginning);
}

const funded = async (plan: number) => fundedIn(await newWorld(), plan);

describe("a hit", () => {
  test("in a job that is charged at its end touches no wallet and stands as a call that cost nothing", async () => {
    const { world, team, job } = await funded(FLAT);
    const before = await walletOf(world, team);
    const [booked] = await book(world, hit(world, callIn(world, job, 0n)));
    expect(booked).toMatchObject({ outcome: "opened", jobId: job.id, charged: 0n });
    expect(booked!.balance).toBeUndefined();
    expect(await walletOf(world, team)).toEqual(before);
    expect((await look(world)).jobs).toMatchObject([
      { calls: 1, succeeded: 1, in_flight: 0, cost: "0" },
    ]);
    const [row] = await database.query(
      "select status, cache_hit, provider_cost_nanos::int as cost, ended_at = created_at as at_once from llm_calls where job_id = $1::uuid",
      [job.id],
    );
    expect(row).toEqual({ status: "succeeded", cache_hit: true, cost: 0, at_once: true });
  });

  test.each([1, 3])(
    "of %i in a job that is charged by its calls takes its charge",
    async (count) => {
      const { world, team, job } = await funded(MARKUP);
      const items = Array.from({ length: count }, () => hit(world, callIn(world, job, 0n), CREDIT));
      const booked = await book(world, ...items);
      expect(booked.map(({ charged }) => charged)).toEqual(items.map(() => CREDIT));
      const balance = BigInt(10 - count) * CREDIT;
      expect(booked.at(-1)!.balance).toBe(balance);
      expect(await walletOf(world, team)).toEqual({ balance, held: 0n });
      expect((await entriesOf(world, team)).at(-1)).toBe(`charge -1000000 → ${balance}`);
    },
  );

  test("that is free takes nothing, yet the job's minimum is due", async () => {
    const free = await funded(MARKUP);
    const [booked] = await book(free.world, hit(free.world, callIn(free.world, free.job, 0n)));
    expect(booked).toMatchObject({ outcome: "opened", charged: 0n, balance: 10n * CREDIT });
    const least = await funded(MINIMUM);
    const [charged] = await book(least.world, hit(least.world, callIn(least.world, least.job, 0n)));
    expect(charged).toMatchObject({ charged: 500_000n });
  });

  test.each([
    ["flat", FLAT, CREDIT],
    ["tiered", TIERED, 900_000n],
  ] as const)("in a job of its own ends it, which costs its price (%s)", async (_, plan, price) => {
    const { world, team, beginning } = await funded(plan);
    const { balance } = await walletOf(world, team);
    const [booked] = await book(world, single(world, team, beginning));
    expect(booked).toMatchObject({ outcome: "opened", charged: price, balance: balance - price });
    const { jobs } = await look(world);
    expect(jobs.map(({ status }) => status).sort()).toEqual(["completed", "pending"]);
  });

  test("outside any job is charged in one", async () => {
    const { world, team } = await funded(FLAT);
    const { balance } = await walletOf(world, team);
    const items = [1n, 2n].map((charge) => single(world, team, singleStartUnder(FLAT), charge));
    const booked = await book(world, ...items);
    expect(booked.map(({ charged }) => charged)).toEqual([1n, 2n]);
    expect((await walletOf(world, team)).balance).toBe(balance - 3n);
  });

  test("by a reference goes into the job of that name", async () => {
    const { world, team, beginning } = await funded(FLAT);
    const referring = (): CachedItem => {
      const { open, settle } = single(world, team, beginning);
      const create = { ...open.create!, reference: "ticket", endsWithCall: false };
      return { open: { ...open, create }, settle: { ...settle, endJob: undefined } };
    };
    const [first] = await book(world, referring());
    const others = await book(world, referring(), referring());
    expect(others.map(({ jobId }) => jobId)).toEqual([first!.jobId, first!.jobId]);
    const jobs = (await look(world)).jobs.filter(({ calls }) => Number(calls) > 0);
    expect(jobs).toMatchObject([{ calls: 3, succeeded: 3, in_flight: 0 }]);
  });

  test("does not ask hard budgets that are used up", async () => {
    const { world, job } = await funded(MARKUP);
    const { id, startsAt } = budgetPeriod(world, 0);
    await database.query(
      "insert into budget_periods (budget_id, starts_at, spent) values ($1::uuid, $2::timestamptz, 1)",
      [id, startsAt],
    );
    expect(await book(world, hit(world, callIn(world, job, 0n)))).toMatchObject([
      { outcome: "opened" },
    ]);
    expect((await look(world)).budgets).toMatchObject([{ spent: "1", held: "0" }]);
    await database.query("delete from budget_periods where budget_id = $1::uuid", [id]);
  });
});

describe("a hit that is refused changes nothing, and those beside it are booked", () => {
  test("in an ended job, another team's job, and beyond what there is", async () => {
    const { world, team, job } = await funded(MARKUP);
    const [, stranger] = world.teams;
    await allocate(world, stranger, CREDIT);
    const ended = await newJob(world, team, startUnder(MARKUP, world.clock.now()));
    await functions.endJob(world, team, { id: ended.id, as: "completed" });
    const booked = await book(
      world,
      hit(world, callIn(world, ended, 0n), CREDIT),
      hit(world, { ...callIn(world, job, 0n), team: stranger.id }, CREDIT),
      hit(world, callIn(world, job, 0n), 11n * CREDIT),
      hit(world, callIn(world, job, 0n), 2n * CREDIT),
    );
    expect(booked.map(({ outcome }) => outcome)).toEqual([
      ...["job_ended", "job_not_found", "insufficient_credits", "opened"],
    ]);
    expect(booked[0]!.jobStatus).toBe("completed");
    expect(await walletOf(world, team)).toEqual({ balance: 8n * CREDIT, held: 0n });
    expect(await walletOf(world, stranger)).toEqual({ balance: CREDIT, held: 0n });
  });

  test("computed for another plan version", async () => {
    const { world, job } = await funded(MARKUP);
    const other = startUnder(FLAT, world.clock.now()).plan_version_id;
    const call = { ...callIn(world, job, 0n), planVersionId: other };
    expect(await book(world, hit(world, call, CREDIT))).toMatchObject([
      { outcome: "other_terms", planVersionId: job.start.plan_version_id },
    ]);
  });
});

describe("an idempotency key", () => {
  const claimed = (item: CachedItem, id: string, text: string): CachedItem => ({
    open: { ...item.open, claim: { id, bodyHash: "same" } },
    settle: {
      ...item.settle,
      claimId: id,
      answer: { status: 200, sealed: Buffer.from(text) },
    },
  });

  test("is answered again with the first answer and what that was charged", async () => {
    const { world, team, job } = await funded(MARKUP);
    const again = (text: string) =>
      book(world, claimed(hit(world, callIn(world, job, 0n), CREDIT), "hit-key", text));
    await again("first");
    const [replay] = await again("second");
    expect(replay).toMatchObject({
      outcome: "replay",
      detail: { charged: "1000000", balance: "9000000" },
    });
    expect(Buffer.from(replay!.sealedResponse!).toString()).toBe("first");
    expect((await walletOf(world, team)).balance).toBe(9n * CREDIT);
  });

  test("is free again when the hit is refused", async () => {
    const { world, job } = await funded(MARKUP);
    const ask = (charge: bigint) =>
      book(world, claimed(hit(world, callIn(world, job, 0n), charge), "refused-hit", "x"));
    expect(await ask(11n * CREDIT)).toMatchObject([{ outcome: "insufficient_credits" }]);
    expect(await ask(CREDIT)).toMatchObject([{ outcome: "opened" }]);
  });
});

describe("at once", () => {
  test("two hits are not held by the same credits", async () => {
    const { world, team, job } = await funded(MARKUP);
    const ask = (on: World) => book(on, hit(on, callIn(on, job, 0n), 6n * CREDIT));
    const both = await behind(world, ask, ask);
    expect(both.flat().map(({ outcome }) => outcome)).toEqual(["opened", "insufficient_credits"]);
    expect(await walletOf(world, team)).toEqual({ balance: 4n * CREDIT, held: 0n });
  });

  test("a hit behind the end of its job is refused", async () => {
    const { world, team, job } = await funded(MARKUP);
    const [, booked] = await behind(
      world,
      (on) => functions.endJob(on, team, { id: job.id, as: "completed" }),
      (on) => book(on, hit(on, callIn(on, job, 0n), CREDIT)),
    );
    expect(booked).toMatchObject([{ outcome: "job_ended" }]);
  });

  test.each([FLAT, TIERED, SUBSCRIPTION])(
    "batches that end jobs wait for each other's locks and never in a circle (plan %i)",
    async (plan) => {
      const world = await newWorld();
      for (const team of world.teams) await allocate(world, team, 50n * CREDIT);
      const beginning = startUnder(plan, world.clock.now());
      const jobs = await Promise.all(world.teams.map((team) => newJob(world, team, beginning)));
      const batch = async (on: World) => {
        const [one, other] = on.teams;
        // An ending item of one wallet, and one of the other wallet that by itself touches none.
        const booked = await book(
          on,
          single(on, other, beginning),
          hit(on, callIn(on, jobs[0]!, 0n)),
          single(on, one, beginning),
        );
        return booked.map(({ outcome }) => outcome);
      };
      const lock = `select 1 from jobs where id = '${jobs[0]!.id}'`;
      expect(await heldUp(world, lock, [batch, batch])).toEqual([
        ["opened", "opened", "opened"],
        ["opened", "opened", "opened"],
      ]);
    },
  );

  test("a batch takes no wallet that its hits do not touch", async () => {
    const world = await newWorld();
    const [one, other] = world.teams;
    for (const team of world.teams) await allocate(world, team, 10n * CREDIT);
    const beginning = startUnder(FLAT, world.clock.now());
    const job = await newJob(world, other, beginning);
    // The other team's wallet is held by somebody, for as long as the booking takes.
    await database.drizzle.transaction(async (holder) => {
      await holder.execute(
        sql`select 1 from wallets where id = ${other.walletId}::uuid for update`,
      );
      const booked = await book(
        world,
        single(world, one, beginning),
        hit(world, callIn(world, job, 0n)),
      );
      expect(booked.map(({ outcome }) => outcome)).toEqual(["opened", "opened"]);
    });
  });

  test("a hit and a call that goes upstream count in the same job", async () => {
    const { world, job } = await funded(MARKUP);
    await openAll(world, [callIn(world, job, CREDIT)]);
    await book(world, hit(world, callIn(world, job, 0n), CREDIT));
    expect((await look(world)).jobs).toMatchObject([{ calls: 2, succeeded: 1, in_flight: 1 }]);
  });
});
