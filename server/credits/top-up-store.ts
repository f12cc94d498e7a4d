import { and, asc, count, desc, eq, gt, isNotNull, isNull, lt } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { topUpBatches, topUpCodes } from "../../db/schema/index.ts";
import { keyset, type PageStart } from "../../db/keyset.ts";

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
  page: { start: PageStart | undefined; limit: number },
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

/** What has become of a code. */
export type CodeState = "open" | "redeemed" | "revoked";

const inState = {
  open: and(isNull(topUpCodes.redeemedAt), isNull(topUpCodes.revokedAt)),
  redeemed: isNotNull(topUpCodes.redeemedAt),
  revoked: isNotNull(topUpCodes.revokedAt),
} as const satisfies Record<CodeState, unknown>;

/** Codes of a batch beyond one, those nearest to it, in the order in which they were made. */
export async function selectCodes(
  drizzle: Drizzle,
  batchId: string,
  state: CodeState | undefined,
  page: { start: PageStart | undefined; limit: number },
): Promise<CodeRow[]> {
  const order = { column: topUpCodes.id, descending: false };
  const { beyond, orderBy, rows } = keyset(topUpCodes, order, page.start);
  const read = await drizzle
    .select()
    .from(topUpCodes)
    .where(and(eq(topUpCodes.batchId, batchId), state && inState[state], beyond))
    .orderBy(...orderBy)
    .limit(page.limit);
  return rows(read);
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
