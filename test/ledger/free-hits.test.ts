import { afterEach, describe, expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import type { CachedItem } from "../../server/gateway/cached-store.ts";
import * as functions from "./functions.ts";
import { book, fundedIn, hit } from "./hits.ts";
import type { OpenAsked } from "./model/calls.ts";
import type { JobAsked } from "./model/ledger.ts";
import { startUnder } from "./plans.ts";
import { allocate, callIn, CREDIT, newJob, openAll, twoConnections } from "./two-connections.ts";
import type { World } from "./world.ts";

const { database, world: newWorld } = await twoConnections();
/** Of `plans.ts`. */
const [FLAT, MARKUP, MINIMUM] = [0, 5, 6] as const;
const funded = async (plan: number) => fundedIn(await newWorld(), plan);

afterEach(async () => {
  expect((await checkLedger(database)).violations.map(describeViolation)).toEqual([]);
});

/** As the product asks: where calls are charged each, the hold is named though it is nothing. */
function freeHit(world: World, job: JobAsked, more: Partial<OpenAsked> = {}): CachedItem {
  const { open, settle } = hit(world, callIn(world, job, 0n, more));
  const named = { ...open, hold: job.start.terms?.charged === "call" ? 0n : undefined };
  return { open: named, settle };
}

describe("a free hit alone, which is booked in one step,", () => {
  const bookOne = async (...asked: Parameters<typeof freeHit>) =>
    (await book(asked[0], freeHit(...asked)))[0]!;

  test.each([FLAT, MARKUP])("stands as it does among others (plan %i)", async (plan) => {
    const { world, team, beginning, job } = await funded(plan);
    const others = [await newJob(world, team, beginning), await newJob(world, team, beginning)];
    const alone = await bookOne(world, job);
    const [among] = await book(world, ...others.map((other) => freeHit(world, other)));
    expect(alone).toEqual({ ...among!, jobId: job.id });
    const rows = await database.query<{ stands: object }>(
      `select jsonb_build_array(to_jsonb(c) - '{id,job_id}'::text[], to_jsonb(j) - 'id') as stands
       from llm_calls c join jobs j on j.id = c.job_id where j.id in ($1::uuid, $2::uuid)`,
      [job.id, others[0]!.id],
    );
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual(rows[1]);
  });

  test("counts in its job, whose minimum is due once", async () => {
    const { world, job } = await funded(MINIMUM);
    const booked = [];
    for (let call = 0; call < 4; call += 1) booked.push(await bookOne(world, job));
    expect(booked.map(({ outcome, charged }) => [outcome, charged])).toEqual([
      ["opened", 500_000n],
      ["opened", 0n],
      ["opened", 0n],
      ["job_limit_exceeded", 0n],
    ]);
  });

  test("is refused as others are", async () => {
    const { world, team, beginning, job } = await funded(MARKUP);
    const refused = async (...asked: [JobAsked, Partial<OpenAsked>?]) =>
      (await bookOne(world, ...asked)).outcome;
    expect(await refused(job, { team: world.teams[1].id })).toBe("job_not_found");
    expect(await refused(job, { planVersionId: world.newId() })).toBe("other_terms");
    const late = await newJob(world, team, beginning);
    await database.query("update jobs set ends_by = $2::timestamptz where id = $1::uuid", [
      ...[late.id, world.at()],
    ]);
    expect(await refused(late)).toBe("job_limit_exceeded");
    const single = await newJob(world, team, {
      ...beginning,
      terms: { ...beginning.terms, single: true },
    });
    expect(await refused(single)).toBe("opened");
    expect(await refused(single)).toBe("job_limit_exceeded");
    await functions.endJob(world, team, { id: job.id, as: "completed" });
    expect(await refused(job)).toBe("job_ended");
  });

  test("is answered with what is left of credits that have expired, and refused below nothing", async () => {
    const world = await newWorld();
    const [team] = world.teams;
    await allocate(world, team, CREDIT, new Date(world.clock.now() + 1_000));
    const job = await newJob(world, team, startUnder(MARKUP, world.clock.now()));
    await openAll(world, [callIn(world, job, CREDIT / 2n)]);
    expect(await bookOne(world, job)).toMatchObject({ outcome: "opened", balance: CREDIT });
    world.clock.advance(2_000);
    expect(await bookOne(world, job)).toMatchObject({ outcome: "opened", balance: CREDIT / 2n });
    const owe = (sign: string) =>
      database.query(`update wallets set balance = balance ${sign} 500001 where id = $1::uuid`, [
        team.walletId,
      ]);
    await owe("-");
    expect(await bookOne(world, job)).toMatchObject({ outcome: "insufficient_credits" });
    await owe("+");
  });
});
