import { sql } from "drizzle-orm";
import type { Database, Drizzle } from "../../db/client.ts";

/**
 * Runs a bounded piece of background work in a transaction of its own, unless another instance is at work of this name;
 * undefined then. The lock belongs to the transaction and is taken anew for each piece, so a connection or an instance that
 * dies never keeps it. It only saves work: each statement is right when two instances run it.
 */
export function asLeader<Result>(
  database: Database,
  name: string,
  work: (transaction: Drizzle) => Promise<Result>,
): Promise<Result | undefined> {
  return database.drizzle.transaction(async (transaction) => {
    const [row] = await transaction
      .select({
        locked: sql<boolean>`pg_try_advisory_xact_lock(hashtext(${`background ${name}`}::text))`,
      })
      .from(sql`(values (1)) as one`);
    return row!.locked ? work(transaction) : undefined;
  });
}
