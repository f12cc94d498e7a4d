import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { bigintColumn, bytes, holdState, instant, nonnegativeAmount } from "./columns.ts";
import { teams } from "./organizations.ts";

/** A team's balance. All amounts in micro-credits. Changed by the functions of `db/functions` only. */
export const wallets = pgTable(
  "wallets",
  {
    id: uuid("id").primaryKey(),
    teamId: text("team_id")
      .notNull()
      .unique()
      .references(() => teams.id),
    /** Sum of the wallet's entries. */
    balance: bigintColumn("balance")
      .notNull()
      .default(sql`0`),
    /** Sum of its open holds. */
    held: nonnegativeAmount("held")
      .notNull()
      .default(sql`0`),
    /** 0 = prepaid, a sum = on terms, null = unlimited. */
    creditLimit: bigintColumn("credit_limit").default(sql`0`),
    /** Spent, but not yet taken from particular grants. */
    unattributed: bigintColumn("unattributed")
      .notNull()
      .default(sql`0`),
    /** Number of the last entry. */
    entryNo: bigintColumn("entry_no")
      .notNull()
      .default(sql`0`),
    /** When expiry, refill or a fee has to run before a hold. */
    nextDueAt: instant("next_due_at")
      .notNull()
      .default(sql`'infinity'`),
    /** Available credits below which a notice goes out; null = never. */
    lowBalanceThreshold: bigintColumn("low_balance_threshold"),
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [
    index("wallets_due")
      .on(table.nextDueAt)
      .where(sql`${table.nextDueAt} < 'infinity'`),
  ],
);

/**
 * The ledger: append-only, one row per change of a balance. No foreign key leads to the wallet: its check would lock and read again the row
 * that the same statement has just changed, for each charge; whoever books an entry has changed its wallet.
 */
export const creditTransactions = pgTable(
  "credit_transactions",
  {
    walletId: uuid("wallet_id").notNull(),
    /** 1, 2, 3 … in the order of the changes. */
    entryNo: bigintColumn("entry_no").notNull(),
    kind: text("kind").notNull(),
    amount: bigintColumn("amount").notNull(),
    balanceAfter: bigintColumn("balance_after").notNull(),
    grantId: uuid("grant_id"),
    callId: uuid("call_id"),
    jobId: uuid("job_id"),
    /** Who did it, e.g. `cli`, `api-token:<id>`, `system`. */
    actor: text("actor").notNull(),
    reason: text("reason"),
    /** Given by the caller; the same key again returns the entry that it made. */
    idempotencyKey: text("idempotency_key"),
    /** What was charged: the call, or the job at its end. Never twice. */
    chargeId: uuid("charge_id"),
    /** The operator's own reference: an invoice, a payment. */
    reference: text("reference"),
    /** The other team of a transfer. */
    counterpartTeamId: text("counterpart_team_id"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.walletId, table.entryNo] }),
    uniqueIndex("credit_transactions_charge")
      .on(table.chargeId)
      .where(sql`${table.chargeId} is not null`),
    index("credit_transactions_job")
      .on(table.jobId)
      .where(sql`${table.jobId} is not null`),
    uniqueIndex("credit_transactions_idempotency")
      .on(table.walletId, table.idempotencyKey)
      .where(sql`${table.idempotencyKey} is not null`),
  ],
);

