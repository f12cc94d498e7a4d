import { expect, test } from "vitest";
import { plainCalls } from "../../server/gateway/plain-store.ts";
import { openCalls, type OpenItem, settleCalls } from "../../server/gateway/store.ts";
import { ledger } from "../gateway/ledger.ts";

const { anotherPool, at, newId, createJob, call, end } = await ledger();
/** One connection: a backend counts for itself, and tells when it is asked. */
const database = anotherPool(1);
const WAVES = 40;

/** Of the rows that were written anew: the share that stayed within their page, without an entry in any index. */
async function stayed(table: string): Promise<number> {
  const [row] = await database.query<{ updates: number; hot: number }>(
    `select n_tup_upd::float8 as updates, n_tup_hot_upd::float8 as hot
     from pg_stat_user_tables where relname = $1`,
    [table],
  );
  expect(row!.updates).toBeGreaterThan(WAVES);
  return row!.hot / row!.updates;
}

test("what a settle writes stays within its page, for one call at a time and for many", async () => {
  const month = at().toISOString().slice(0, 7).replace("-", "_");
  // An analyze in the background, of whichever table, has a snapshot, for whose time no page is cleared: on a busy machine
  // that is long.
  const tables = await database.query<{ name: string }>(
    "select oid::regclass::text as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
  );
  for (const { name } of tables)
    await database.query(`alter table ${name} set (autovacuum_enabled = false)`);
  const jobs = await Promise.all(Array.from({ length: 8 }, () => createJob()));
  const inFlight: OpenItem[] = [];
  for (let wave = 0; wave < WAVES; wave += 1) {
    const alone = call(jobs[wave % jobs.length]!);
    const [opened] = await openCalls(database, at(), newId(), [alone]);
    expect(opened?.outcome).toBe("opened");
    await settleCalls(database, at(), [end(alone)]);
    const opens = Array.from({ length: 32 }, (_, index) => call(jobs[index % jobs.length]!));
    const settles = inFlight.splice(0, 32, ...opens).map((item) => end(item));
    const together = await plainCalls(database, at(), newId(), { settles, opens });
    expect([together.settled?.length, together.opened?.length]).toEqual([settles.length, 32]);
  }
  await database.query("select pg_stat_force_next_flush()", []);
  // None does where an index holds a column that is written; the system's own tables are still analyzed, and hold back a few.
  expect(await stayed(`llm_calls_${month}`)).toBeGreaterThan(0.75);
  expect(await stayed("jobs")).toBeGreaterThan(0.75);
});
