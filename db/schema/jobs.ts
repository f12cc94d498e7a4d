import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import {
  bigintColumn,
  bytes,
  callStatus,
  instant,
  jobStatus,
  nonnegativeAmount,
  nonnegativeCount,
} from "./columns.ts";
import { teams } from "./organizations.ts";

/**
 * One business operation. Its calls add to its totals when they settle, so that nothing about money reads calls later.
 * No index holds a column that a call changes: updates stay within the page (HOT). One of page summaries (BRIN) may, from
 * PostgreSQL 16 on. That it has ended when, and only when, its
 * status says so, is an invariant (server/credits/invariants.ts) and no check: that would cost every call.
 */
export const jobs = pgTable(
  "jobs",
  {
    id: uuid("id").primaryKey(),
    teamId: text("team_id")
      .notNull()
      .references(() => teams.id),
    keyId: uuid("key_id"),
    type: text("type").notNull(),
    userId: text("user_id"),
    externalTaskId: text("external_task_id"),
    /** The client's own name of a job that the header `X-Job-Ref` found or made. */
    reference: text("reference"),
    /** Ends when its only call ends: create-and-call, and calls outside any job. */
    endsWithCall: boolean("ends_with_call").notNull().default(false),
    metadata: jsonb("metadata").$type<Record<string, unknown>>().notNull().default({}),
    status: jobStatus("status").notNull().default("pending"),
    maxCredits: bigintColumn("max_credits"),
    /** The plan version of its creation; null = made before there were plans, never charged. */
    planVersionId: uuid("plan_version_id"),
    /** How it is charged, in numbers; see server/pricing/README.md. */
    terms: jsonb("terms").$type<Record<string, unknown>>(),
    /** Start of the team's period in which its place counts; null under plans without one. */
    periodStart: instant("period_start"),
    /** Under a subscription `included` or `overage`; under tiers its position among the completed ones, once it is charged. */
    place: text("place"),
    /** Nano-dollars that it may cost at most; null = no cap. */
    maxCostNanos: bigintColumn("max_cost_nanos"),
    /** Takes no calls from then on; null = no limit. */
    endsBy: instant("ends_by"),
    calls: integer("calls").notNull().default(0),
    succeededCalls: integer("succeeded_calls").notNull().default(0),
    failedCalls: integer("failed_calls").notNull().default(0),
    callsInFlight: nonnegativeCount("calls_in_flight").notNull().default(0),
    inputTokens: bigintColumn("input_tokens")
      .notNull()
      .default(sql`0`),
    outputTokens: bigintColumn("output_tokens")
      .notNull()
      .default(sql`0`),
    /** Sum over its ended calls. */
    latencyMs: bigintColumn("latency_ms")
      .notNull()
      .default(sql`0`),
    providerCostNanos: bigintColumn("provider_cost_nanos")
      .notNull()
      .default(sql`0`),
    /** The same once it has ended, for the index that finds dear jobs; null while it goes on, so that calls stay off the index. */
    endedCostNanos: bigintColumn("ended_cost_nanos"),
    /** Micro-credits set aside for it, and taken for it so far. */
    held: nonnegativeAmount("held")
      .notNull()
      .default(sql`0`),
    charged: bigintColumn("charged")
      .notNull()
      .default(sql`0`),
    /** Nano-dollars at most of its calls in flight: what its cap and budgets are held by. */
    costHeld: nonnegativeAmount("cost_held")
      .notNull()
      .default(sql`0`),
    /** Sum of its calls' charges before a minimum per job, in micro-credits. */
    callCharges: bigintColumn("call_charges")
      .notNull()
      .default(sql`0`),
    /** Given back of what was charged. */
    refunded: bigintColumn("refunded")
      .notNull()
      .default(sql`0`),
    /** Ended as failed or cancelled while calls were in flight: what it costs is decided when the last of them has ended. */
    chargePending: boolean("charge_pending").notNull().default(false),
    /** The charge was more than what was held. */
    chargedOverHold: boolean("charged_over_hold").notNull().default(false),
    result: jsonb("result"),
    errorMessage: text("error_message"),
    createdAt: instant("created_at").notNull(),
    lastActivityAt: instant("last_activity_at").notNull(),
    endedAt: instant("ended_at"),
  },
  (table) => [
    index("jobs_team").on(table.teamId, table.id),
    index("jobs_external_task")
      .on(table.externalTaskId, table.teamId)
      .where(sql`${table.externalTaskId} is not null`),
    index("jobs_named")
      .on(table.reference, table.teamId)
      .where(sql`${table.reference} is not null`),
    uniqueIndex("jobs_reference")
      .on(table.teamId, table.reference)
      .where(sql`${table.reference} is not null and ${table.endedAt} is null`),
    index("jobs_open")
      .on(table.id)
      .where(sql`${table.endedAt} is null`),
    index("jobs_cost")
      .on(table.endedCostNanos)
      .where(sql`${table.endedCostNanos} is not null`),
    // Tells what each 32 pages were charged, so that a search reads only those that may have what it looks for.
    index("jobs_charged")
      .using("brin", table.charged.op("int8_minmax_multi_ops"))
      .with({ pages_per_range: 32, autosummarize: true }),
    check("jobs_refunded", sql`${table.refunded} between 0 and ${table.charged}`),
  ],
);

