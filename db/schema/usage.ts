import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { bigintColumn, instant } from "./columns.ts";

const sum = (name: string) =>
  bigintColumn(name)
    .notNull()
    .default(sql`0`);
const count = (name: string) => integer(name).notNull().default(0);

/**
 * Calls by the quarter of an hour, the UTC day and the month in which they were created. A quarter is always recomputed
 * whole from jobs and calls, a day from its quarters, a month from its days, so that each can be thrown away and comes out
 * equal; see server/usage/README.md.
 */
export const callRollups = pgTable(
  "call_rollups",
  {
    /** `quarter`, `day` or `month`. */
    span: text("span").notNull(),
    startsAt: instant("starts_at").notNull(),
    teamId: text("team_id").notNull(),
    /** All zeros = none. */
    keyId: uuid("key_id").notNull(),
    jobType: text("job_type").notNull(),
    alias: text("alias").notNull(),
    /** The LiteLLM model that answered; empty = none did. */
    target: text("target").notNull(),
    /** Jobs that used the alias for the first time. */
    jobs: count("jobs"),
    calls: count("calls"),
    succeeded: count("succeeded"),
    failed: count("failed"),
    aborted: count("aborted"),
    cacheHits: count("cache_hits"),
    inputTokens: sum("input_tokens"),
    cachedInputTokens: sum("cached_input_tokens"),
    outputTokens: sum("output_tokens"),
    costNanos: sum("cost_nanos"),
    /** Micro-credits charged call by call. */
    charged: sum("charged"),
    /** Their share of what their jobs were charged and given back: by cost, where a job is charged as a whole. */
    earned: sum("earned"),
    returned: sum("returned"),
    /** What of that is revenue, in nano-dollars; see server/analytics/README.md. */
    revenueNanos: sum("revenue_nanos"),
    latencyMs: sum("latency_ms"),
    /** Of ended calls with a cost flag. */
    flagged: count("flagged"),
  },
  (table) => [
    primaryKey({
      columns: [
        table.span,
        table.startsAt,
        table.teamId,
        table.keyId,
        table.jobType,
        table.alias,
        table.target,
      ],
    }),
    index("call_rollups_team").on(table.teamId, table.span, table.startsAt),
    // What all teams used a model for, over many months.
    index("call_rollups_months")
      .on(table.alias, table.startsAt)
      .where(sql`${table.span} = 'month'`),
  ],
);

/** Jobs by the span in which they were created. */
export const jobRollups = pgTable(
  "job_rollups",
  {
    span: text("span").notNull(),
    startsAt: instant("starts_at").notNull(),
    teamId: text("team_id").notNull(),
    jobType: text("job_type").notNull(),
    jobs: count("jobs"),
    completed: count("completed"),
    failed: count("failed"),
    cancelled: count("cancelled"),
    expired: count("expired"),
    /** Micro-credits, whether charged at the end or call by call, less nothing. */
    charged: sum("charged"),
    refunded: sum("refunded"),
    /** What charges less refunds are as revenue. */
    revenueNanos: sum("revenue_nanos"),
    /** Fees of the periods that these jobs opened, in micro-credits and as revenue. */
    fees: sum("fees"),
    feeRevenueNanos: sum("fee_revenue_nanos"),
    costNanos: sum("cost_nanos"),
  },
  (table) => [
    primaryKey({ columns: [table.span, table.startsAt, table.teamId, table.jobType] }),
    index("job_rollups_team").on(table.teamId, table.span, table.startsAt),
  ],
);

/** What all tables of totals hold; those of jobs count when the job was created. */
const totals = () => ({
  span: text("span").notNull(),
  startsAt: instant("starts_at").notNull(),
  jobs: count("jobs"),
  calls: count("calls"),
  succeeded: count("succeeded"),
  /** Aborted ones too. */
  failed: count("failed"),
  cacheHits: count("cache_hits"),
  flagged: count("flagged"),
  inputTokens: sum("input_tokens"),
  cachedInputTokens: sum("cached_input_tokens"),
  outputTokens: sum("output_tokens"),
  latencyMs: sum("latency_ms"),
  costNanos: sum("cost_nanos"),
  revenueNanos: sum("revenue_nanos"),
});

