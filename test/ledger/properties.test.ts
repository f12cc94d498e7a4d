import fc from "fast-check";
import { expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { ManualClock } from "../harness/clock.ts";
import { testContext } from "../harness/context.ts";
import { testDatabase } from "../harness/database.ts";
import type { Course } from "./course.ts";
import { play } from "./play.ts";
import { sequences, type Step } from "./steps.ts";
import { newWorld } from "./world.ts";

/** `LEDGER_SEQUENCES=10000 LEDGER_SEED=… npm test -- test/ledger/properties` runs as many as asked, from a seed. */
const runs = Number(process.env["LEDGER_SEQUENCES"] ?? 500);
const seed = Number(process.env["LEDGER_SEED"] ?? Date.now() % 2 ** 31);

const { open } = await testDatabase();
// One connection, so that a setting holds for all of its statements: tables grow too fast here for their statistics.
const database = open(1);
await database.query("set enable_seqscan = off");
// Partitions for as long as a sequence may last.
const MONTHS = 8;
for (let month = 0; month < MONTHS; month += 1) {
  await testContext(database, { clock: new ManualClock(Date.UTC(2026, 10 + month, 1)) });
}

/** So long at most, with the search for the shortest failing sequence; that is then the shortest found. */
const timeLimitMs = 60_000 + runs * 500;
const limits = {
  interruptAfterTimeLimit: timeLimitMs,
  markInterruptAsFailure: true,
  // Whoever only wants to know whether it fails saves the search.
  endOnFailure: process.env["LEDGER_SHRINK"] === "no",
};

/** Both instances are gone and nobody touches a job any more: everything comes to its end, and nothing stays held. */
const ending: readonly Step[] = [
  { do: "lose", instance: 0 },
  { do: "lose", instance: 1 },
  { do: "wait", ms: 7_200_000 },
  { do: "expire idle" },
];

test(
  `${runs} sequences of what can happen leave the ledger as the model says, step by step (seed ${seed})`,
  async () => {
    process.stdout.write(`ledger: ${runs} sequences, LEDGER_SEED=${seed}\n`);
    await fc.assert(
      fc.asyncProperty(sequences, async ({ plan, steps }) => {
        const world = await newWorld(database, new ManualClock());
        const course: Course = { world, plan, instances: [world.newId(), world.newId()] };
        for (const [index, step] of [...steps, ...ending].entries()) {
          await play(course, step).catch((error: unknown) => {
            throw new Error(`step ${index + 1}, ${JSON.stringify(step)}: ${String(error)}`, {
              cause: error,
            });
          });
        }
        expect([...world.model.wallets.values()].map(({ held }) => held)).toEqual([0n, 0n]);
      }),
      { numRuns: runs, seed, ...limits },
    );
    const { violations } = await checkLedger(database);
    expect(violations.map(describeViolation)).toEqual([]);
  },
  timeLimitMs + 30_000,
);