/** A target of a call that was asked once. */
export interface CallAttempt {
  target_id: string;
  /** The LiteLLM model; null = the target has left the alias since. */
  target: string | null;
  /** 200 = it answered, or began a stream; null = it failed without a status. */
  status: number | null;
  /** Until the whole answer, the beginning of a stream, or the failure; null = not known. */
  ms: number | null;
}

/**
 * One LLM request. Partitioned by month of its UUIDv7 (the migration adds `PARTITION BY RANGE (id)`, which drizzle-kit
 * cannot write), so no foreign key leads in or out. No index holds a column that a settle changes, so that it stays within the
 * page (HOT); calls in flight are found from `instances.oldest_call` on.
 */
export const llmCalls = pgTable(
  "llm_calls",
  {
    id: uuid("id").primaryKey(),
    jobId: uuid("job_id").notNull(),
    teamId: text("team_id").notNull(),
    keyId: uuid("key_id"),
    /** The instance that carries it out; when that is gone, the sweeper resolves the call. */
    instanceId: uuid("instance_id").notNull(),
    alias: text("alias").notNull(),
    endpoint: text("endpoint").notNull(),
    stream: boolean("stream").notNull().default(false),
    purpose: text("purpose"),
    metadata: jsonb("metadata").$type<Record<string, unknown>>(),
    status: callStatus("status").notNull().default("in_flight"),
    /** Taken by the sweeper: its instance was gone. */
    lost: boolean("lost").notNull().default(false),
    /** The LiteLLM model that answered. */
    target: text("target"),
    /** The targets tried, in order, where that says more than `target`; none = not known. See server/gateway/attempts.ts. */
    attempts: jsonb("attempts").$type<readonly CallAttempt[]>(),
    inputTokens: integer("input_tokens"),
    cachedInputTokens: integer("cached_input_tokens"),
    cacheWriteTokens: integer("cache_write_tokens"),
    outputTokens: integer("output_tokens"),
    reasoningTokens: integer("reasoning_tokens"),
    priceSnapshot: jsonb("price_snapshot").notNull(),
    /** What it may cost at most, in nano-dollars; null = a target has no price. */
    worstCostNanos: bigintColumn("worst_cost_nanos"),
    providerCostNanos: bigintColumn("provider_cost_nanos"),
    litellmCostNanos: bigintColumn("litellm_cost_nanos"),
    /** `unpriced`, `estimated`, `differs`. */
    costFlags: text("cost_flags").array().notNull().default([]),
    held: bigintColumn("held")
      .notNull()
      .default(sql`0`),
    charged: bigintColumn("charged")
      .notNull()
      .default(sql`0`),
    /** Nano-dollars held of the job's cap and of hard budgets; null = neither applies. */
    costHeld: bigintColumn("cost_held"),
    /** The rows of budget_periods that hold it: `[{"id", "starts_at"}]`; null = none. */
    budgetHolds: jsonb("budget_holds").$type<{ id: string; starts_at: string }[]>(),
    /** Answered from the response cache. */
    cacheHit: boolean("cache_hit").notNull().default(false),
    latencyMs: integer("latency_ms"),
    firstTokenMs: integer("first_token_ms"),
    finishReason: text("finish_reason"),
    errorCode: text("error_code"),
    errorMessage: text("error_message"),
    createdAt: instant("created_at").notNull(),
    endedAt: instant("ended_at"),
  },
  (table) => [
    index("llm_calls_job").on(table.jobId),
    index("llm_calls_team").on(table.teamId, table.id),
  ],
);

/** The bodies of a call, where the setting `store_bodies` asks for them; encrypted, deleted by retention. */
export const callBodies = pgTable(
  "call_bodies",
  {
    callId: uuid("call_id").primaryKey(),
    sealedRequest: bytes("sealed_request").notNull(),
    /** Null = no answer came. */
    sealedResponse: bytes("sealed_response"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [index("call_bodies_created").on(table.createdAt)],
);

/** Streams that an admin has stopped; their instance learns it by its heartbeat. Rows of the day before are of no use any more. */
export const callCancellations = pgTable("call_cancellations", {
  callId: uuid("call_id").primaryKey(),
  createdAt: instant("created_at").notNull(),
});

/** A claimed `Idempotency-Key`, and the answer that a repeat gets. */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    /** SHA-256 in hex of principal, method, path and key. */
    id: text("id").primaryKey(),
    bodyHash: text("body_hash").notNull(),
    /** Null once the answer is stored. */
    instanceId: uuid("instance_id"),
    callId: uuid("call_id"),
    responseStatus: integer("response_status"),
    /** The stored answer, encrypted. */
    sealedResponse: bytes("sealed_response"),
    /** What the settle that stored the answer charged, and the wallet's balance then; they were not known when it was encrypted. */
    charged: bigintColumn("charged"),
    balance: bigintColumn("balance"),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (table) => [
    index("idempotency_keys_expiry").on(table.expiresAt),
    index("idempotency_keys_running")
      .on(table.instanceId)
      .where(sql`${table.instanceId} is not null`),
  ],
);
