import { sql } from "drizzle-orm";
import {
  boolean,
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
import { type CallLimits, organizations, teams } from "./organizations.ts";

/** A provider API key, encrypted; nothing reads it back out but the gateway's configuration. */
export const providerCredentials = pgTable("provider_credentials", {
  id: uuid("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** AES-256-GCM under the master key: nonce, ciphertext, tag. Null = the provider wants no key. */
  sealedKey: bytes("sealed_key"),
  apiBase: text("api_base"),
  /** The last four characters of the key, for people to tell credentials apart. */
  lastFour: text("last_four"),
  /** Only this organization's calls may use it; null = every one's. */
  organizationId: text("organization_id").references(() => organizations.id),
  enabled: boolean("enabled").notNull().default(true),
  version: integer("version").notNull().default(1),
  createdAt: instant("created_at").notNull(),
  updatedAt: instant("updated_at").notNull(),
});

/**
 * How long a call may take, in milliseconds. Absent: `connect` = five seconds, `firstByte` and `idle` = no limit of their own, `total` = what all
 * attempts at its targets may take together.
 */
export interface CallTimeouts {
  /** For a connection to the gateway, where none is there. */
  connect?: number;
  /** Until the first frame of a stream. */
  firstByte?: number;
  /** Between two frames of a stream. */
  idle?: number;
  /** From its beginning to its end. */
  total?: number;
}

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
    /** An output limit is never cut below this for want of credits. */
    minOutputTokens: integer("min_output_tokens").notNull().default(256),
    /** Thinks before it answers: its output limit is never cut. */
    reasoning: boolean("reasoning").notNull().default(false),
    /** How long answers are kept for the same request; 0 = not at all. */
    cacheTtlSeconds: integer("cache_ttl_seconds").notNull().default(0),
    limits: jsonb("limits").$type<CallLimits>().notNull().default({}),
    /** How long its calls may take; an absent one = see `CallTimeouts`. */
    timeouts: jsonb("timeouts").$type<CallTimeouts>().notNull().default({}),
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
    /** Targets of the lowest order share the calls by weight; those of the next are tried when these have failed. */
    fallbackOrder: integer("fallback_order").notNull().default(1),
    timeoutMs: integer("timeout_ms").notNull().default(600_000),
    retries: integer("retries").notNull().default(2),
    /** `operator` = the prices were given; `book` = copied from LiteLLM's price book. */
    priceSource: text("price_source").notNull(),
    inputNanos: bigintColumn("input_nanos_per_million"),
    outputNanos: bigintColumn("output_nanos_per_million"),
    cachedInputNanos: bigintColumn("cached_input_nanos_per_million"),
    cacheWriteNanos: bigintColumn("cache_write_nanos_per_million"),
    reasoningNanos: bigintColumn("reasoning_nanos_per_million"),
    audioInputNanos: bigintColumn("audio_input_nanos_per_million"),
    audioOutputNanos: bigintColumn("audio_output_nanos_per_million"),
    imageInputNanos: bigintColumn("image_input_nanos_per_million"),
    /** Input tokens above which a whole call takes the long-context prices; null = none. */
    longContextTokens: integer("long_context_tokens"),
    longInputNanos: bigintColumn("long_input_nanos_per_million"),
    longCachedInputNanos: bigintColumn("long_cached_input_nanos_per_million"),
    longCacheWriteNanos: bigintColumn("long_cache_write_nanos_per_million"),
    longOutputNanos: bigintColumn("long_output_nanos_per_million"),
  },
  (table) => [uniqueIndex("model_alias_targets_position").on(table.aliasId, table.position)],
);

/** A named set of aliases. */
export const modelAccessGroups = pgTable("model_access_groups", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  version: integer("version").notNull().default(1),
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
