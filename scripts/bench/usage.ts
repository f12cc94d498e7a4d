/**
 * `npm run bench -- --usage [--calls 100000,1000000]`: how long a team's usage takes beside that many calls of its own, and
 * what a call costs then, beside an empty database. Fills a PostgreSQL of its own; ten million calls take half an hour.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
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
import { refreshRollups } from "../../server/usage/rollups.ts";
import { readUsage } from "../../server/usage/usage.ts";
import { median, percentile } from "./statistics.ts";

const TEAM = "bench";
const DAYS = 90;
const CALLS_PER_JOB = 5;
/** Inserted by one statement. */
const JOBS_A_STATEMENT = 50_000;
const READS = 100;
const WRITES = 1_000;
const DAY_MS = 86_400_000;

export async function benchUsage(sizes: readonly number[]): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "bench-usage-"));
  chmodSync(dataDir, 0o711);
  const assets = sourceAssets(join(import.meta.dirname, "../.."));
  const server = await startEmbeddedPostgres({
    runtime: { ...bunRuntime, assets },
    dataDir,
    log: silentLog,
    durable: false,
  });
  const database = bunRuntime.openDatabase({ url: server.url, connections: 4 });
  try {
    await migrate(database, assets);
    await measureAll(contextOf(database), sizes);
  } finally {
    await database.close();
    await server.stop(10_000);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function measureAll(context: Context, sizes: readonly number[]): Promise<void> {
  const { database } = context;
  await database.script(`
    insert into organizations (id, name, created_at, updated_at) values ('${TEAM}', '${TEAM}', now(), now());
    insert into teams (id, organization_id, name, created_at, updated_at) values ('${TEAM}', '${TEAM}', '${TEAM}', now(), now());
    insert into wallets (id, team_id, updated_at) values ('${uuidV7(Date.now())}', '${TEAM}', now());`);
  // Both are measured beside as many partitions: each one costs every statement a lock.
  for (let month = 0; month <= DAYS / 30 + 1; month += 1) {
    const at = new Date(Date.now() - month * 30 * DAY_MS);
    await database.query("select ensure_call_partitions_v1($1::timestamptz)", [at]);
  }
  const emptyMs = await callMs(context);
  console.log(`0 calls: a call opened and settled ${emptyMs.toFixed(3)} ms (median)`);
  let filled = 0;
  for (const calls of sizes) {
    await fill(database, filled / CALLS_PER_JOB, calls / CALLS_PER_JOB);
    filled = calls;
    await database.script(
      "truncate call_rollups, job_rollups, user_rollups, rollup_spans; analyze",
    );
    const startedMs = performance.now();
    const spans = await refreshRollups(context, 3_600_000);
    const rolledUpS = (performance.now() - startedMs) / 1_000;
    await database.script("vacuum analyze");
    console.log(`${calls} calls: ${spans} spans rolled up in ${rolledUpS.toFixed(1)} s`);
    await measureReads(context);
    const ms = await callMs(context);
    console.log(
      `  a call opened and settled ${ms.toFixed(3)} ms, ${(ms / emptyMs).toFixed(2)} × of an empty database`,
    );
  }
}

/** Jobs spread evenly over the days until now, of 10,000 users, with five calls each by three aliases. */
async function fill(database: Database, fromJob: number, toJob: number): Promise<void> {
  for (let first = fromJob; first < toJob; first += JOBS_A_STATEMENT) {
    const last = Math.min(first + JOBS_A_STATEMENT, toJob);
    await database.query(
      `with new_jobs as (
         insert into jobs (
           id, team_id, type, user_id, status, terms, calls, succeeded_calls, input_tokens, output_tokens,
           provider_cost_nanos, charged, created_at, last_activity_at, ended_at)
         select (left(first_uuid_v7_v1(at)::text, 15) || '7' || substr(gen_random_uuid()::text, 17))::uuid, '${TEAM}',
           'type-' || n % 5, 'user-' || (n * 7919) % 10000, 'completed', '{"kind": "flat", "charged": "job"}',
           ${CALLS_PER_JOB}, ${CALLS_PER_JOB}, 500, 100, 5000, 1000000, at, at, at
         from generate_series($1::bigint, $2::bigint) n, lateral (
           select now() - interval '1 hour' - (n * 7919 % 777600) * interval '10 seconds' as at) t
         returning id, created_at
       )
       insert into llm_calls (
         id, job_id, team_id, instance_id, alias, endpoint, status, target, input_tokens, output_tokens, price_snapshot,
         provider_cost_nanos, latency_ms, created_at, ended_at)
       select (left(first_uuid_v7_v1(j.created_at)::text, 15) || '7' || substr(gen_random_uuid()::text, 17))::uuid, j.id,
         '${TEAM}', j.id, 'alias-' || k % 3, 'chat', 'succeeded', 'provider/model', 100, 20, '{}', 1000, 300, j.created_at,
         j.created_at
       from new_jobs j, generate_series(1, ${CALLS_PER_JOB}) k`,
      [first + 1, last],
    );
  }
}

async function measureReads(context: Context): Promise<void> {
  const day = (daysAgo: number) => new Date(Date.now() - daysAgo * DAY_MS).toISOString();
  for (const group_by of [undefined, "day", "job_type", "model", "user"] as const) {
    const times: number[] = [];
    for (let read = 0; read < READS; read += 1) {
      const from = day(read % 2 === 0 ? 30 : 89);
      const startedMs = performance.now();
      await readUsage(context, TEAM, { from, ...(group_by ? { group_by } : {}) });
      times.push(performance.now() - startedMs);
    }
    console.log(
      `  team usage by ${group_by ?? "nothing"}: p50 ${median(times).toFixed(1)} ms, p99 ${percentile(times, 0.99).toFixed(1)} ms`,
    );
  }
}

/** Median of opening and settling one call of a job, one after the other. */
async function callMs({ database, instanceId }: Context): Promise<number> {
  const jobId = uuidV7(Date.now());
  await database.query("select * from create_job_v2(now(), $1::text::jsonb, null)", [
    JSON.stringify({ id: jobId, team_id: TEAM, type: "bench" }),
  ]);
  const times: number[] = [];
  for (let call = 0; call < WRITES; call += 1) {
    const callId = uuidV7(Date.now());
    const item = { call_id: callId, job_id: jobId, team_id: TEAM };
    const startedMs = performance.now();
    await database.query("select * from open_calls_v2(now(), $1::uuid, $2::text::jsonb)", [
      instanceId,
      JSON.stringify([
        { ...item, alias: "a", endpoint: "chat", stream: false, price_snapshot: {}, budgets: [] },
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
  return median(times);
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
