import fc from "fast-check";
import { expect, test } from "vitest";
import type { Database } from "../../db/client.ts";
import { checkLedger, describeViolation } from "../../server/credits/invariants.ts";
import { ManualClock } from "../harness/clock.ts";
import { testContext } from "../harness/context.ts";
import { testDatabase } from "../harness/database.ts";
import { templateDatabase } from "../harness/postgres.ts";
import type { Course } from "./course.ts";
import { play } from "./play.ts";
import { busySequences, sequences, type Step } from "./steps.ts";
import { newWorld } from "./world.ts";

/** `LEDGER_SEQUENCES=10000 LEDGER_SEED=… npm test -- test/ledger/properties` runs as many as asked, from a seed; every database of them from the next. */
const runs = Number(process.env["LEDGER_SEQUENCES"] ?? 500);
const seed = Number(process.env["LEDGER_SEED"] ?? Date.now() % 2 ** 31);

const { administrator, name, runtime, url } = await testDatabase();
/** Sequences in one database: in one that has grown with thousands, each takes many times as long. */
const PER_DATABASE = 200;
/** For so many sequences, one in which most calls begin and end together. */
const BUSY = 3;
// Partitions for as long as a sequence may last.
const MONTHS = 8;

/** A database without rows, for some of the sequences. */
async function withFreshDatabase(work: (database: Database) => Promise<void>): Promise<void> {
  const own = `${name}_fresh`;
  await administrator.script(`create database ${own} template ${templateDatabase}`);
  // One connection, so that a setting holds for all of its statements: tables grow too fast here for their statistics.
  const database = runtime.openDatabase({ url: url.replace(name, own), connections: 1 });
  try {
    await database.query("set enable_seqscan = off");
    for (let month = 0; month < MONTHS; month += 1) {
      await testContext(database, { clock: new ManualClock(Date.UTC(2026, 10 + month, 1)) });
    }
    await work(database);
  } finally {
    await database.close();
    await administrator.script(`drop database ${own} with (force)`);
  }
}

/** So long at most, with the search for the shortest failing sequence; that is then the shortest found. */
const timeLimitMs = 60_000 + Math.min(runs, PER_DATABASE) * 500;
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

const share = (first: number) => Math.min(PER_DATABASE, runs - first);

for (let first = 0; first < runs; first += PER_DATABASE) {
  const [count, from] = [share(first), seed + first / PER_DATABASE];
  test(
    `${count} sequences of what can happen leave the ledger as the model says, step by step (seed ${from})`,
    async () => {
      process.stdout.write(`ledger: LEDGER_SEQUENCES=${count} LEDGER_SEED=${from}\n`);
      await withFreshDatabase(async (database) => {
        for (const [numRuns, drawn] of [
          [count, sequences],
          [Math.ceil(count / BUSY), busySequences],
        ] as const)
          await fc.assert(
            fc.asyncProperty(drawn, (sequence) => playOut(database, sequence)),
            { numRuns, seed: from, ...limits },
          );
        const { violations } = await checkLedger(database);
        expect(violations.map(describeViolation)).toEqual([]);
      });
    },
    2 * timeLimitMs + 30_000,
  );
}

async function playOut(
  database: Database,
  { plan, steps }: { plan: number; steps: readonly Step[] },
): Promise<void> {
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
}
