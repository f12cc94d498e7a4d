import type { Database } from "../../../db/client.ts";
import { migrate } from "../../../db/migrate.ts";
import { silentLog } from "../../../server/kernel/log.ts";
import { startEmbeddedPostgres } from "../../../server/postgres/embedded.ts";
import { bunRuntime } from "../../../server/runtime/bun.ts";
import { sourceAssets } from "../../../server/runtime/source-assets.ts";
import { join } from "node:path";
import { fillRollups } from "./fill-rollups.ts";
import { fillRecords, fillTenants, type Size } from "./fill-tenants.ts";
import { fillJobs, fillLedger } from "./fill-work.ts";

/**
 * Makes a data directory's database and fills it, before any server of ours runs on it: its upkeep would count while the rows
 * come in.
 */
export async function fillDataDirectory(
  dataDir: string,
  size: Size,
  step: (text: string) => void,
): Promise<void> {
  const assets = sourceAssets(join(import.meta.dirname, "../../.."));
  const runtime = { ...bunRuntime, assets };
  const server = await startEmbeddedPostgres({ runtime, dataDir, log: silentLog, durable: false });
  const database = bunRuntime.openDatabase({ url: server.url, connections: 1 });
  try {
    await migrate(database, assets);
    await fill(database, size, step);
  } finally {
    await database.close();
    await server.stop(60_000);
  }
}

async function fill(database: Database, size: Size, step: (text: string) => void): Promise<void> {
  const { organizations, teams, jobs } = size;
  step(`filling in ${organizations} organizations, ${teams} teams, ${jobs} jobs`);
  await fillTenants(database, size);
  await fillRecords(database, size);
  const addIndexes = await dropIndexes(database);
  await fillJobs(database, size);
  step("filling in the ledger");
  await fillLedger(database);
  step("filling in the rollups");
  await fillRollups(database);
  step("making the indexes");
  await addIndexes();
  await database.script("vacuum analyze");
}

/** Takes the indexes of the large tables away, but for their keys: made at once at the end they take a fraction of the time. */
async function dropIndexes(database: Database): Promise<() => Promise<void>> {
  const indexes = await database.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i
     where i.indrelid::regclass::text in (
       'jobs', 'llm_calls', 'credit_transactions', 'call_rollups', 'job_rollups', 'user_rollups')
       and not i.indisprimary`,
  );
  for (const { name } of indexes) await database.script(`drop index ${name}`);
  return async () => {
    const definitions = indexes.map(({ definition }) => definition.replace(" ON ONLY ", " ON "));
    await database.script(["set maintenance_work_mem = '256MB'", ...definitions].join(";\n"));
  };
}
