import { and, desc, eq, gt, isNull } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { adminInvitations, adminResetLinks, setupLinks } from "../../db/schema/index.ts";

export type InvitationRow = typeof adminInvitations.$inferSelect;

export async function insertSetupLink(
  drizzle: Drizzle,
  row: typeof setupLinks.$inferInsert,
): Promise<void> {
  await drizzle.insert(setupLinks).values(row);
}

const openSetupLink = (tokenHash: Uint8Array, at: Date) =>
  and(eq(setupLinks.tokenHash, tokenHash), isNull(setupLinks.usedAt), gt(setupLinks.expiresAt, at));

export async function hasSetupLink(
  drizzle: Drizzle,
  tokenHash: Uint8Array,
  at: Date,
): Promise<boolean> {
  const rows = await drizzle
    .select({ at: setupLinks.createdAt })
    .from(setupLinks)
    .where(openSetupLink(tokenHash, at));
  return rows.length > 0;
}

/** Uses a link up; false = it is unknown, used or expired. Of two at once, one succeeds. */
export async function useSetupLink(
  transaction: Drizzle,
  tokenHash: Uint8Array,
  at: Date,
): Promise<boolean> {
  const used = await transaction
    .update(setupLinks)
    .set({ usedAt: at })
    .where(openSetupLink(tokenHash, at))
    .returning({ at: setupLinks.createdAt });
  return used.length > 0;
}

export async function insertInvitation(
  transaction: Drizzle,
  row: typeof adminInvitations.$inferInsert,
): Promise<void> {
  await transaction.insert(adminInvitations).values(row);
}

const openInvitation = (at: Date) =>
  and(
    isNull(adminInvitations.usedAt),
    isNull(adminInvitations.revokedAt),
    gt(adminInvitations.expiresAt, at),
  );

/** Those that can still be accepted, the newest first. */
export function selectInvitations(drizzle: Drizzle, at: Date): Promise<InvitationRow[]> {
  return drizzle
    .select()
    .from(adminInvitations)
    .where(openInvitation(at))
    .orderBy(desc(adminInvitations.id));
}

/** One that can still be accepted, by its id or its token. */
export async function selectInvitation(
  drizzle: Drizzle,
  which: { id: string } | { tokenHash: Uint8Array },
  at: Date,
): Promise<InvitationRow | undefined> {
  const [row] = await drizzle
    .select()
    .from(adminInvitations)
    .where(
      and(
        "id" in which
          ? eq(adminInvitations.id, which.id)
          : eq(adminInvitations.tokenHash, which.tokenHash),
        openInvitation(at),
      ),
    );
  return row;
}

/** Uses an invitation up or takes it back; false = somebody did before. */
export async function endInvitation(
  transaction: Drizzle,
  id: string,
  change: { usedAt: Date } | { revokedAt: Date },
): Promise<boolean> {
  const at = "usedAt" in change ? change.usedAt : change.revokedAt;
  const ended = await transaction
    .update(adminInvitations)
    .set(change)
    .where(and(eq(adminInvitations.id, id), openInvitation(at)))
    .returning({ id: adminInvitations.id });
  return ended.length > 0;
}

export async function insertResetLink(
  transaction: Drizzle,
  row: typeof adminResetLinks.$inferInsert,
): Promise<void> {
  await transaction.delete(adminResetLinks).where(eq(adminResetLinks.userId, row.userId));
  await transaction.insert(adminResetLinks).values(row);
}

const openResetLink = (tokenHash: Uint8Array, at: Date) =>
  and(
    eq(adminResetLinks.tokenHash, tokenHash),
    isNull(adminResetLinks.usedAt),
    gt(adminResetLinks.expiresAt, at),
  );

/** Whose password a link sets. */
export async function selectResetLink(
  drizzle: Drizzle,
  tokenHash: Uint8Array,
  at: Date,
): Promise<string | undefined> {
  const [row] = await drizzle
    .select({ userId: adminResetLinks.userId })
    .from(adminResetLinks)
    .where(openResetLink(tokenHash, at));
  return row?.userId;
}

/** Uses a link up; false = it is unknown, used or expired. */
export async function useResetLink(
  transaction: Drizzle,
  tokenHash: Uint8Array,
  at: Date,
): Promise<boolean> {
  const used = await transaction
    .update(adminResetLinks)
    .set({ usedAt: at })
    .where(openResetLink(tokenHash, at))
    .returning({ userId: adminResetLinks.userId });
  return used.length > 0;
}
