import { sql } from "drizzle-orm";
import {
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { bigintColumn, instant } from "./columns.ts";
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
    held: bigintColumn("held")
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
    updatedAt: instant("updated_at").notNull(),
  },
  (table) => [check("wallets_held", sql`${table.held} >= 0`)],
);

/** The ledger: append-only, one row per change of a balance. */
export const creditTransactions = pgTable(
  "credit_transactions",
  {
    walletId: uuid("wallet_id")
      .notNull()
      .references(() => wallets.id),
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
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.walletId, table.entryNo] }),
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
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    index("credit_grants_wallet")
      .on(table.walletId)
      .where(sql`${table.remaining} > 0`),
    check("credit_grants_remaining", sql`${table.remaining} between 0 and ${table.amount}`),
  ],
);
