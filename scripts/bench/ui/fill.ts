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
  await fillJobs(database, size);
  step("filling in the ledger");
  await fillLedger(database);
  step("filling in the rollups");
  await fillRollups(database);
  await database.script("vacuum analyze");
}
