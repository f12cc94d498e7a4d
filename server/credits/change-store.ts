import { type SQL, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";

/** What a function of the ledger says; amounts in micro-credits, 0 where nothing was booked. */
export interface ChangeRow<Outcome> {
  outcome: Outcome;
  entryNo: bigint;
  /** As booked: below 0 for what was taken. */
  amount: bigint;
  balanceAfter: bigint;
  createdAt: Date;
  /** Amounts are decimal text of micro-credits. */
  detail: Readonly<Record<string, string>>;
}

/** What `change_wallet_v2` takes, beside the time. */
export interface WalletChange {
  teamId: string;
  kind: "allocation" | "deduction" | "adjustment" | "refund";
  /** Null = all that is left of the job's charge. */
  amount: bigint | null;
  jobId?: string | undefined;
  actor: string;
  reason: string | null;
  reference?: string | null;
  pricePaidNanos?: bigint | null;
  priority?: number | undefined;
  expiresAt?: Date | null;
  idempotencyKey: string | null;
}

export type WalletChangeOutcome =
  | "changed"
  | "replayed"
  | "mismatch"
  | "team_not_found"
  | "job_not_found"
  | "refund_exceeds_charge"
  | "insufficient_credits";

/** Changes a wallet by hand. Idempotent by the key, when there is one. */
export function changeWallet(transaction: Drizzle, at: Date, change: WalletChange) {
  const parameters = JSON.stringify({
    team_id: change.teamId,
    kind: change.kind,
    amount: change.amount?.toString() ?? null,
    job_id: change.jobId ?? null,
    actor: change.actor,
    reason: change.reason,
    reference: change.reference ?? null,
    price_paid_nanos: change.pricePaidNanos?.toString() ?? null,
    priority: change.priority ?? null,
    expires_at: change.expiresAt?.toISOString() ?? null,
    idempotency_key: change.idempotencyKey,
  });
  return readChange<WalletChangeOutcome>(
    transaction,
    sql`change_wallet_v2(${at.toISOString()}::timestamptz, ${parameters}::text::jsonb)`,
  );
}

export type TransferOutcome =
  | "changed"
  | "replayed"
  | "mismatch"
  | "team_not_found"
  | "other_organization"
  | "insufficient_credits";

/** Moves credits between two teams of one organization. The row is the giving wallet's entry. */
export function transferCredits(
  transaction: Drizzle,
  at: Date,
  transfer: {
    fromTeamId: string;
    toTeamId: string;
    amount: bigint;
    actor: string;
    reason: string | null;
    reference: string | null;
    idempotencyKey: string | null;
  },
) {
  const parameters = JSON.stringify({
    from_team_id: transfer.fromTeamId,
    to_team_id: transfer.toTeamId,
    amount: transfer.amount.toString(),
    actor: transfer.actor,
    reason: transfer.reason,
    reference: transfer.reference,
    idempotency_key: transfer.idempotencyKey,
  });
  return readChange<TransferOutcome>(
    transaction,
    sql`transfer_credits_v1(${at.toISOString()}::timestamptz, ${parameters}::text::jsonb)`,
  );
}

export type RedeemOutcome =
  | "changed"
  | "replayed"
  | "mismatch"
  | "code_not_found"
  | "code_unusable"
  | "team_not_found";

/** Redeems a top-up code by its SHA-256, once. */
export function redeemTopUpCode(
  transaction: Drizzle,
  at: Date,
  redeem: { teamId: string; hash: Buffer; actor: string },
) {
  const parameters = JSON.stringify({
    team_id: redeem.teamId,
    hash: redeem.hash.toString("hex"),
    actor: redeem.actor,
  });
  return readChange<RedeemOutcome>(
    transaction,
    sql`redeem_top_up_code_v1(${at.toISOString()}::timestamptz, ${parameters}::text::jsonb)`,
  );
}

async function readChange<Outcome>(
  transaction: Drizzle,
  statement: SQL,
): Promise<ChangeRow<Outcome>> {
  const [row] = await transaction
    .select({
      outcome: sql<Outcome>`outcome`,
      entryNo: sql<string>`coalesce(entry_no, 0)::text`,
      amount: sql<string>`coalesce(amount, 0)::text`,
      balanceAfter: sql<string>`coalesce(balance_after, 0)::text`,
      createdMs: sql<string>`coalesce(extract(epoch from created_at) * 1000, 0)::text`,
      detail: sql<string>`coalesce(detail, '{}')::text`,
    })
    .from(statement);
  return {
    outcome: row!.outcome,
    entryNo: BigInt(row!.entryNo),
    amount: BigInt(row!.amount),
    balanceAfter: BigInt(row!.balanceAfter),
    createdAt: new Date(Number(row!.createdMs)),
    detail: JSON.parse(row!.detail) as ChangeRow<Outcome>["detail"],
  };
}

/** Locks a wallet until the transaction ends, with everything in it up to date: due changes made, spending taken from grants. */
export async function bringUpToDate(
  transaction: Drizzle,
  at: Date,
  walletId: string,
): Promise<void> {
  await transaction.execute(
    sql`select current_wallet_v1(${at.toISOString()}::timestamptz, ${walletId}::uuid)`,
  );
}

/** Does what is due in at most so many wallets. Returns in how many. */
export async function rollOverDue(drizzle: Drizzle, at: Date, limit: number): Promise<number> {
  const [row] = await drizzle
    .select({ count: sql<number>`n` })
    .from(
      sql`roll_over_due_wallets_v1(${at.toISOString()}::timestamptz, ${limit}::int) as rolled (n)`,
    );
  return row!.count;
}
