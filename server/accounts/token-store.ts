import { and, desc, eq, isNull, or } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { adminUsers, apiTokens } from "../../db/schema/index.ts";

export type ApiTokenRow = typeof apiTokens.$inferSelect;

export async function insertApiToken(
  transaction: Drizzle,
  row: typeof apiTokens.$inferInsert,
): Promise<void> {
  await transaction.insert(apiTokens).values(row);
}

/** Tokens that were not revoked, with the account that made each, unless that was removed: its tokens end with it. */
const living = (drizzle: Drizzle) =>
  drizzle
    .select({ token: apiTokens, maker: adminUsers })
    .from(apiTokens)
    .leftJoin(adminUsers, eq(adminUsers.id, apiTokens.userId));
const notEnded = and(
  isNull(apiTokens.revokedAt),
  or(isNull(apiTokens.userId), isNull(adminUsers.removedAt)),
);

export async function selectApiToken(drizzle: Drizzle, tokenHash: Uint8Array) {
  const [row] = await living(drizzle).where(and(eq(apiTokens.tokenHash, tokenHash), notEnded));
  return row;
}

export const selectApiTokens = (drizzle: Drizzle) =>
  living(drizzle).where(notEnded).orderBy(desc(apiTokens.id));

export async function selectApiTokenById(drizzle: Drizzle, id: string) {
  const [row] = await living(drizzle).where(and(eq(apiTokens.id, id), notEnded));
  return row;
}

export async function usedApiToken(drizzle: Drizzle, id: string, at: Date): Promise<void> {
  await drizzle.update(apiTokens).set({ lastUsedAt: at }).where(eq(apiTokens.id, id));
}

/** False = it was revoked before. */
export async function revokeApiToken(transaction: Drizzle, id: string, at: Date): Promise<boolean> {
  const revoked = await transaction
    .update(apiTokens)
    .set({ revokedAt: at })
    .where(and(eq(apiTokens.id, id), isNull(apiTokens.revokedAt)))
    .returning({ id: apiTokens.id });
  return revoked.length > 0;
}
