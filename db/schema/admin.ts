import { pgTable, text, uuid } from "drizzle-orm/pg-core";
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
});
