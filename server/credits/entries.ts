import type { Context } from "../context.ts";
import { type Page, type PageStart, readPage } from "../http/pagination.ts";
import { microsToCredits } from "../kernel/money.ts";
import type { LedgerEntryView, WalletView } from "./schema.ts";
import { type LedgerEntryRow, selectEntries } from "./store.ts";
import type { Wallet } from "./wallet.ts";

/** A wallet's entries as its team sees them, newest first. Throws `invalid_request` for a cursor that is not ours. */
export function listEntries(
  context: Context,
  walletId: string,
  query: { limit?: number; cursor?: string },
): Promise<Page<LedgerEntryView>> {
  return readPage(query, {
    read: (start: PageStart<bigint> | undefined, limit) =>
      selectEntries(context.database.drizzle, walletId, { start, limit }),
    keyOf: (entry) => entry.entryNo.toString(),
    parseKey: (text) => (/^\d{1,18}$/.test(text) ? BigInt(text) : undefined),
    toItem: toEntryView,
  });
}

function toEntryView(entry: LedgerEntryRow): LedgerEntryView {
  return {
    entry_no: Number(entry.entryNo),
    kind: entry.kind,
    credits: microsToCredits(entry.amount),
    balance_after: microsToCredits(entry.balanceAfter),
    job_id: entry.jobId,
    call_id: entry.callId,
    reason: entry.reason,
    created_at: entry.createdAt.toISOString(),
  };
}

export function toWalletView(wallet: Wallet): WalletView {
  return {
    balance: microsToCredits(wallet.balance),
    held: microsToCredits(wallet.held),
    available: wallet.available === null ? null : microsToCredits(wallet.available),
    credit_limit: wallet.creditLimit === null ? null : microsToCredits(wallet.creditLimit),
  };
}
