import { and, asc, desc, eq, gt, gte, lt, ne, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { creditGrants, creditTransactions, teams, wallets } from "../../db/schema/index.ts";
import type { PageStart } from "../http/pagination.ts";

export async function insertWallet(
  transaction: Drizzle,
  row: { id: string; teamId: string; at: Date; creditLimit?: bigint | null },
): Promise<void> {
  const { at, ...columns } = row;
  await transaction.insert(wallets).values({ ...columns, updatedAt: at });
}

/** All amounts in micro-credits. */
export interface WalletRow {
  id: string;
  organizationId: string;
  teamStatus: string;
  /** Of the team: whoever changes limit or threshold raises it. */
  version: number;
  balance: bigint;
  held: bigint;
  /** Null = unlimited. */
  creditLimit: bigint | null;
  /** Null = no notice. */
  lowBalanceThreshold: bigint | null;
  /** Something is due by now that its figures do not show yet. */
  due: boolean;
}

export async function selectWallet(
  drizzle: Drizzle,
  teamId: string,
  at: Date,
): Promise<WalletRow | undefined> {
  const [row] = await drizzle
    .select({
      id: wallets.id,
      organizationId: teams.organizationId,
      teamStatus: teams.status,
      version: teams.version,
      balance: wallets.balance,
      held: wallets.held,
      creditLimit: wallets.creditLimit,
      lowBalanceThreshold: wallets.lowBalanceThreshold,
      due: sql<boolean>`${wallets.nextDueAt} <= ${at.toISOString()}::timestamptz`,
    })
    .from(wallets)
    .innerJoin(teams, eq(teams.id, wallets.teamId))
    .where(eq(wallets.teamId, teamId));
  return row;
}

/** The version of a wallet's team, which is locked until the transaction ends. Undefined = there is none. */
export async function lockTeamVersion(
  transaction: Drizzle,
  teamId: string,
): Promise<number | undefined> {
  const [row] = await transaction
    .select({ version: teams.version })
    .from(teams)
    .where(and(eq(teams.id, teamId), ne(teams.status, "deleted")))
    .for("no key update");
  return row?.version;
}

/** Sets limit and threshold; an absent one stays. Raises the team's version. Locks the wallet. */
export async function updateWalletSettings(
  transaction: Drizzle,
  { walletId, teamId }: { walletId: string; teamId: string },
  settings: {
    at: Date;
    creditLimit: bigint | null | undefined;
    lowBalanceThreshold: bigint | null | undefined;
  },
): Promise<void> {
  await transaction
    .update(wallets)
    .set({
      ...(settings.creditLimit === undefined ? {} : { creditLimit: settings.creditLimit }),
      ...(settings.lowBalanceThreshold === undefined
        ? {}
        : { lowBalanceThreshold: settings.lowBalanceThreshold }),
      updatedAt: settings.at,
    })
    .where(eq(wallets.id, walletId));
  await transaction
    .update(teams)
    .set({ version: sql`${teams.version} + 1`, updatedAt: settings.at })
    .where(eq(teams.id, teamId));
}

export type LedgerEntryRow = typeof creditTransactions.$inferSelect;

/** Which entries of a wallet; an absent field = all. */
export interface EntryFilter {
  kind?: string | undefined;
  jobId?: string | undefined;
  /** Included. */
  from?: Date | undefined;
  /** Excluded. */
  to?: Date | undefined;
}

/** Entries of a wallet beyond an entry, those nearest to it, always newest first. */
export async function selectEntries(
  drizzle: Drizzle,
  walletId: string,
  filter: EntryFilter,
  page: { start: PageStart<bigint> | undefined; limit: number },
): Promise<LedgerEntryRow[]> {
  const { entryNo, kind, jobId, createdAt } = creditTransactions;
  const newer = page.start?.towards === "newer";
  const rows = await drizzle
    .select()
    .from(creditTransactions)
    .where(
      and(
        eq(creditTransactions.walletId, walletId),
        filter.kind === undefined ? undefined : eq(kind, filter.kind),
        filter.jobId === undefined ? undefined : eq(jobId, filter.jobId),
        filter.from && gte(createdAt, filter.from),
        filter.to && lt(createdAt, filter.to),
        page.start && (newer ? gt(entryNo, page.start.key) : lt(entryNo, page.start.key)),
      ),
    )
    .orderBy(newer ? asc(entryNo) : desc(entryNo))
    .limit(page.limit);
  return newer ? rows.reverse() : rows;
}

export type GrantRow = typeof creditGrants.$inferSelect;

/** What is left of a wallet's grants, in burn order. */
export function selectOpenGrants(
  drizzle: Drizzle,
  walletId: string,
  limit: number,
): Promise<GrantRow[]> {
  const { priority, expiresAt, createdAt, id } = creditGrants;
  return drizzle
    .select()
    .from(creditGrants)
    .where(and(eq(creditGrants.walletId, walletId), gt(creditGrants.remaining, 0n)))
    .orderBy(asc(priority), sql`${expiresAt} asc nulls last`, asc(createdAt), asc(id))
    .limit(limit);
}

/** Grants of a wallet beyond one, those nearest to it, always newest first: their ids sort by time. */
export async function selectGrants(
  drizzle: Drizzle,
  walletId: string,
  state: "open" | "used_up" | undefined,
  page: { start: PageStart<string> | undefined; limit: number },
): Promise<GrantRow[]> {
  const { id, remaining } = creditGrants;
  const newer = page.start?.towards === "newer";
  const rows = await drizzle
    .select()
    .from(creditGrants)
    .where(
      and(
        eq(creditGrants.walletId, walletId),
        state && (state === "open" ? gt(remaining, 0n) : eq(remaining, 0n)),
        page.start && (newer ? gt(id, page.start.key) : lt(id, page.start.key)),
      ),
    )
    .orderBy(newer ? asc(id) : desc(id))
    .limit(page.limit);
  return newer ? rows.reverse() : rows;
}
