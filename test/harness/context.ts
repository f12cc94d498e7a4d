import type { Database } from "../../db/client.ts";
import type { Context } from "../../server/context.ts";
import type { Clock } from "../../server/kernel/clock.ts";
import { systemClock } from "../../server/kernel/clock.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { silentLog } from "../../server/kernel/log.ts";

/** What rules need, on a test's database. Its caches never count, so that every read sees the last change. */
export async function testContext(
  database: Database,
  options: { clock?: Clock; changes?: Context["changes"] } = {},
): Promise<Context> {
  const clock = options.clock ?? systemClock;
  // A manual clock may stand in a month that the migration did not know of.
  await database.query("select ensure_call_partitions_v1($1::timestamptz)", [
    new Date(clock.now()),
  ]);
  return {
    database,
    clock,
    changes: options.changes ?? {
      fresh: () => false,
      version: () => 0,
      onChange: () => () => {},
      refresh: () => Promise.resolve(),
    },
    masterKey: new Uint8Array(32).fill(7),
    log: silentLog,
    instanceId: uuidV7(clock.now()),
  };
}
