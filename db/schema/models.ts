import { sql } from "drizzle-orm";
import {
  check,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { bigintColumn, bytes, instant } from "./columns.ts";
import { teams } from "./organizations.ts";

/** A provider API key, encrypted; nothing reads it back out but the gateway's configuration. */
export const providerCredentials = pgTable("provider_credentials", {
  id: uuid("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** AES-256-GCM under the master key: nonce, ciphertext, tag. Null = the provider wants no key. */
  sealedKey: bytes("sealed_key"),
  apiBase: text("api_base"),
  createdAt: instant("created_at").notNull(),
  updatedAt: instant("updated_at").notNull(),
});

/** The name that teams use for a model. */
export const modelAliases = pgTable(
  "model_aliases",
  {
    id: uuid("id").primaryKey(),
    name: text("name").notNull().unique(),
    status: text("status").notNull().default("active"),
    /** What it answers: `chat` or `embedding`. */
    mode: text("mode").notNull().default("chat"),
    /** Output tokens of a call that asks for no limit; null = 4,096 for the worst case, the provider's own in effect. */
    defaultOutputTokens: integer("default_output_tokens"),
    /** Largest output limit that a call may ask for; null = the provider's. */
    maxOutputTokens: integer("max_output_tokens"),
    /** Names of request parameters beyond OpenAI's that are let through. */
    extraParams: jsonb("extra_params").$type<string[]>().notNull().default([]),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    version: integer("version").notNull().default(1),
  },
  (table) => [
    check("model_aliases_status", sql`${table.status} in ('active', 'disabled')`),
    check("model_aliases_mode", sql`${table.mode} in ('chat', 'embedding')`),
  ],
);

/** Where an alias's calls go, in order of `position`. Prices in nano-dollars per million tokens; null = not known. */
export const modelAliasTargets = pgTable(
  "model_alias_targets",
  {
    id: uuid("id").primaryKey(),
    aliasId: uuid("alias_id")
      .notNull()
      .references(() => modelAliases.id, { onDelete: "cascade" }),
    position: integer("position").notNull(),
    /** A LiteLLM model string. */
    model: text("model").notNull(),
    credentialId: uuid("credential_id").references(() => providerCredentials.id),
    weight: integer("weight").notNull().default(1),
    timeoutMs: integer("timeout_ms").notNull().default(600_000),
    retries: integer("retries").notNull().default(2),
    /** `operator` = the prices were given; `book` = copied from LiteLLM's price book. */
    priceSource: text("price_source").notNull(),
    inputNanos: bigintColumn("input_nanos_per_million"),
    outputNanos: bigintColumn("output_nanos_per_million"),
    cachedInputNanos: bigintColumn("cached_input_nanos_per_million"),
    cacheWriteNanos: bigintColumn("cache_write_nanos_per_million"),
    reasoningNanos: bigintColumn("reasoning_nanos_per_million"),
  },
  (table) => [uniqueIndex("model_alias_targets_position").on(table.aliasId, table.position)],
);

/** A named set of aliases. */
export const modelAccessGroups = pgTable("model_access_groups", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  createdAt: instant("created_at").notNull(),
});

export const modelAccessGroupMembers = pgTable(
  "model_access_group_members",
  {
    groupId: text("group_id")
      .notNull()
      .references(() => modelAccessGroups.id, { onDelete: "cascade" }),
    aliasId: uuid("alias_id")
      .notNull()
      .references(() => modelAliases.id, { onDelete: "cascade" }),
  },
  (table) => [primaryKey({ columns: [table.groupId, table.aliasId] })],
);

export const teamAccessGroups = pgTable(
  "team_access_groups",
  {
    teamId: text("team_id")
      .notNull()
      .references(() => teams.id),
    groupId: text("group_id")
      .notNull()
      .references(() => modelAccessGroups.id),
  },
  (table) => [primaryKey({ columns: [table.teamId, table.groupId] })],
);
