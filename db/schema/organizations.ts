import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { bytes, instant } from "./columns.ts";

/** A customer. The id is a slug and never changes. */
export const organizations = pgTable(
  "organizations",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    status: text("status").notNull().default("active"),
    /** Why it is not active; null = none given. */
    statusReason: text("status_reason"),
    /** Null = until somebody resumes it. Only of a paused organization. */
    pausedUntil: instant("paused_until"),
    metadata: jsonb("metadata").$type<Record<string, unknown>>().notNull().default({}),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    /** Raised by every change: an editor that read an older one is refused. */
    version: integer("version").notNull().default(1),
  },
  (table) => [
    check(
      "organizations_status",
      sql`${table.status} in ('active', 'suspended', 'paused', 'deleted')`,
    ),
  ],
);

/** The tenant. */
export const teams = pgTable(
  "teams",
  {
    id: text("id").primaryKey(),
    organizationId: text("organization_id")
      .notNull()
      .references(() => organizations.id),
    name: text("name").notNull(),
    status: text("status").notNull().default("active"),
    /** Why it is not active; null = none given. */
    statusReason: text("status_reason"),
    /** Null = until somebody resumes it. Only of a paused team. */
    pausedUntil: instant("paused_until"),
    /** The alias of calls that name no model; null = none set. */
    defaultAlias: text("default_alias"),
    /** Of all its keys together; an absent one = none. */
    limits: jsonb("limits").$type<CallLimits>().notNull().default({}),
    /** Job type → alias of its calls that name no model. */
    jobTypeAliases: jsonb("job_type_aliases").$type<Record<string, string>>().notNull().default({}),
    metadata: jsonb("metadata").$type<Record<string, unknown>>().notNull().default({}),
    /** The team whose test keys work here; null = a team of its own. */
    testOf: text("test_of").references((): AnyPgColumn => teams.id),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    version: integer("version").notNull().default(1),
  },
  (table) => [
    index("teams_organization").on(table.organizationId),
    check("teams_status", sql`${table.status} in ('active', 'suspended', 'paused', 'deleted')`),
  ],
);

/** A bearer credential of a team. The secret itself is shown once and stored nowhere. */
export const virtualKeys = pgTable(
  "virtual_keys",
  {
    id: uuid("id").primaryKey(),
    teamId: text("team_id")
      .notNull()
      .references(() => teams.id),
    name: text("name").notNull(),
    /** SHA-256 of the whole secret. */
    hash: bytes("hash").notNull().unique(),
    /** The first seven characters, `sk-` among them. */
    prefix: text("prefix").notNull().default("sk-"),
    /** The last four characters, for people to tell keys apart. */
    lastFour: text("last_four").notNull(),
    createdAt: instant("created_at").notNull(),
    /** Null = never. */
    expiresAt: instant("expires_at"),
    revokedAt: instant("revoked_at"),
    lastUsedAt: instant("last_used_at"),
    /** CIDR blocks that it may be used from; empty = anywhere. */
    ipAllowList: jsonb("ip_allow_list").$type<string[]>().notNull().default([]),
    /** Origins of pages that it may be used from, and that it may make browser tokens for. */
    allowedOrigins: jsonb("allowed_origins").$type<string[]>().notNull().default([]),
    /** Its own limits, beside the team's; an absent one = none. */
    limits: jsonb("limits").$type<CallLimits>().notNull().default({}),
    /** `test` = works in the team's sandbox, answered by the built-in provider. */
    mode: text("mode").notNull().default("live"),
    /** The key that it took over from. */
    rotatedFrom: uuid("rotated_from"),
    version: integer("version").notNull().default(1),
  },
  (table) => [
    index("virtual_keys_team").on(table.teamId),
    check("virtual_keys_mode", sql`${table.mode} in ('live', 'test')`),
  ],
);

/** How many calls were made with a browser token, until it expires. */
export const browserGrantUses = pgTable(
  "browser_grant_uses",
  {
    grantId: uuid("grant_id").primaryKey(),
    calls: integer("calls").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (table) => [index("browser_grant_uses_expiry").on(table.expiresAt)],
);

/** Requests and tokens a minute, and calls in flight at once. */
export interface CallLimits {
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  concurrentCalls?: number;
}

/** Every change of an organization's or a team's status. */
export const statusChanges = pgTable(
  "status_changes",
  {
    id: uuid("id").primaryKey(),
    organizationId: text("organization_id").references(() => organizations.id),
    /** Null = of the organization itself. */
    teamId: text("team_id").references(() => teams.id),
    status: text("status").notNull(),
    pausedUntil: instant("paused_until"),
    reason: text("reason"),
    actor: text("actor").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    index("status_changes_organization").on(table.organizationId, table.id),
    index("status_changes_team").on(table.teamId, table.id),
  ],
);
