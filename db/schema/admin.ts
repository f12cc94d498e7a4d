import { isNull, sql } from "drizzle-orm";
import {
  bigint,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { bytes, instant } from "./columns.ts";

/** A one-time link at which the first owner is made. */
export const setupLinks = pgTable("setup_links", {
  tokenHash: bytes("token_hash").primaryKey(),
  createdAt: instant("created_at").notNull(),
  expiresAt: instant("expires_at").notNull(),
  usedAt: instant("used_at"),
});

/** Somebody who signs in at :3002. A row stays when its account is removed, so that the audit log can name it. */
export const adminUsers = pgTable(
  "admin_users",
  {
    id: uuid("id").primaryKey(),
    /** As it was written; unique in lower case among accounts that are not removed. */
    email: text("email").notNull(),
    name: text("name").notNull(),
    /** `owner`, `admin`, `billing`, `support`, `viewer`. */
    role: text("role").notNull(),
    /** Argon2id in PHC form; null = a reset link has to set one. */
    passwordHash: text("password_hash"),
    /** Null = no second factor. */
    sealedTotpSecret: bytes("sealed_totp_secret"),
    /** The secret of an enrolment that no code has confirmed yet. */
    sealedPendingTotp: bytes("sealed_pending_totp"),
    /** The time step of the last code that was taken: none of it or an earlier one is taken again. */
    totpStep: bigint("totp_step", { mode: "number" }).notNull().default(0),
    createdAt: instant("created_at").notNull(),
    lastSignInAt: instant("last_sign_in_at"),
    removedAt: instant("removed_at"),
    version: integer("version").notNull().default(1),
  },
  (table) => [
    uniqueIndex("admin_users_email")
      .on(sql`lower(${table.email})`)
      .where(isNull(table.removedAt)),
  ],
);

/** Each is good in place of one code. SHA-256 suffices: they have 80 random bits. */
export const adminBackupCodes = pgTable(
  "admin_backup_codes",
  {
    codeHash: bytes("code_hash").primaryKey(),
    userId: uuid("user_id")
      .notNull()
      .references(() => adminUsers.id),
    usedAt: instant("used_at"),
  },
  (table) => [index("admin_backup_codes_user").on(table.userId)],
);

/** A browser's session on :3002. */
export const adminSessions = pgTable(
  "admin_sessions",
  {
    id: uuid("id").primaryKey(),
    tokenHash: bytes("token_hash").notNull().unique(),
    /** Null = opened by a release that knew no accounts; good for nothing. */
    userId: uuid("user_id").references(() => adminUsers.id),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    revokedAt: instant("revoked_at"),
    /** To the minute. */
    lastSeenAt: instant("last_seen_at"),
    /** Where and with what it was opened. */
    address: text("address"),
    userAgent: text("user_agent"),
  },
  (table) => [index("admin_sessions_user").on(table.userId)],
);

/** A one-time link that makes an account of a role. */
export const adminInvitations = pgTable("admin_invitations", {
  id: uuid("id").primaryKey(),
  tokenHash: bytes("token_hash").notNull().unique(),
  email: text("email").notNull(),
  role: text("role").notNull(),
  /** As the audit log names who invited. */
  invitedBy: text("invited_by").notNull(),
  createdAt: instant("created_at").notNull(),
  expiresAt: instant("expires_at").notNull(),
  usedAt: instant("used_at"),
  revokedAt: instant("revoked_at"),
});

/** A one-time link that sets a new password. */
export const adminResetLinks = pgTable("admin_reset_links", {
  tokenHash: bytes("token_hash").primaryKey(),
  userId: uuid("user_id")
    .notNull()
    .references(() => adminUsers.id),
  createdAt: instant("created_at").notNull(),
  expiresAt: instant("expires_at").notNull(),
  usedAt: instant("used_at"),
});

/** Failed attempts to sign in, counted per account and per address. */
export const signInAttempts = pgTable("sign_in_attempts", {
  /** SHA-256 of whose they are, so that no list of addresses and accounts lies here. */
  keyHash: bytes("key_hash").primaryKey(),
  failures: integer("failures").notNull(),
  /** When the first of them was. */
  since: instant("since").notNull(),
});

/** A bearer token of the admin API, for scripts. */
export const apiTokens = pgTable("api_tokens", {
  id: uuid("id").primaryKey(),
  name: text("name").notNull(),
  tokenHash: bytes("token_hash").notNull().unique(),
  lastFour: text("last_four").notNull(),
  /** Tokens of the release before could do everything. */
  role: text("role").notNull().default("owner"),
  /** `tenants:read`, `money:write`, …; null = whatever the role may. */
  scopes: jsonb("scopes").$type<string[]>(),
  /** The account that made it, beyond which it never goes; null = the commands on the server. */
  userId: uuid("user_id").references(() => adminUsers.id),
  createdAt: instant("created_at").notNull(),
  /** Null = never. */
  expiresAt: instant("expires_at"),
  revokedAt: instant("revoked_at"),
  /** To the minute; null = never. */
  lastUsedAt: instant("last_used_at"),
});

/** Every mutation by an admin, written in its transaction. Nothing changes or deletes a row. */
export const auditLog = pgTable(
  "audit_log",
  {
    id: uuid("id").primaryKey(),
    createdAt: instant("created_at").notNull(),
    /** As ledger entries name it. */
    actor: text("actor").notNull(),
    /** Network address of the request; null = the server itself. */
    address: text("address"),
    requestId: text("request_id"),
    /** `team.suspend`, `key.rotate`, … */
    action: text("action").notNull(),
    /** `team`, `key`, … and its id. */
    subjectKind: text("subject_kind").notNull(),
    subjectId: text("subject_id").notNull(),
    organizationId: text("organization_id"),
    teamId: text("team_id"),
    /** The fields that changed, as they were and as they are; null = did not exist. Never a secret. */
    before: jsonb("before").$type<Record<string, unknown>>(),
    after: jsonb("after").$type<Record<string, unknown>>(),
  },
  (table) => [
    index("audit_log_subject").on(table.subjectKind, table.subjectId, table.id),
    index("audit_log_team").on(table.teamId, table.id),
    index("audit_log_actor").on(table.actor, table.id),
  ],
);
