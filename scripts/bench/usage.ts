import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "../../db/client.ts";
import { migrate } from "../../db/migrate.ts";
import type { Context } from "../../server/context.ts";
import { systemClock } from "../../server/kernel/clock.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { silentLog } from "../../server/kernel/log.ts";
import { startEmbeddedPostgres } from "../../server/postgres/embedded.ts";
import { bunRuntime } from "../../server/runtime/bun.ts";
import { sourceAssets } from "../../server/runtime/source-assets.ts";
import { readUsage } from "../../server/usage/usage.ts";
import { median, percentile } from "./statistics.ts";
import { DAY_MS, fill, prepare, TEAM } from "./usage-fill.ts";
import { rollUpAll } from "./usage-rollups.ts";

/** What a team's usage takes beside so many calls of its own, and what a call costs then. */
export interface UsageFigures {
  calls: number;
  /** By what it is grouped by. */
  reads: ReadonlyMap<string, { p50Ms: number; p99Ms: number }>;
  callMs: number;
  /** In an empty database of the same server, measured in turn with it. */
  emptyCallMs: number;
}

const GROUPS = [undefined, "day", "job_type", "model", "user"] as const;
const READS = 200;
/**
 * Calls in turn, some here and some in the empty database, every other turn the other way round: what else the machine does
 * falls on both. Medians.
 */
const TURNS = 20;
const CALLS_A_TURN = 100;

/** Fills a PostgreSQL of its own; `sizes` ascend. */
export async function measureUsage(
  folder: string,
  sizes: readonly number[],
  step: (text: string) => void,
): Promise<UsageFigures[]> {
  const dataDir = join(folder, "usage");
  mkdirSync(dataDir, { mode: 0o711 });
  const assets = sourceAssets(join(import.meta.dirname, "../.."));
  const server = await startEmbeddedPostgres({
    runtime: { ...bunRuntime, assets },
    dataDir,
    log: silentLog,
    durable: false,
  });
  const database = bunRuntime.openDatabase({ url: server.url, connections: 4 });
  await database.script("create database empty");
  const emptyUrl = new URL(server.url);
  emptyUrl.pathname = "/empty";
  // Each call is the next one of its connection, which keeps the plans of the functions.
  const beside = bunRuntime.openDatabase({ url: server.url, connections: 1 });
  const empty = bunRuntime.openDatabase({ url: emptyUrl.href, connections: 1 });
  try {
    for (const each of [database, empty]) {
      await migrate(each, assets);
      await prepare(each);
    }
    const calls = { filled: contextOf(beside), empty: contextOf(empty) };
    return await measureAll(contextOf(database), calls, sizes, step);
  } finally {
    await empty.close();
    await beside.close();
    await database.close();
    await server.stop(10_000);
  }
}

async function measureAll(
  context: Context,
  calls: { filled: Context; empty: Context },
  sizes: readonly number[],
  step: (text: string) => void,
): Promise<UsageFigures[]> {
  const { database } = context;
  const figures: UsageFigures[] = [];
  for (const [index, size] of sizes.entries()) {
    step(`filling in ${size} calls`);
    await fill(database, sizes[index - 1] ?? 0, size);
    step("rolling them up");
    await database.script("analyze");
    await rollUpAll(database);
    // Both are at rest: what the fill has left to clean and to write would otherwise be done by the calls that are measured.
    for (const each of [database, calls.empty.database]) await settleDown(each);
    step("reading usage");
    const reads = await measureReads(context);
    step("opening and settling calls");
    figures.push({ calls: size, reads, ...(await measureCalls(calls)) });
  }
  return figures;
}

async function settleDown(database: Database): Promise<void> {
  await database.script("vacuum analyze");
  await database.script("checkpoint");
}

async function measureCalls(contexts: { filled: Context; empty: Context }) {
  const times = { filled: [] as number[], empty: [] as number[] };
  for (let turn = 0; turn < TURNS; turn += 1) {
    const order = turn % 2 === 0 ? (["filled", "empty"] as const) : (["empty", "filled"] as const);
    for (const name of order) times[name].push(...(await callTimes(contexts[name])));
  }
  return { callMs: median(times.filled), emptyCallMs: median(times.empty) };
}

async function measureReads(context: Context): Promise<UsageFigures["reads"]> {
  const day = (daysAgo: number) => new Date(Date.now() - daysAgo * DAY_MS).toISOString();
  const reads = new Map<string, { p50Ms: number; p99Ms: number }>();
  for (const group_by of GROUPS) {
    const times: number[] = [];
    for (let read = 0; read < READS; read += 1) {
      const from = day(read % 2 === 0 ? 30 : 89);
      const startedMs = performance.now();
      await readUsage(context, TEAM, { from, ...(group_by ? { group_by } : {}) });
      times.push(performance.now() - startedMs);
    }
    reads.set(group_by ?? "nothing", { p50Ms: median(times), p99Ms: percentile(times, 0.99) });
  }
  return reads;
}

/** Milliseconds of opening and settling a call of a job, one after the other. */
async function callTimes({ database, instanceId }: Context): Promise<number[]> {
  const jobId = uuidV7(Date.now());
  await database.query("select * from create_job_v2(now(), $1::text::jsonb, null)", [
    JSON.stringify({ id: jobId, team_id: TEAM, type: "bench" }),
  ]);
  const times: number[] = [];
  for (let call = 0; call < CALLS_A_TURN; call += 1) {
    const callId = uuidV7(Date.now());
    const item = { call_id: callId, job_id: jobId, team_id: TEAM };
    const startedMs = performance.now();
    await database.query("select * from open_calls_v2(now(), $1::uuid, $2::text::jsonb)", [
      instanceId,
      JSON.stringify([
        { ...item, alias: "a", endpoint: "chat", stream: false, price_snapshot: {} },
      ]),
    ]);
    await database.query("select * from settle_calls_v2(now(), $1::text::jsonb)", [
      JSON.stringify([
        { ...item, status: "succeeded", input_tokens: 10, output_tokens: 5, latency_ms: 5 },
      ]),
    ]);
    times.push(performance.now() - startedMs);
  }
  await database.query("select * from end_job_v2(now(), $1::uuid, $2::text::jsonb, null)", [
    instanceId,
    JSON.stringify({ job_id: jobId, team_id: TEAM, status: "completed" }),
  ]);
  return times;
}

function contextOf(database: Database): Context {
  return {
    database,
    clock: systemClock,
    changes: {
      fresh: () => false,
      version: () => 0,
      onChange: () => () => {},
      refresh: () => Promise.resolve(),
    },
    masterKey: new Uint8Array(32),
    log: silentLog,
    instanceId: uuidV7(Date.now()),
  };
}
