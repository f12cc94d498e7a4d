import { expect, test } from "vitest";
import type { Database } from "../../db/client.ts";
import { sqlState } from "../../db/sql-state.ts";
import { openLimited } from "../../server/main/limited-pool.ts";
import { silentLog } from "../../server/kernel/log.ts";
import { testDatabase, until } from "../harness.ts";

const { url, runtime, beforeEnd, administrator, name } = await testDatabase();

const opened: Database[] = [];
beforeEnd(async () => {
  for (const pool of opened) await pool.close();
});
const limited = async (
  longestMs?: number,
  of: Parameters<typeof openLimited>[0] = runtime,
  serverVersion = "18.4",
) => {
  const pool = await openLimited(
    of,
    { url, connections: 2 },
    { serverVersion, log: silentLog },
    longestMs,
  );
  opened.push(pool);
  return pool;
};
const shown = async (pool: Database) =>
  (
    await pool.query<{ setting: string }>(
      `select setting from pg_settings
       where name in ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout') order by name`,
    )
  ).map(({ setting }) => Number(setting));

test("no transaction may last longer than 30 s", async () => {
  expect(await shown(await limited())).toEqual([25_000, 25_000, 30_000]);
});

test("an older server is given the limits that it knows", async () => {
  expect(await shown(await limited(undefined, runtime, "16.9 (Debian)"))).toEqual([
    25_000, 25_000, 0,
  ]);
});

/** Long enough that a busy machine gets through a short statement. */
const LONGEST_MS = 800;

test("a statement that takes too long is ended, and the pool goes on", async () => {
  const pool = await limited(LONGEST_MS);
  const state = await pool.query("select pg_sleep(20)").catch(sqlState);
  expect(state).toBe("57014");
  expect(await pool.query("select 1 as one")).toEqual([{ one: 1 }]);
});

test("a transaction of many short statements is ended as well", async () => {
  const pool = await limited(LONGEST_MS);
  const busy = pool.drizzle.transaction(async (transaction) => {
    for (;;) await transaction.execute("select pg_sleep(0.02)");
  });
  await expect(busy).rejects.toThrow();
  // The server says so first, and ends its process then.
  await until("no transaction is left", async () => {
    const left = await administrator.query(
      "select 1 from pg_stat_activity where datname = $1 and state like '%transaction%'",
      [name],
    );
    return left.length === 0;
  });
  expect(await pool.query("select 1 as one")).toEqual([{ one: 1 }]);
});

test("a transaction that its owner forgot is ended", async () => {
  const pool = await limited(LONGEST_MS);
  const forgotten = pool.drizzle.transaction(async (transaction) => {
    await transaction.execute("select 1");
    await until("the server has ended it", async () => {
      const open = await administrator.query(
        "select 1 from pg_stat_activity where datname = $1 and state = 'idle in transaction'",
        [name],
      );
      return open.length === 0;
    });
    await transaction.execute("select 1");
  });
  await expect(forgotten).rejects.toThrow();
  expect(await pool.query("select 1 as one")).toEqual([{ one: 1 }]);
});

test("a pooler that knows no such settings is served without them", async () => {
  const pooler = {
    openDatabase: (options: Parameters<typeof runtime.openDatabase>[0]) =>
      runtime.openDatabase(
        options.session ? { ...options, session: { no_such_setting: "1" } } : options,
      ),
  };
  expect(await shown(await limited(undefined, pooler))).toEqual([0, 0, 0]);
});
