import { sql } from "drizzle-orm";
import type { Drizzle } from "./client.ts";

/** Raises the counters of these kinds, in the transaction of the change itself; ascending, so that two never deadlock. */
export async function raiseConfigVersions(
  transaction: Drizzle,
  kinds: readonly string[],
): Promise<void> {
  for (const kind of [...kinds].sort()) {
    await transaction.execute(sql`
      insert into config_versions (kind, version) values (${kind}, 1)
      on conflict (kind) do update set version = config_versions.version + 1`);
  }
}
