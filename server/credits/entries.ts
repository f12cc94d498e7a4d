import { withActorNames } from "../audit/actors.ts";
import type { Context } from "../context.ts";
import { parseUuid, type Page, type PageStart, readPage } from "../http/pagination.ts";
import { isUuid } from "../kernel/ids.ts";
import { microsToCredits, nanosToUsd } from "../kernel/money.ts";
import { tenantNames } from "../organizations/tenant-names.ts";
import type { Grant, LedgerEntry, LedgerEntryView, OpenGrant, WalletView } from "./schema.ts";
import {
  type EntryFilter,
  type GrantRow,
  type LedgerEntryRow,
  selectEntries,
  selectGrants,
} from "./store.ts";
import { readWalletWithGrants, readWallet, type Wallet } from "./wallet.ts";

/** What a request may narrow a list of entries by. */
export interface EntryQuery {
  limit?: number;
  cursor?: string;
  kind?: string;
  job_id?: string;
  from?: string;
  to?: string;
}

/** A wallet's entries as its team sees them, newest first. Throws `invalid_request` for a cursor that is not ours. */
export async function listTeamEntries(
  context: Context,
  teamId: string,
  query: EntryQuery,
): Promise<Page<LedgerEntryView>> {
  return listEntries(context, teamId, query, toEntryView);
}

/** The same as the operator sees them. Throws `not_found` too. */
export async function listLedger(
  context: Context,
  teamId: string,
  query: EntryQuery,
): Promise<Page<LedgerEntry>> {
  const { drizzle } = context.database;
  const page = await listEntries(context, teamId, query, toLedgerEntry);
  const entries = await withActorNames(drizzle, page.data);
  const teams = entries.flatMap((entry) => entry.counterpart_team_id ?? []);
  const names = await tenantNames(drizzle, { teams, organizations: [] });
  const data = entries.map((entry) => ({
    ...entry,
    counterpart_team_name: entry.counterpart_team_id && names.team(entry.counterpart_team_id),
  }));
  return { ...page, data };
}

async function listEntries<View>(
  context: Context,
  teamId: string,
  query: EntryQuery,
  toItem: (row: LedgerEntryRow) => View,
): Promise<Page<View>> {
  const { id } = await readWallet(context, teamId);
  const filter = filterOf(query);
  if (filter === undefined) return { data: [], next: null, prev: null };
  return readPage(query, {
    of: `entries of ${teamId}`,
    read: (start: PageStart<bigint> | undefined, limit) =>
      selectEntries(context.database.drizzle, id, filter, { start, limit }),
    keyOf: (entry) => entry.entryNo.toString(),
    parseKey: (text) => (/^\d{1,18}$/.test(text) ? BigInt(text) : undefined),
    toItem,
  });
}

/** Undefined = nothing fits: no job has that id. */
function filterOf(query: EntryQuery): EntryFilter | undefined {
  if (query.job_id !== undefined && !isUuid(query.job_id)) return undefined;
  return {
    kind: query.kind,
    jobId: query.job_id,
    from: query.from === undefined ? undefined : new Date(query.from),
    to: query.to === undefined ? undefined : new Date(query.to),
  };
}

/** A wallet's grants, newest first, after what was spent was taken from them. Throws `not_found`, `invalid_request`. */
export async function listGrants(
  context: Context,
  teamId: string,
  query: { limit?: number; cursor?: string; state?: "open" | "used_up" },
): Promise<Page<Grant>> {
  const { wallet } = await readWalletWithGrants(context, teamId);
  const { state } = query;
  return readPage(query, {
    of: `grants of ${teamId}`,
    read: (start: PageStart<string> | undefined, limit) =>
      selectGrants(context.database.drizzle, wallet.id, state, { start, limit }),
    keyOf: (grant) => grant.id,
    parseKey: parseUuid,
    toItem: toGrant,
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

function toLedgerEntry(
  entry: LedgerEntryRow,
): Omit<LedgerEntry, "actor_name" | "counterpart_team_name"> {
  return {
    ...toEntryView(entry),
    grant_id: entry.grantId,
    actor: entry.actor,
    reference: entry.reference,
    idempotency_key: entry.idempotencyKey,
    counterpart_team_id: entry.counterpartTeamId,
  };
}

export function toOpenGrant(grant: GrantRow): OpenGrant {
  return {
    kind: grant.kind,
    credits: microsToCredits(grant.amount),
    remaining: microsToCredits(grant.remaining),
    expires_at: grant.expiresAt?.toISOString() ?? null,
    created_at: grant.createdAt.toISOString(),
  };
}

function toGrant(grant: GrantRow): Grant {
  return {
    grant_id: grant.id,
    ...toOpenGrant(grant),
    priority: grant.priority,
    price_paid_usd: grant.pricePaidNanos === null ? null : nanosToUsd(grant.pricePaidNanos),
    reference: grant.reference,
    refill_id: grant.refillId,
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
