import { and, asc, desc, eq, gt, lt, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { creditTransactions, wallets } from "../../db/schema/index.ts";
import type { PageStart } from "../http/pagination.ts";

export async function insertWallet(
  transaction: Drizzle,
  row: { id: string; teamId: string; at: Date },
): Promise<void> {
  await transaction.insert(wallets).values({ id: row.id, teamId: row.teamId, updatedAt: row.at });
}

/** All amounts in micro-credits. */
export interface WalletRow {
  id: string;
  balance: bigint;
  held: bigint;
  /** Null = unlimited. */
  creditLimit: bigint | null;
}

export async function selectWallet(
  drizzle: Drizzle,
  teamId: string,
): Promise<WalletRow | undefined> {
  const [row] = await drizzle
    .select({
      id: wallets.id,
      balance: wallets.balance,
      held: wallets.held,
      creditLimit: wallets.creditLimit,
    })
    .from(wallets)
    .where(eq(wallets.teamId, teamId));
  return row;
}

/** What `change_wallet_v2` says of an allocation; amounts in micro-credits. */
export interface WalletChange {
  outcome: "changed" | "replayed" | "mismatch" | "team_not_found";
  entryNo: bigint;
  amount: bigint;
  balanceAfter: bigint;
  createdAt: Date;
}

/** Adds credits to a wallet. Idempotent by the key, when there is one. */
export async function changeWallet(
  transaction: Drizzle,
  change: {
    at: Date;
    teamId: string;
    amount: bigint;
    grantId: string;
    actor: string;
    reason: string | null;
    idempotencyKey: string | null;
  },
): Promise<WalletChange> {
  const parameters = JSON.stringify({
    team_id: change.teamId,
    kind: "allocation",
    amount: change.amount.toString(),
    grant_id: change.grantId,
    actor: change.actor,
    reason: change.reason,
    idempotency_key: change.idempotencyKey,
  });
  const [row] = await transaction
    .select({
      outcome: sql<WalletChange["outcome"]>`outcome`,
      entryNo: sql<string>`coalesce(entry_no, 0)::text`,
      amount: sql<string>`coalesce(amount, 0)::text`,
      balanceAfter: sql<string>`coalesce(balance_after, 0)::text`,
      createdMs: sql<string>`coalesce(extract(epoch from created_at) * 1000, 0)::text`,
    })
    .from(
      sql`change_wallet_v2(${change.at.toISOString()}::timestamptz, ${parameters}::text::jsonb)`,
    );
  return {
    outcome: row!.outcome,
    entryNo: BigInt(row!.entryNo),
    amount: BigInt(row!.amount),
    balanceAfter: BigInt(row!.balanceAfter),
    createdAt: new Date(Number(row!.createdMs)),
  };
}

export type LedgerEntryRow = typeof creditTransactions.$inferSelect;

/** Entries of a wallet beyond an entry, those nearest to it, always newest first. */
export async function selectEntries(
  drizzle: Drizzle,
  walletId: string,
  page: { start: PageStart<bigint> | undefined; limit: number },
): Promise<LedgerEntryRow[]> {
  const { entryNo } = creditTransactions;
  const newer = page.start?.towards === "newer";
  const rows = await drizzle
    .select()
    .from(creditTransactions)
    .where(
      and(
        eq(creditTransactions.walletId, walletId),
        page.start && (newer ? gt(entryNo, page.start.key) : lt(entryNo, page.start.key)),
      ),
    )
    .orderBy(newer ? asc(entryNo) : desc(entryNo))
    .limit(page.limit);
  return newer ? rows.reverse() : rows;
}
