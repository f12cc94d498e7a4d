import { and, desc, eq, gt, isNull, lt, ne } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { adminResetLinks, adminSessions, adminUsers, setupLinks } from "../../db/schema/index.ts";

export type SessionRow = typeof adminSessions.$inferSelect;

export async function insertSession(
  transaction: Drizzle,
  row: typeof adminSessions.$inferInsert,
): Promise<void> {
  await transaction.insert(adminSessions).values(row);
}

/** A session that was not closed, with its account, unless that was removed. */
export async function selectSession(drizzle: Drizzle, tokenHash: Uint8Array) {
  const [row] = await drizzle
    .select({ session: adminSessions, user: adminUsers })
    .from(adminSessions)
    .innerJoin(adminUsers, eq(adminUsers.id, adminSessions.userId))
    .where(
      and(
        eq(adminSessions.tokenHash, tokenHash),
        isNull(adminSessions.revokedAt),
        isNull(adminUsers.removedAt),
      ),
    );
  return row;
}

export async function seenSession(drizzle: Drizzle, id: string, at: Date): Promise<void> {
  await drizzle.update(adminSessions).set({ lastSeenAt: at }).where(eq(adminSessions.id, id));
}

/** Those of an account that are open, the newest first. */
export function selectOpenSessions(
  drizzle: Drizzle,
  userId: string,
  at: Date,
): Promise<SessionRow[]> {
  return drizzle
    .select()
    .from(adminSessions)
    .where(
      and(
        eq(adminSessions.userId, userId),
        isNull(adminSessions.revokedAt),
        gt(adminSessions.expiresAt, at),
      ),
    )
    .orderBy(desc(adminSessions.createdAt));
}

/** Ends sessions: one by its id or secret, or all of an account but one. Returns how many were open. */
export async function revokeSessions(
  transaction: Drizzle,
  which: { id?: string; tokenHash?: Uint8Array; userId?: string; except?: string },
  at: Date,
): Promise<number> {
  const { id, tokenHash, userId, except } = which;
  const revoked = await transaction
    .update(adminSessions)
    .set({ revokedAt: at })
    .where(
      and(
        id === undefined ? undefined : eq(adminSessions.id, id),
        tokenHash === undefined ? undefined : eq(adminSessions.tokenHash, tokenHash),
        userId === undefined ? undefined : eq(adminSessions.userId, userId),
        except === undefined ? undefined : ne(adminSessions.id, except),
        isNull(adminSessions.revokedAt),
      ),
    )
    .returning({ id: adminSessions.id });
  return revoked.length;
}

/** Deletes links and sessions that have expired, so that no table grows for ever. */
export async function deleteOutdated(drizzle: Drizzle, at: Date): Promise<void> {
  await drizzle.delete(setupLinks).where(lt(setupLinks.expiresAt, at));
  await drizzle.delete(adminResetLinks).where(lt(adminResetLinks.expiresAt, at));
  await drizzle.delete(adminSessions).where(lt(adminSessions.expiresAt, at));
}