/** Credits that were given, and what is left of them. */
export const creditGrants = pgTable(
  "credit_grants",
  {
    id: uuid("id").primaryKey(),
    walletId: uuid("wallet_id")
      .notNull()
      .references(() => wallets.id),
    kind: text("kind").notNull(),
    /** Burned in ascending order: promotional grants have the lower number. */
    priority: integer("priority").notNull().default(100),
    amount: bigintColumn("amount").notNull(),
    remaining: bigintColumn("remaining").notNull(),
    /** Null = never. */
    expiresAt: instant("expires_at"),
    /** What the customer paid for it, in nano-dollars; null = not told: then it is worth the credit price of that time. */
    pricePaidNanos: bigintColumn("price_paid_nanos"),
    /** When its credits were first given, if another team had them before; null = at `createdAt`. */
    pricedAt: instant("priced_at"),
    reference: text("reference"),
    /** The refill that gave it, and for which period. */
    refillId: uuid("refill_id"),
    periodStart: instant("period_start"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("credit_grants_refill")
      .on(table.refillId, table.periodStart)
      .where(sql`${table.refillId} is not null`),
    index("credit_grants_wallet")
      .on(table.walletId)
      .where(sql`${table.remaining} > 0`),
    index("credit_grants_expiry")
      .on(table.expiresAt)
      .where(sql`${table.remaining} > 0 and ${table.expiresAt} is not null`),
    check("credit_grants_remaining", sql`${table.remaining} between 0 and ${table.amount}`),
  ],
);

/**
 * Which grants have borne what was spent. A stretch of the ledger ends at an entry at which spending was attributed; what was
 * spent in it took the balance from `high` down to `low`, slice by slice. A slice without a grant says that what was spent
 * until then is not known (before there were slices).
 */
export const spendingSlices = pgTable(
  "spending_slices",
  {
    walletId: uuid("wallet_id")
      .notNull()
      .references(() => wallets.id),
    untilEntryNo: bigintColumn("until_entry_no").notNull(),
    low: bigintColumn("low").notNull(),
    high: bigintColumn("high").notNull(),
    grantId: uuid("grant_id"),
  },
  (table) => [
    primaryKey({ columns: [table.walletId, table.untilEntryNo, table.low] }),
    check("spending_slices_order", sql`${table.low} between 0 and ${table.high}`),
  ],
);

/** What a credit was worth from an instant on, in nano-dollars: the setting `credit_price_usd` with its past. */
export const creditPrices = pgTable("credit_prices", {
  fromAt: instant("from_at").primaryKey(),
  priceNanos: bigintColumn("price_nanos").notNull(),
});

/**
 * Credits set aside before work starts; its id is the job's or the call's, so that there is one at most. Open, then settled
 * or released, once. Kept to explain a charge.
 */
export const creditHolds = pgTable(
  "credit_holds",
  {
    id: uuid("id").primaryKey(),
    walletId: uuid("wallet_id").notNull(),
    jobId: uuid("job_id").notNull(),
    amount: nonnegativeAmount("amount").notNull(),
    state: holdState("state").notNull().default("open"),
    createdAt: instant("created_at").notNull(),
    resolvedAt: instant("resolved_at"),
  },
  (table) => [index("credit_holds_job").on(table.jobId)],
);

/** Credits given anew every period. A period that was missed is not made up. */
export const creditRefills = pgTable(
  "credit_refills",
  {
    id: uuid("id").primaryKey(),
    walletId: uuid("wallet_id")
      .notNull()
      .references(() => wallets.id),
    amount: bigintColumn("amount").notNull(),
    /** `day`, `week` (ISO), `month`; in UTC. */
    period: text("period").notNull(),
    /** What it gave expires with its period. */
    expires: boolean("expires").notNull(),
    priority: integer("priority").notNull().default(50),
    /** What the customer pays for each period's credits; null = not told. */
    pricePaidNanos: bigintColumn("price_paid_nanos"),
    active: boolean("active").notNull().default(true),
    /** Start of the first period that it gives for. */
    startsAt: instant("starts_at").notNull(),
    actor: text("actor").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    index("credit_refills_wallet").on(table.walletId),
    check("credit_refills_period", sql`${table.period} in ('day', 'week', 'month')`),
    check("credit_refills_amount", sql`${table.amount} > 0`),
  ],
);

/** Codes made together, worth the same. */
export const topUpBatches = pgTable("top_up_batches", {
  id: uuid("id").primaryKey(),
  name: text("name").notNull(),
  /** Of each code, in micro-credits. */
  amount: bigintColumn("amount").notNull(),
  priority: integer("priority").notNull().default(100),
  /** When a code can no longer be redeemed; null = never. */
  expiresAt: instant("expires_at"),
  /** How long redeemed credits last; null = for ever. */
  creditsLastDays: integer("credits_last_days"),
  pricePaidNanos: bigintColumn("price_paid_nanos"),
  actor: text("actor").notNull(),
  createdAt: instant("created_at").notNull(),
});

/** A code that gives credits once. The code itself is shown once and stored nowhere. */
export const topUpCodes = pgTable(
  "top_up_codes",
  {
    id: uuid("id").primaryKey(),
    batchId: uuid("batch_id")
      .notNull()
      .references(() => topUpBatches.id),
    hash: bytes("hash").notNull().unique(),
    lastFour: text("last_four").notNull(),
    redeemedAt: instant("redeemed_at"),
    redeemedBy: text("redeemed_by").references(() => teams.id),
    revokedAt: instant("revoked_at"),
  },
  (table) => [index("top_up_codes_batch").on(table.batchId)],
);
