import type { Context } from "../context.ts";
import { asLeader } from "../instance/leader.ts";
import * as store from "./store.ts";

const DAY_MS = 86_400_000;

/**
 * Background work: drops the months of calls that lie wholly before the retention. One that still has a call in flight, or
 * that usage has not been rolled up from, stays until the next round. A month is detached without stopping anybody who
 * reads or writes calls, and dropped when that is done; what another run, or another instance, left half-way is finished.
 * Returns the months that it dropped.
 */
export async function dropOldCalls(
  context: Context,
  settings: { callsRetentionDays: number | null },
): Promise<string[]> {
  const { database, clock, log } = context;
  const nowMs = clock.now();
  const dropped: string[] = [];
  for (const partition of await store.selectPartitions(database)) {
    if (partition.state === "attached") {
      if (settings.callsRetentionDays === null) continue;
      const keptFrom = nowMs - settings.callsRetentionDays * DAY_MS;
      if (partition.endsAt.getTime() > keptFrom) continue;
      // Looked at by one instance at a time; calls of a month that is over do not begin any more.
      const blocked = await asLeader(database, "call retention", (transaction) =>
        store.whyKept(transaction, partition),
      ).catch((error: unknown) => {
        if (store.isDoneByOther(error)) return "gone" as const;
        throw error;
      });
      if (blocked === undefined) return dropped;
      if (blocked === "gone") continue;
      if (blocked !== "nothing") {
        log.info("old calls are kept until they can be dropped", {
          month: partition.name,
          because: blocked,
        });
        continue;
      }
    }
    if (await store.dropPartition(database, partition)) {
      dropped.push(partition.name);
      log.info("calls were dropped by retention", { month: partition.name });
    }
  }
  return dropped;
}
