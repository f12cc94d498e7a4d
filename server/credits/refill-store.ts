import { and, count, eq, inArray, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { newestFirst, type PageStart } from "../../db/keyset.ts";
import { creditRefills, wallets } from "../../db/schema/index.ts";

export type RefillRow = typeof creditRefills.$inferSelect;

/** Adds a refill from the period that the instant lies in, or the next one, and sets when it is due. The wallet is locked. */
export async function insertRefill(
  transaction: Drizzle,
  row: Omit<typeof creditRefills.$inferInsert, "startsAt">,
  first: "current" | "next",
): Promise<RefillRow> {
  const at = row.createdAt.toISOString();
  const startsAt = sql`(select ${first === "current" ? sql`starts_at` : sql`ends_at`} from period_of_v1(${row.period}, ${at}::timestamptz))`;
  const [refill] = await transaction
    .insert(creditRefills)
    .values({ ...row, startsAt })
    .returning();
  await transaction
    .update(wallets)
    .set({
      nextDueAt: sql`least(${wallets.nextDueAt}, ${refill!.startsAt.toISOString()}::timestamptz)`,
    })
    .where(eq(wallets.id, row.walletId));
  return refill!;
}

export async function countActiveRefills(drizzle: Drizzle, walletId: string): Promise<number> {
  const [row] = await drizzle
    .select({ active: count() })
    .from(creditRefills)
    .where(and(eq(creditRefills.walletId, walletId), eq(creditRefills.active, true)));
  return row!.active;
}

/** Refills of a wallet beyond one, those nearest to it, always newest first; `active` undefined = stopped ones too. */
export async function selectRefills(
  drizzle: Drizzle,
  walletId: string,
  active: boolean | undefined,
  page: { start: PageStart | undefined; limit: number },
): Promise<RefillRow[]> {
  const { beyond, orderBy, rows } = newestFirst(creditRefills.id, page.start);
  const read = await drizzle
    .select()
    .from(creditRefills)
    .where(
      and(
        eq(creditRefills.walletId, walletId),
        active === undefined ? undefined : eq(creditRefills.active, active),
        beyond,
      ),
    )
    .orderBy(...orderBy)
    .limit(page.limit);
  return rows(read);
}

export async function selectRefill(
  drizzle: Drizzle,
  walletId: string,
  refillId: string,
): Promise<RefillRow | undefined> {
  const [row] = await drizzle
    .select()
    .from(creditRefills)
    .where(and(eq(creditRefills.walletId, walletId), eq(creditRefills.id, refillId)));
  return row;
}

/** Ends all refills of teams; returns those that were active. */
export async function deactivateRefillsOf(
  transaction: Drizzle,
  teamIds: readonly string[],
): Promise<{ refillId: string; teamId: string }[]> {
  return transaction
    .update(creditRefills)
    .set({ active: false })
    .from(wallets)
    .where(
      and(
        eq(wallets.id, creditRefills.walletId),
        inArray(wallets.teamId, [...teamIds]),
        eq(creditRefills.active, true),
      ),
    )
    .returning({ refillId: creditRefills.id, teamId: wallets.teamId });
}

export async function deactivateRefill(transaction: Drizzle, refillId: string): Promise<void> {
  await transaction
    .update(creditRefills)
    .set({ active: false })
    .where(eq(creditRefills.id, refillId));
}
