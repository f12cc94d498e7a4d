import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { isUuid } from "../kernel/ids.ts";
import { requireAmount, requireBalance } from "./amounts.ts";
import {
  type ChangeRow,
  changeWallet,
  transferCredits,
  type WalletChange,
} from "./change-store.ts";
import { jobNotFound, refuse, transferInvalid } from "./refusals.ts";
import { requireWallet } from "./wallet.ts";

/** An entry of the ledger that a change made. */
export interface BookedChange {
  /** Number of the ledger entry. */
  entryNo: bigint;
  /** Below 0 for what was taken. */
  amountMicros: bigint;
  balanceAfterMicros: bigint;
  createdAt: Date;
  /** True = the idempotency key was used before, and nothing was changed now. */
  replayed: boolean;
}

export interface ChangeInput {
  teamId: string;
  /** Undefined = all that is left of a refund's charge. */
  amountMicros: bigint | undefined;
  /** The job of a refund. */
  jobId?: string | undefined;
  reason?: string | undefined;
  reference?: string | undefined;
  idempotencyKey?: string | undefined;
  /** Of the grant that credits given become. */
  pricePaidNanos?: bigint | null;
  priority?: number | undefined;
  expiresAt?: Date | null;
}

const actions = {
  allocation: "wallet.allocate",
  deduction: "wallet.deduct",
  adjustment: "wallet.adjust",
  refund: "wallet.refund",
} as const satisfies Record<WalletChange["kind"], string>;

/**
 * Changes a wallet by hand, once for an idempotency key: one entry with its audit entry.
 * An allocation, refund or adjustment above 0 becomes a grant; a deduction takes what is available at most; an adjustment
 * below 0 may leave a debt. Throws `not_found`, `amount_invalid` (also for a refund above the rest of the charge),
 * `insufficient_credits`, `idempotency_mismatch`.
 */
export function changeCredits(
  context: Context,
  author: Author,
  kind: WalletChange["kind"],
  input: ChangeInput,
): Promise<BookedChange> {
  const at = new Date(context.clock.now());
  const { teamId } = input;
  return context.database.drizzle.transaction(async (transaction) => {
    const booked = await changeWithin(context, transaction, author.actor, kind, input);
    if (booked.replayed) return booked;
    const { organizationId } = await requireWallet(transaction, teamId, at);
    await recordAudit(transaction, at, author, {
      action: actions[kind],
      subject: { kind: "wallet", id: teamId },
      organizationId,
      teamId,
      before: { balance_micros: (booked.balanceAfterMicros - booked.amountMicros).toString() },
      after: {
        balance_micros: booked.balanceAfterMicros.toString(),
        entry_no: Number(booked.entryNo),
        ...detailsOf(input),
      },
    });
    return booked;
  });
}

/** An allocation as a part of a larger transaction, which writes the audit entry. */
export function allocateWithin(
  context: Context,
  transaction: Drizzle,
  input: ChangeInput & { actor: string; amountMicros: bigint },
): Promise<BookedChange> {
  return changeWithin(context, transaction, input.actor, "allocation", input);
}

async function changeWithin(
  context: Context,
  transaction: Drizzle,
  actor: string,
  kind: WalletChange["kind"],
  input: ChangeInput,
): Promise<BookedChange> {
  const { amountMicros } = input;
  if (amountMicros !== undefined) {
    requireAmount(amountMicros, "credits", kind === "adjustment" ? "not 0" : "more than 0");
  }
  if (input.jobId !== undefined && !isUuid(input.jobId)) {
    throw jobNotFound(input.teamId, input.jobId);
  }
  const row = await changeWallet(transaction, new Date(context.clock.now()), {
    teamId: input.teamId,
    kind,
    amount: amountMicros ?? null,
    jobId: input.jobId,
    actor,
    reason: input.reason ?? null,
    reference: input.reference ?? null,
    pricePaidNanos: input.pricePaidNanos ?? null,
    priority: input.priority,
    expiresAt: input.expiresAt ?? null,
    idempotencyKey: input.idempotencyKey ?? null,
  });
  refuse(row, input);
  return toBooked(row);
}

/** Moves credits between two teams of one organization. The result is the giving team's entry. Throws as `changeCredits`. */
export function transferBetween(
  context: Context,
  author: Author,
  input: {
    fromTeamId: string;
    toTeamId: string;
    amountMicros: bigint;
    reason?: string | undefined;
    reference?: string | undefined;
    idempotencyKey?: string | undefined;
  },
): Promise<BookedChange> {
  const { fromTeamId, toTeamId } = input;
  requireAmount(input.amountMicros, "credits", "more than 0");
  if (fromTeamId === toTeamId) {
    throw transferInvalid(toTeamId, "it must be another team than the one that gives");
  }
  const at = new Date(context.clock.now());
  return context.database.drizzle.transaction(async (transaction) => {
    const row = await transferCredits(transaction, at, {
      fromTeamId,
      toTeamId,
      amount: input.amountMicros,
      actor: author.actor,
      reason: input.reason ?? null,
      reference: input.reference ?? null,
      idempotencyKey: input.idempotencyKey ?? null,
    });
    refuse(row, { teamId: fromTeamId, toTeamId });
    const booked = toBooked(row);
    if (booked.replayed) return booked;
    const received = await requireWallet(transaction, toTeamId, at);
    requireBalance(received.balance);
    const change = {
      action: "wallet.transfer",
      organizationId: received.organizationId,
      before: null,
    };
    const micros = input.amountMicros.toString();
    const told = { from_team_id: fromTeamId, to_team_id: toTeamId, amount_micros: micros };
    for (const teamId of [fromTeamId, toTeamId]) {
      await recordAudit(transaction, at, author, {
        ...change,
        subject: { kind: "wallet", id: teamId },
        teamId,
        after: { ...told, ...detailsOf(input) },
      });
    }
    return booked;
  });
}

function detailsOf(input: Pick<ChangeInput, "reason" | "reference" | "jobId">) {
  const { reason, reference, jobId } = input;
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(reference === undefined ? {} : { reference }),
    ...(jobId === undefined ? {} : { job_id: jobId }),
  };
}

function toBooked(row: ChangeRow<string>): BookedChange {
  // Thrown inside the transaction, so that nothing is kept.
  requireBalance(row.balanceAfter);
  return {
    entryNo: row.entryNo,
    amountMicros: row.amount,
    balanceAfterMicros: row.balanceAfter,
    createdAt: row.createdAt,
    replayed: row.outcome === "replayed",
  };
}
