import { eq } from "drizzle-orm";
import type { Database, Drizzle } from "../../db/client.ts";
import { callBodies } from "../../db/schema/index.ts";

export type NewBodies = typeof callBodies.$inferInsert;
export type BodiesRow = typeof callBodies.$inferSelect;

export async function insertBodies(database: Database, rows: NewBodies[]): Promise<void> {
  await database.drizzle.insert(callBodies).values(rows).onConflictDoNothing();
}

export async function selectBodies(
  drizzle: Drizzle,
  callId: string,
): Promise<BodiesRow | undefined> {
  const [row] = await drizzle.select().from(callBodies).where(eq(callBodies.callId, callId));
  return row;
}

/** Deletes up to `limit` of what is older than a time; returns how many. */
export async function deleteBodies(
  database: Database,
  before: Date,
  limit: number,
): Promise<number> {
  const rows = await database.query(
    `with old as (
       select call_id from call_bodies where created_at < $1::timestamptz
       order by created_at limit $2::int for update skip locked
     )
     delete from call_bodies b using old where b.call_id = old.call_id returning 1 as one`,
    [before, limit],
  );
  return rows.length;
}
