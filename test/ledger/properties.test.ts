import fc from "fast-check";
import { expect, test } from "vitest";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { ManualClock, testContext, testDatabase } from "../harness.ts";
import type { Course } from "./course.ts";
import { play } from "./play.ts";
import { sequences } from "./steps.ts";
import { newWorld } from "./world.ts";

/** `LEDGER_SEQUENCES=10000 LEDGER_SEED=… npm test -- test/ledger/properties` runs as many as asked, from a seed. */
const runs = Number(process.env["LEDGER_SEQUENCES"] ?? 500);
const seed = Number(process.env["LEDGER_SEED"] ?? Date.now() % 2 ** 31);

const { database } = await testDatabase();
// Partitions for as long as a sequence may last.
const MONTHS = 8;
for (let month = 0; month < MONTHS; month += 1) {
  await testContext(database, { clock: new ManualClock(Date.UTC(2026, 10 + month, 1)) });
}

test(
  `${runs} sequences of what can happen leave the ledger as the model says, step by step (seed ${seed})`,
  async () => {
    process.stdout.write(`ledger: ${runs} sequences, LEDGER_SEED=${seed}\n`);
    await fc.assert(
      fc.asyncProperty(sequences, async ({ plan, steps }) => {
        const world = await newWorld(database, new ManualClock());
        const course: Course = { world, plan, instances: [world.newId(), world.newId()] };
        for (const [index, step] of steps.entries()) {
          await play(course, step).catch((error: unknown) => {
            throw new Error(`step ${index + 1}, ${JSON.stringify(step)}: ${String(error)}`, {
              cause: error,
            });
          });
        }
      }),
      { numRuns: runs, seed, endOnFailure: process.env["LEDGER_SHRINK"] === "no" },
    );
    const { violations } = await checkLedger(database);
    expect(violations.map(describeViolation)).toEqual([]);
  },
  60_000 + runs * 600,
);
