import type { Drizzle } from "../../db/client.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { changeWallet, insertWallet, selectWallet, type WalletRow } from "./store.ts";

/** The most that a wallet may hold, 10^12 credits in micro-credits: two of them still fit into a bigint of PostgreSQL. */
const LARGEST_BALANCE = 10n ** 18n;

/** A team's wallet; amounts in micro-credits. */
export interface Wallet extends WalletRow {
  /** Balance + credit limit − held; null = unlimited. */
  available: bigint | null;
}

export interface Allocation {
  /** Number of the ledger entry. */
  entryNo: bigint;
  amountMicros: bigint;
  balanceAfterMicros: bigint;
  createdAt: Date;
  /** True = the idempotency key was used before, and nothing was changed now. */
  replayed: boolean;
}

export interface AllocationInput {
  teamId: string;
  /** More than 0. */
  amountMicros: bigint;
  /** Who gives them, e.g. `cli`. Written into the ledger. */
  actor: string;
  reason?: string | undefined;
  idempotencyKey?: string | undefined;
}

/** Opens the empty wallet of a new team, within the transaction that creates it. Returns its id. */
export async function openWallet(
  context: Context,
  transaction: Drizzle,
  teamId: string,
): Promise<string> {
  const now = context.clock.now();
  const id = uuidV7(now);
  await insertWallet(transaction, { id, teamId, at: new Date(now) });
  return id;
}

/**
 * Gives a team credits: one ledger entry, one grant. The same idempotency key again returns the entry that it made.
 * Throws `amount_invalid`, `not_found` for an unknown team, `idempotency_mismatch` for the same key with another amount.
 */
export function allocateCredits(context: Context, input: AllocationInput): Promise<Allocation> {
  return context.database.drizzle.transaction((transaction) =>
    allocateWithin(context, transaction, input),
  );
}

/** `allocateCredits` as a part of a larger transaction. */
export async function allocateWithin(
  context: Context,
  transaction: Drizzle,
  input: AllocationInput,
): Promise<Allocation> {
  if (input.amountMicros <= 0n) throw amountInvalid("an allocation must be more than 0 credits");
  if (input.amountMicros > LARGEST_BALANCE) throw tooLarge();
  const now = context.clock.now();
  const change = await changeWallet(transaction, {
    at: new Date(now),
    teamId: input.teamId,
    amount: input.amountMicros,
    grantId: uuidV7(now),
    actor: input.actor,
    reason: input.reason ?? null,
    idempotencyKey: input.idempotencyKey ?? null,
  });
  switch (change.outcome) {
    case "team_not_found":
      throw teamNotFound(input.teamId);
    case "mismatch":
      throw new DomainError(
        "idempotency_mismatch",
        "This idempotency key was used for an allocation of another amount.",
      );
    case "changed":
    case "replayed":
      // Thrown inside the transaction, so that nothing is kept.
      if (change.balanceAfter > LARGEST_BALANCE) throw tooLarge();
      return {
        entryNo: change.entryNo,
        amountMicros: change.amount,
        balanceAfterMicros: change.balanceAfter,
        createdAt: change.createdAt,
        replayed: change.outcome === "replayed",
      };
  }
}

/** A team's balance, held, limit and what is available. Throws `not_found`. */
export async function readWallet(context: Context, teamId: string): Promise<Wallet> {
  const row = await selectWallet(context.database.drizzle, teamId);
  if (!row) throw teamNotFound(teamId);
  return {
    ...row,
    available: row.creditLimit === null ? null : row.balance + row.creditLimit - row.held,
  };
}

function teamNotFound(teamId: string): DomainError {
  return new DomainError("not_found", `There is no team ${JSON.stringify(teamId)}.`, {
    hints: { field: "team_id", value: teamId },
  });
}

function amountInvalid(detail: string): DomainError {
  return new DomainError("amount_invalid", `${detail}.`, { hints: { field: "credits" } });
}

function tooLarge(): DomainError {
  return amountInvalid("a wallet holds at most 1,000,000,000,000 credits");
}
