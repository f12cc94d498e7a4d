import type { Database } from "../../db/client.ts";
import { changeWallet } from "../../server/credits/change-store.ts";
import type { OpenItem, SettleItem } from "../../server/gateway/store.ts";
import { ManualClock } from "../harness/clock.ts";
import { testContext } from "../harness/context.ts";
import { testDatabase } from "../harness/database.ts";
import { until } from "../harness/process.ts";
import type { OpenAsked } from "./model/calls.ts";
import type { JobAsked } from "./model/ledger.ts";
import { openBatch, settleBatch } from "./booking.ts";
import * as functions from "./functions.ts";
import { takeSnapshot } from "./snapshot.ts";
import { newWorld, type Team, type World } from "./world.ts";

export const CREDIT = 1_000_000n;

/** Two connections on which statements meet in an order that the test chooses. */
export async function twoConnections() {
  const { database, open } = await testDatabase();
  const clock = new ManualClock();
  await testContext(database, { clock });
  const [first, second, third] = [open(1), open(1), open(1)];

  return {
    database,
    /** A world of its own for a test; its time goes on with each statement. */
    async world(): Promise<World> {
      return newWorld(database, new ManualClock(clock.now()));
    },
    /** Does the one work within a transaction, and the other once that holds its locks: it has to wait for them. */
    async behind<First, Second>(
      world: World,
      holder: (on: World) => Promise<First>,
      waiter: (on: World) => Promise<Second>,
    ): Promise<[First, Second]> {
      await first.query("begin");
      const held = await holder(on(world, first));
      world.clock.advance(1);
      const waiting = waiter(on(world, second));
      await until("the second statement waits", async () => (await waitingCount(database)) === 1);
      await first.query("commit");
      return [held, await waiting];
    },
    /** Starts both while a row is locked that each needs on its way, and lets them go on together. */
    async heldUp<Result>(
      world: World,
      lock: string,
      works: readonly [(on: World) => Promise<Result>, (on: World) => Promise<Result>],
    ): Promise<Result[]> {
      await first.query("begin");
      await first.query(`${lock} for update`);
      const under = [on(world, second), on(world, third)];
      const results = works.map((work, index) => work(under[index]!));
      await until("both statements wait", async () => (await waitingCount(database)) === 2);
      await first.query("commit");
      return Promise.all(results);
    },
    /** Both at once, in whatever order the server takes them. */
    async atOnce(
      world: World,
      one: (on: World) => Promise<void>,
      other: (on: World) => Promise<void>,
    ) {
      await Promise.all([one(on(world, first)), other(on(world, second))]);
    },
  };
}

const on = (world: World, connection: Database): World => ({ ...world, database: connection });

async function waitingCount(database: Database): Promise<number> {
  const waiting = await database.query(
    "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return waiting.length;
}

export async function allocate(
  world: World,
  team: Team,
  amount: bigint,
  expiresAt: Date | null = null,
): Promise<string> {
  const at = world.at();
  // Without drizzle's transaction, since the connection may be in one.
  const { outcome } = await changeWallet(world.database.drizzle, at, {
    ...{ teamId: team.id, kind: "allocation", amount, expiresAt },
    ...{ actor: "test", reason: null, idempotencyKey: null },
  });
  return outcome;
}

/** Creates a job that has to be accepted; returns it. */
export async function newJob(
  world: World,
  team: Team,
  start: JobAsked["start"],
): Promise<JobAsked> {
  const job = jobAsked(world, team, start);
  const outcome = await functions.createJob(world, team, job);
  if (outcome !== "created") throw new Error(`the job was refused: ${outcome}`);
  return job;
}

export function jobAsked(world: World, team: Team, start: JobAsked["start"]): JobAsked {
  const id = world.newId();
  return { id, team: team.id, start, maxCredits: undefined, endsWithCall: false };
}

/** A call in a job that holds so many micro-credits. */
export function callIn(
  world: World,
  job: JobAsked,
  hold: bigint,
  more: Partial<OpenAsked> = {},
): OpenAsked {
  return {
    callId: world.newId(),
    jobId: job.id,
    team: job.team,
    hold,
    holdMin: undefined,
    worstCost: 5_000n,
    costMin: undefined,
    budgets: [],
    planVersionId: job.start.plan_version_id,
    instance: world.keyId,
    ...more,
  };
}

/** A call of whichever team it says. */
export const beginOf = (world: World, asked: OpenAsked): OpenItem =>
  functions.openItem(world, teamNamed(world, asked.team), { asked, creation: undefined });

/** Opens calls of one or more teams in one batch. */
export const openAll = (world: World, asked: readonly OpenAsked[]) =>
  openBatch(
    world,
    world.keyId,
    asked.map((one) => beginOf(world, one)),
  );

/** A call under an idempotency key of its team. */
export const claimed = (world: World, asked: OpenAsked, id: string): OpenItem => ({
  ...beginOf(world, asked),
  claim: { id, bodyHash: "same" },
});

export interface End {
  call: OpenAsked;
  charge: bigint;
  cost?: bigint;
  claimId?: string;
  status?: SettleItem["status"];
}

/** It succeeded unless told otherwise. */
export const endOf = (
  world: World,
  { call, charge, cost = 700n, claimId, status = "succeeded" }: End,
): SettleItem =>
  functions.settleItem(
    teamNamed(world, call.team),
    { callId: call.callId, status, charge, cost },
    { id: call.jobId, endsWithCall: false, ...(claimId !== undefined && { claimId }) },
  );

/** Settles calls in one batch. */
export const settleAll = (world: World, ends: readonly End[]) =>
  settleBatch(
    world,
    ends.map((end) => endOf(world, end)),
  );

export const teamNamed = (world: World, id: string) => world.teams.find((team) => team.id === id)!;

export const look = (world: World) =>
  takeSnapshot(world.database, {
    teams: world.teams.map(({ id }) => id),
    budgets: world.budgets,
  });

/** Balance and held of a team, in micro-credits. */
export async function walletOf(
  world: World,
  team: Team,
): Promise<{ balance: bigint; held: bigint }> {
  const { wallets } = await look(world);
  const wallet = wallets.find((one) => one.team === team.id)!;
  return { balance: BigInt(wallet.balance), held: BigInt(wallet.held) };
}

/** Its entries as "kind amount → balance after". */
export async function entriesOf(world: World, team: Team): Promise<string[]> {
  const { entries } = await look(world);
  return entries
    .filter((entry) => entry.team === team.id)
    .map(({ kind, amount, after }) => `${kind} ${amount} → ${after}`);
}
