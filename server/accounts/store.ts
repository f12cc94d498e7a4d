import { and, asc, count, eq, isNull, lt, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { adminBackupCodes, adminUsers, signInAttempts } from "../../db/schema/index.ts";

export type AccountRow = typeof adminUsers.$inferSelect;

/** One at a time makes, changes or removes accounts, so that of two owners who leave at once one stays. */
export async function lockAccounts(transaction: Drizzle): Promise<void> {
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended('accounts', 0))`);
}

const living = isNull(adminUsers.removedAt);

export async function insertAccount(
  transaction: Drizzle,
  row: typeof adminUsers.$inferInsert,
): Promise<AccountRow> {
  const [inserted] = await transaction.insert(adminUsers).values(row).returning();
  return inserted!;
}

export async function selectAccount(
  drizzle: Drizzle,
  which: { id: string } | { email: string },
): Promise<AccountRow | undefined> {
  const [row] = await drizzle
    .select()
    .from(adminUsers)
    .where(
      and(
        living,
        "id" in which
          ? eq(adminUsers.id, which.id)
          : sql`lower(${adminUsers.email}) = lower(${which.email}::text)`,
      ),
    );
  return row;
}

export const selectAccounts = (drizzle: Drizzle): Promise<AccountRow[]> =>
  drizzle
    .select()
    .from(adminUsers)
    .where(living)
    .orderBy(asc(sql`lower(${adminUsers.email})`));

export async function countOwners(drizzle: Drizzle): Promise<number> {
  const [row] = await drizzle
    .select({ owners: count() })
    .from(adminUsers)
    .where(and(living, eq(adminUsers.role, "owner")));
  return row?.owners ?? 0;
}

export async function updateAccount(
  transaction: Drizzle,
  id: string,
  change: Partial<typeof adminUsers.$inferInsert>,
): Promise<AccountRow> {
  const [row] = await transaction
    .update(adminUsers)
    .set({ ...change, version: sql`${adminUsers.version} + 1` })
    .where(eq(adminUsers.id, id))
    .returning();
  return row!;
}

export async function signedIn(transaction: Drizzle, id: string, at: Date): Promise<void> {
  await transaction.update(adminUsers).set({ lastSignInAt: at }).where(eq(adminUsers.id, id));
}

/** Takes a code's time step; false = a code of it or of a later one was taken before. Of two at once, one succeeds. */
export async function takeTotpStep(drizzle: Drizzle, id: string, step: number): Promise<boolean> {
  const taken = await drizzle
    .update(adminUsers)
    .set({ totpStep: step })
    .where(and(eq(adminUsers.id, id), lt(adminUsers.totpStep, step)))
    .returning({ id: adminUsers.id });
  return taken.length > 0;
}

/** New codes in place of all that an account had. */
export async function replaceBackupCodes(
  transaction: Drizzle,
  userId: string,
  codeHashes: readonly Uint8Array[],
): Promise<void> {
  await transaction.delete(adminBackupCodes).where(eq(adminBackupCodes.userId, userId));
  if (codeHashes.length === 0) return;
  await transaction
    .insert(adminBackupCodes)
    .values(codeHashes.map((codeHash) => ({ codeHash, userId })));
}

/** Uses a code up; false = it is not the account's, or was used. Of two at once, one succeeds. */
export async function takeBackupCode(
  drizzle: Drizzle,
  code: { userId: string; codeHash: Uint8Array },
  at: Date,
): Promise<boolean> {
  const taken = await drizzle
    .update(adminBackupCodes)
    .set({ usedAt: at })
    .where(
      and(
        eq(adminBackupCodes.codeHash, code.codeHash),
        eq(adminBackupCodes.userId, code.userId),
        isNull(adminBackupCodes.usedAt),
      ),
    )
    .returning({ userId: adminBackupCodes.userId });
  return taken.length > 0;
}

export async function countBackupCodes(drizzle: Drizzle, userId: string): Promise<number> {
  const [row] = await drizzle
    .select({ left: count() })
    .from(adminBackupCodes)
    .where(and(eq(adminBackupCodes.userId, userId), isNull(adminBackupCodes.usedAt)));
  return row?.left ?? 0;
}

/** Counts an attempt; what was counted before `since` is forgotten. Returns the count and when it began. */
export async function countAttempt(
  drizzle: Drizzle,
  key: Uint8Array,
  { at, since }: { at: Date; since: Date },
): Promise<{ failures: number; since: Date }> {
  const old = sql`${signInAttempts.since} <= ${since.toISOString()}::timestamptz`;
  const [row] = await drizzle
    .insert(signInAttempts)
    .values({ keyHash: key, failures: 1, since: at })
    .onConflictDoUpdate({
      target: signInAttempts.keyHash,
      set: {
        failures: sql`case when ${old} then 1 else ${signInAttempts.failures} + 1 end`,
        since: sql`case when ${old} then excluded.since else ${signInAttempts.since} end`,
      },
    })
    .returning();
  return row!;
}

/** One attempt was none. */
export async function takeBackAttempt(drizzle: Drizzle, key: Uint8Array): Promise<void> {
  await drizzle
    .update(signInAttempts)
    .set({ failures: sql`greatest(${signInAttempts.failures} - 1, 0)` })
    .where(eq(signInAttempts.keyHash, key));
}

export async function forgetAttempts(drizzle: Drizzle, key: Uint8Array): Promise<void> {
  await drizzle.delete(signInAttempts).where(eq(signInAttempts.keyHash, key));
}

export async function deleteOldAttempts(drizzle: Drizzle, before: Date): Promise<void> {
  await drizzle.delete(signInAttempts).where(lt(signInAttempts.since, before));
}
