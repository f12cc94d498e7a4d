import { and, asc, count, desc, eq, gt, lt } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { topUpBatches, topUpCodes } from "../../db/schema/index.ts";
import type { PageStart } from "../http/pagination.ts";

export type BatchRow = typeof topUpBatches.$inferSelect;
export type CodeRow = typeof topUpCodes.$inferSelect;
export type BatchWithCounts = BatchRow & { codes: number; redeemed: number; revoked: number };

export async function insertBatch(
  transaction: Drizzle,
  batch: BatchRow,
  codes: (typeof topUpCodes.$inferInsert)[],
): Promise<void> {
  await transaction.insert(topUpBatches).values(batch);
  await transaction.insert(topUpCodes).values(codes);
}

const withCounts = {
  id: topUpBatches.id,
  name: topUpBatches.name,
  amount: topUpBatches.amount,
  priority: topUpBatches.priority,
  expiresAt: topUpBatches.expiresAt,
  creditsLastDays: topUpBatches.creditsLastDays,
  pricePaidNanos: topUpBatches.pricePaidNanos,
  actor: topUpBatches.actor,
  createdAt: topUpBatches.createdAt,
};

/** Batches beyond one, those nearest to it, always newest first. */
export async function selectBatches(
  drizzle: Drizzle,
  page: { start: PageStart<string> | undefined; limit: number },
): Promise<BatchWithCounts[]> {
  const { id } = topUpBatches;
  const newer = page.start?.towards === "newer";
  const rows = await drizzle
    .select({
      ...withCounts,
      codes: count(topUpCodes.id),
      redeemed: count(topUpCodes.redeemedAt),
      revoked: count(topUpCodes.revokedAt),
    })
    .from(topUpBatches)
    .leftJoin(topUpCodes, eq(topUpCodes.batchId, id))
    .where(page.start && (newer ? gt(id, page.start.key) : lt(id, page.start.key)))
    .groupBy(id)
    .orderBy(newer ? asc(id) : desc(id))
    .limit(page.limit);
  return newer ? rows.reverse() : rows;
}

export async function selectBatch(
  drizzle: Drizzle,
  batchId: string,
): Promise<BatchWithCounts | undefined> {
  const [row] = await drizzle
    .select({
      ...withCounts,
      codes: count(topUpCodes.id),
      redeemed: count(topUpCodes.redeemedAt),
      revoked: count(topUpCodes.revokedAt),
    })
    .from(topUpBatches)
    .leftJoin(topUpCodes, eq(topUpCodes.batchId, topUpBatches.id))
    .where(eq(topUpBatches.id, batchId))
    .groupBy(topUpBatches.id);
  return row;
}

export function selectCodes(drizzle: Drizzle, batchId: string): Promise<CodeRow[]> {
  return drizzle
    .select()
    .from(topUpCodes)
    .where(eq(topUpCodes.batchId, batchId))
    .orderBy(asc(topUpCodes.id));
}

/** A code of a batch, locked until the transaction ends, so that nobody redeems it meanwhile. */
export async function lockCode(
  transaction: Drizzle,
  batchId: string,
  codeId: string,
): Promise<CodeRow | undefined> {
  const [row] = await transaction
    .select()
    .from(topUpCodes)
    .where(and(eq(topUpCodes.batchId, batchId), eq(topUpCodes.id, codeId)))
    .for("update");
  return row;
}

export async function revokeCodeRow(transaction: Drizzle, codeId: string, at: Date): Promise<void> {
  await transaction.update(topUpCodes).set({ revokedAt: at }).where(eq(topUpCodes.id, codeId));
}
