import type { Drizzle } from "../../db/client.ts";
import { teams } from "../../db/schema/index.ts";

/** Whether there was none yet. */
export async function insertSandbox(
  transaction: Drizzle,
  row: { id: string; organizationId: string; testOf: string; at: Date },
): Promise<boolean> {
  const { at, ...columns } = row;
  const inserted = await transaction
    .insert(teams)
    .values({ ...columns, name: "Test keys", createdAt: at, updatedAt: at })
    .onConflictDoNothing()
    .returning({ id: teams.id });
  return inserted.length > 0;
}
