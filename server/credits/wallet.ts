import { teamNotFound } from "../teams/unknown-team.ts";
import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { requireVersion } from "../kernel/versions.ts";
import { bringUpToDate, rollOverDue } from "./change-store.ts";
import {
  type GrantRow,
  insertWallet,
  lockTeamVersion,
  selectOpenGrants,
  selectWallet,
  updateWalletSettings,
  type WalletRow,
} from "./store.ts";

/** A team's wallet; amounts in micro-credits. */
export interface Wallet extends WalletRow {
  /** Balance + credit limit − held; null = unlimited. */
  available: bigint | null;
}

/** The most grants that are shown with a wallet; the list of grants has them all. */
const SHOWN_GRANTS = 200;

/** Opens the empty wallet of a new team, within the transaction that creates it. Returns its id. */
export async function openWallet(
  context: Context,
  transaction: Drizzle,
  teamId: string,
  settings: { creditLimit?: bigint | null } = {},
): Promise<string> {
  const now = context.clock.now();
  const id = uuidV7(now);
  await insertWallet(transaction, { id, teamId, at: new Date(now), ...settings });
  return id;
}

/** A team's balance, held, limit and what is available, after all that is due by now. Throws `not_found`. */
export async function readWallet(context: Context, teamId: string): Promise<Wallet> {
  const { drizzle } = context.database;
  const at = new Date(context.clock.now());
  const wallet = await requireWallet(drizzle, teamId, at);
  if (!wallet.due) return wallet;
  return drizzle.transaction(async (transaction) => {
    await bringUpToDate(transaction, at, wallet.id);
    return requireWallet(transaction, teamId, at);
  });
}

/** The wallet with what is left of its grants, in the order in which they are used up; at most 200. Throws `not_found`. */
export async function readWalletWithGrants(
  context: Context,
  teamId: string,
): Promise<{ wallet: Wallet; grants: GrantRow[] }> {
  const { drizzle } = context.database;
  const at = new Date(context.clock.now());
  const { id } = await requireWallet(drizzle, teamId, at);
  // Under the wallet's lock, so that the grants add up to the balance beside them.
  return drizzle.transaction(async (transaction) => {
    await bringUpToDate(transaction, at, id);
    return {
      wallet: await requireWallet(transaction, teamId, at),
      grants: await selectOpenGrants(transaction, id, SHOWN_GRANTS),
    };
  });
}

/** A team's wallet as it is stored. Throws `not_found`. */
export async function requireWallet(drizzle: Drizzle, teamId: string, at: Date): Promise<Wallet> {
  const row = await selectWallet(drizzle, teamId, at);
  if (!row) throw teamNotFound(teamId);
  return {
    ...row,
    available: row.creditLimit === null ? null : row.balance + row.creditLimit - row.held,
  };
}

/**
 * Sets how far a team may go into debt (null = without end) and when it is told that credits run low (null = never).
 * Throws `not_found`, `version_conflict`.
 */
export function changeWalletSettings(
  context: Context,
  author: Author,
  input: {
    teamId: string;
    creditLimit?: bigint | null | undefined;
    lowBalanceThreshold?: bigint | null | undefined;
    reason?: string | undefined;
    /** Of the team, as it was read; undefined = whichever it is. */
    version?: number | undefined;
  },
): Promise<Wallet> {
  const { teamId, reason } = input;
  const at = new Date(context.clock.now());
  return context.database.drizzle.transaction(async (transaction) => {
    // The team first, as whoever deletes it does.
    const version = await lockTeamVersion(transaction, teamId);
    if (version === undefined) throw teamNotFound(teamId);
    requireVersion(version, input.version, { noun: `team ${teamId}` });
    const { id } = await requireWallet(transaction, teamId, at);
    await bringUpToDate(transaction, at, id);
    const before = await requireWallet(transaction, teamId, at);
    await updateWalletSettings(
      transaction,
      { walletId: id, teamId },
      {
        at,
        creditLimit: input.creditLimit,
        lowBalanceThreshold: input.lowBalanceThreshold,
      },
    );
    const after = await requireWallet(transaction, teamId, at);
    await recordAudit(transaction, at, author, {
      action: "wallet.settings",
      subject: { kind: "wallet", id: teamId },
      organizationId: before.organizationId,
      teamId,
      before: settingsOf(before),
      after: { ...settingsOf(after), ...(reason === undefined ? {} : { reason }) },
    });
    return after;
  });
}

const settingsOf = (wallet: Wallet) => ({
  credit_limit_micros: wallet.creditLimit?.toString() ?? null,
  low_balance_threshold_micros: wallet.lowBalanceThreshold?.toString() ?? null,
});

/**
 * Makes current what is due in wallets that nobody works with: expiry and refills. Part of the upkeep; a hold does the same
 * for its own wallet first, so that nothing depends on when this runs. `limit` = wallets a statement.
 */
export async function rollOverDueWallets(context: Context, limit: number): Promise<void> {
  const at = new Date(context.clock.now());
  while ((await rollOverDue(context.database.drizzle, at, limit)) === limit);
}
