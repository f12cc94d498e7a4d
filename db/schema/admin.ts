import { index, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { bytes, instant } from "./columns.ts";

/** A one-time link that opens an admin session. */
export const setupLinks = pgTable("setup_links", {
  tokenHash: bytes("token_hash").primaryKey(),
  createdAt: instant("created_at").notNull(),
  expiresAt: instant("expires_at").notNull(),
  usedAt: instant("used_at"),
});

/** A browser's session on :3002. */
export const adminSessions = pgTable("admin_sessions", {
  id: uuid("id").primaryKey(),
  tokenHash: bytes("token_hash").notNull().unique(),
  createdAt: instant("created_at").notNull(),
  expiresAt: instant("expires_at").notNull(),
  revokedAt: instant("revoked_at"),
});

/** A bearer token of the admin API, for scripts. */
export const apiTokens = pgTable("api_tokens", {
  id: uuid("id").primaryKey(),
  name: text("name").notNull(),
  tokenHash: bytes("token_hash").notNull().unique(),
  lastFour: text("last_four").notNull(),
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
  ],
);
