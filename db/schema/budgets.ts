import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { bigintColumn, instant, nonnegativeAmount } from "./columns.ts";

/** A cap on provider cost. */
export const budgets = pgTable(
  "budgets",
  {
    id: uuid("id").primaryKey(),
    /** `organization`, `team`, `key`, `alias`, and its id (of an alias: its name). */
    scope: text("scope").notNull(),
    subjectId: text("subject_id").notNull(),
    /** Hard: held and checked with every call. Soft: notices only. */
    hard: boolean("hard").notNull(),
    /** `day`, `week` (ISO), `month` in UTC, or `ever`. */
    period: text("period").notNull(),
    limitNanos: bigintColumn("limit_nanos").notNull(),
    /** Percents of the limit at which a notice goes out, ascending. */
    alertPercents: jsonb("alert_percents").$type<number[]>().notNull().default([80, 100]),
    version: integer("version").notNull().default(1),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    /** Set = it counts no more. */
    deletedAt: instant("deleted_at"),
  },
  (table) => [
    uniqueIndex("budgets_subject")
      .on(table.scope, table.subjectId, table.period, table.hard)
      .where(sql`${table.deletedAt} is null`),
    check("budgets_scope", sql`${table.scope} in ('organization', 'team', 'key', 'alias')`),
    check("budgets_period", sql`${table.period} in ('day', 'week', 'month', 'ever')`),
    check("budgets_limit", sql`${table.limitNanos} >= 0`),
  ],
);

/** What is spent and held of a budget in a period; `ever` starts at 1970-01-01. In nano-dollars. A soft one holds nothing. */
export const budgetPeriods = pgTable(
  "budget_periods",
  {
    budgetId: uuid("budget_id")
      .notNull()
      .references(() => budgets.id),
    startsAt: instant("starts_at").notNull(),
    spent: bigintColumn("spent")
      .notNull()
      .default(sql`0`),
    held: nonnegativeAmount("held")
      .notNull()
      .default(sql`0`),
    /** The part of `spent` by calls that were opened before the budget was known, and so never held in it. */
    unheld: bigintColumn("unheld")
      .notNull()
      .default(sql`0`),
    /** Such calls are still counted, those from this time on one by one; null = all are, or it is a soft budget's. */
    countedFrom: instant("counted_from"),
  },
  (table) => [
    primaryKey({ columns: [table.budgetId, table.startsAt] }),
    index("budget_periods_counted")
      .on(table.budgetId)
      .where(sql`${table.countedFrom} is not null`),
  ],
);

/** A crossing that was told, so that it is told once; the row goes when it has recovered. */
export const noticeStates = pgTable("notice_states", {
  /** E.g. `low_balance:<wallet>`, `budget:<id>:<period start>:80`. */
  id: text("id").primaryKey(),
  createdAt: instant("created_at").notNull(),
});

/** Events to be delivered, in order. */
export const outbox = pgTable(
  "outbox",
  {
    id: uuid("id").primaryKey(),
    /** `wallet.low_balance`, `budget.threshold`, `credits.expiring`, … */
    kind: text("kind").notNull(),
    organizationId: text("organization_id"),
    teamId: text("team_id"),
    payload: jsonb("payload").$type<Record<string, unknown>>().notNull(),
    createdAt: instant("created_at").notNull(),
    deliveredAt: instant("delivered_at"),
  },
  (table) => [
    index("outbox_waiting")
      .on(table.id)
      .where(sql`${table.deliveredAt} is null`),
  ],
);
