import { jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { bigintColumn, instant } from "./columns.ts";

/** A running server. Its lease lives as long as its heartbeats follow one another. */
export const instances = pgTable("instances", {
  id: uuid("id").primaryKey(),
  /** Names the data directory: who holds its lock knows that earlier instances on it are dead. */
  dataDirectoryId: uuid("data_directory_id").notNull(),
  startedAt: instant("started_at").notNull(),
  seenAt: instant("seen_at").notNull(),
  /** Start of the unbroken run of heartbeats. */
  leaseSince: instant("lease_since").notNull(),
  /** No call that it has in flight has a lower id; null = none was made more than five minutes before its start. */
  oldestCall: uuid("oldest_call"),
});

/** A counter per kind of cached configuration, raised in the transaction that changes it. */
export const configVersions = pgTable("config_versions", {
  kind: text("kind").primaryKey(),
  version: bigintColumn("version").notNull(),
});

/** Platform settings by name. */
export const settings = pgTable("settings", {
  name: text("name").primaryKey(),
  value: jsonb("value").notNull(),
  updatedAt: instant("updated_at").notNull(),
});
