import type { Drizzle } from "../../db/client.ts";
import { auditLog } from "../../db/schema/index.ts";

export async function insertAuditEntry(
  transaction: Drizzle,
  row: typeof auditLog.$inferInsert,
): Promise<void> {
  await transaction.insert(auditLog).values(row);
}