/**
 * Days and months of `call_rollups` and `job_rollups`, added up over all teams but test teams, three times: by job type, by
 * organization, by team. A question about all teams reads some of these rows in place of all of theirs.
 */
export const totalRollups = pgTable(
  "total_rollups",
  {
    /** `job_type`, `organization`, `team`: what `subject` names. */
    scope: text("scope").notNull(),
    subject: text("subject").notNull(),
    ...totals(),
    charged: sum("charged"),
    refunded: sum("refunded"),
    fees: sum("fees"),
    feeRevenueNanos: sum("fee_revenue_nanos"),
  },
  (table) => [
    primaryKey({ columns: [table.scope, table.span, table.startsAt, table.subject] }),
    index("total_rollups_subject").on(table.subject, table.span, table.startsAt),
  ],
);

/** Days and months of `call_rollups`, added up over all teams but test teams. */
export const modelRollups = pgTable(
  "model_rollups",
  {
    jobType: text("job_type").notNull(),
    alias: text("alias").notNull(),
    /** Empty = none answered. */
    target: text("target").notNull(),
    ...totals(),
    earned: sum("earned"),
    returned: sum("returned"),
  },
  (table) => [
    primaryKey({
      columns: [table.span, table.startsAt, table.jobType, table.alias, table.target],
    }),
  ],
);

/**
 * Months of `call_rollups` and `job_rollups` of every team but test teams, added up three times: by job type, by alias, by target.
 * A question by teams about one of these reads one row a team and month.
 */
export const teamRollups = pgTable(
  "team_rollups",
  {
    /** `job_type`, `alias`, `target`: what `subject` is. */
    scope: text("scope").notNull(),
    subject: text("subject").notNull(),
    teamId: text("team_id").notNull(),
    ...totals(),
    /** Of jobs; by alias and target the calls' share of it, as `earned` and `returned` are. */
    charged: sum("charged"),
    refunded: sum("refunded"),
  },
  (table) => [
    primaryKey({
      columns: [table.scope, table.subject, table.span, table.startsAt, table.teamId],
    }),
    // A month is computed whole.
    index("team_rollups_span").on(table.span, table.startsAt),
  ],
);

/**
 * Jobs and calls by the span in which they were created, and the user whom their jobs name (empty = nobody). Beside `quarter`,
 * `day` and `month` there is `third`, from the 1st, 11th or 21st of a month on: a team may have very many users.
 */
export const userRollups = pgTable(
  "user_rollups",
  {
    span: text("span").notNull(),
    startsAt: instant("starts_at").notNull(),
    teamId: text("team_id").notNull(),
    userId: text("user_id").notNull(),
    jobs: count("jobs"),
    calls: count("calls"),
    succeeded: count("succeeded"),
    failed: count("failed"),
    cacheHits: count("cache_hits"),
    inputTokens: sum("input_tokens"),
    outputTokens: sum("output_tokens"),
    charged: sum("charged"),
    refunded: sum("refunded"),
  },
  (table) => [
    primaryKey({ columns: [table.span, table.startsAt, table.teamId, table.userId] }),
    index("user_rollups_team").on(table.teamId, table.span, table.startsAt),
  ],
);

/** Which spans are computed, and whether they have to be again. */
export const rollupSpans = pgTable(
  "rollup_spans",
  {
    span: text("span").notNull(),
    startsAt: instant("starts_at").notNull(),
    /** What happened until then is in it; its own start = it was never computed. */
    computedAt: instant("computed_at").notNull(),
    /** A quarter: something in it was not at its end. A day or month: a part of it has changed since. */
    open: boolean("open").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.span, table.startsAt] }),
    index("rollup_spans_open")
      .on(table.startsAt)
      .where(sql`${table.open}`),
  ],
);

/**
 * Quarters in which something changed after its end: a refund, or the true cost of a call that was taken for lost. Only
 * added to by whoever changes it, so that nobody waits for a rollup.
 */
export const rollupTouches = pgTable("rollup_touches", {
  id: bigint("id", { mode: "bigint" }).primaryKey().generatedAlwaysAsIdentity(),
  startsAt: instant("starts_at").notNull(),
});
