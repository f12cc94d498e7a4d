import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "../../db/client.ts";
import { migrate } from "../../db/migrate.ts";
import { silentLog } from "../../server/kernel/log.ts";
import { startEmbeddedPostgres } from "../../server/postgres/embedded.ts";
import { bunRuntime } from "../../server/runtime/bun.ts";
import { baselineSchema } from "./ledger-baseline.ts";
import { baselineTarget, ourTarget, seed, type LedgerTarget } from "./ledger-targets.ts";
import { median } from "./statistics.ts";

/** Calls opened and settled a second, by number of wallets: our functions, and the least that such functions can be. */
export interface LedgerFigures {
  wallets: number;
  ours: number;
  plain: number;
}

const CONCURRENT = 32;
const WALLETS = [1, 1_000];
const CONNECTIONS = 4;

/**
 * Opens and settles charged calls through the product's lanes on a durable embedded PostgreSQL of its own, and beside it, in
 * turn and through the same lanes, with plain functions. Medians of the rounds.
 */
export async function measureLedger(
  folder: string,
  size: { rounds: number; durationMs: number; warmUpMs: number },
): Promise<LedgerFigures[]> {
  const dataDir = join(folder, "ledger");
  mkdirSync(dataDir, { mode: 0o711 });
  const server = await startEmbeddedPostgres({ runtime: bunRuntime, dataDir, log: silentLog });
  const database = bunRuntime.openDatabase({ url: server.url, connections: CONNECTIONS });
  try {
    await migrate(database, bunRuntime.assets);
    await database.script(baselineSchema);
    const figures: LedgerFigures[] = [];
    for (const wallets of WALLETS) figures.push(await measureWallets(database, wallets, size));
    return figures;
  } finally {
    await database.close();
    await server.stop(10_000);
  }
}

async function measureWallets(
  database: Database,
  wallets: number,
  size: { rounds: number; durationMs: number; warmUpMs: number },
): Promise<LedgerFigures> {
  const jobs = await seed(database, wallets);
  const ours = ourTarget(database, jobs);
  const plain = baselineTarget(database, jobs);
  await perSecond(ours, size.warmUpMs);
  await perSecond(plain, size.warmUpMs);
  const results: { ours: number[]; plain: number[] } = { ours: [], plain: [] };
  for (let round = 0; round < size.rounds; round += 1) {
    // Every other round runs backwards, so that none always follows the same one.
    const order = round % 2 === 0 ? (["ours", "plain"] as const) : (["plain", "ours"] as const);
    for (const name of order) {
      const target = name === "ours" ? ours : plain;
      results[name].push(await perSecond(target, size.durationMs));
    }
  }
  return { wallets, ours: median(results.ours), plain: median(results.plain) };
}

/** So many clients at once, each with a call after the other. */
async function perSecond(target: LedgerTarget, durationMs: number): Promise<number> {
  const started = performance.now();
  let calls = 0;
  const client = async (index: number) => {
    for (let round = 0; performance.now() - started < durationMs; round += 1) {
      await target.call(index + round * CONCURRENT);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, (_, index) => client(index)));
  return (calls / (performance.now() - started)) * 1_000;
}
