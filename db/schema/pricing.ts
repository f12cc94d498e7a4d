import { sql } from "drizzle-orm";
import {
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
import { bigintColumn, instant } from "./columns.ts";
import { organizations, teams } from "./organizations.ts";

/** A pricing plan. The id is a slug and never changes; what it charges stands in its versions. */
export const pricingPlans = pgTable(
  "pricing_plans",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    status: text("status").notNull().default("active"),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    version: integer("version").notNull().default(1),
  },
  (table) => [check("pricing_plans_status", sql`${table.status} in ('active', 'archived')`)],
);

/** What a plan charges from an instant on. A row never changes. */
export const pricingPlanVersions = pgTable(
  "pricing_plan_versions",
  {
    id: uuid("id").primaryKey(),
    planId: text("plan_id")
      .notNull()
      .references(() => pricingPlans.id),
    number: integer("number").notNull(),
    kind: text("kind").notNull(),
    /** The plan as it was given: decimal amounts, as the API shows them. */
    rules: jsonb("rules").$type<Record<string, unknown>>().notNull(),
    effectiveFrom: instant("effective_from").notNull(),
    actor: text("actor").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("pricing_plan_versions_number").on(table.planId, table.number),
    check(
      "pricing_plan_versions_kind",
      sql`${table.kind} in ('flat', 'tiered', 'markup', 'per_token', 'subscription')`,
    ),
  ],
);

/** Which plan counts from an instant on: a team's own, else its organization's, else the platform's. */
export const planAssignments = pgTable(
  "plan_assignments",
  {
    id: uuid("id").primaryKey(),
    organizationId: text("organization_id").references(() => organizations.id),
    /** Neither = the platform's default. */
    teamId: text("team_id").references(() => teams.id),
    /** Null = from then on none of its own. */
    planId: text("plan_id").references(() => pricingPlans.id),
    effectiveFrom: instant("effective_from").notNull(),
    actor: text("actor").notNull(),
    reason: text("reason"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    index("plan_assignments_team").on(table.teamId, table.effectiveFrom),
    index("plan_assignments_organization").on(table.organizationId, table.effectiveFrom),
    check(
      "plan_assignments_scope",
      sql`${table.organizationId} is null or ${table.teamId} is null`,
    ),
  ],
);

/** What a team has used of its plan in a day, ISO week or month (UTC). Made by the first job that counts in it. */
export const teamPeriods = pgTable(
  "team_periods",
  {
    teamId: text("team_id")
      .notNull()
      .references(() => teams.id),
    period: text("period").notNull(),
    startsAt: instant("starts_at").notNull(),
    endsAt: instant("ends_at").notNull(),
    /** Jobs that ended charged as completed. */
    completed: integer("completed").notNull().default(0),
    /** Included places taken. */
    includedTaken: integer("included_taken").notNull().default(0),
    /** Failed and cancelled jobs that had successful calls. */
    costlyFailures: integer("costly_failures").notNull().default(0),
    /** The fee taken for it, in micro-credits; null = none. */
    feeCharged: bigintColumn("fee_charged"),
  },
  (table) => [
    primaryKey({ columns: [table.teamId, table.period, table.startsAt] }),
    check("team_periods_period", sql`${table.period} in ('day', 'week', 'month')`),
    check("team_periods_counts", sql`${table.completed} >= 0 and ${table.includedTaken} >= 0`),
  ],
);
