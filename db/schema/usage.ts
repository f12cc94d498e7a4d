import { sql } from "drizzle-orm";
import { boolean, index, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { bigintColumn, instant } from "./columns.ts";

const sum = (name: string) =>
  bigintColumn(name)
    .notNull()
    .default(sql`0`);
const count = (name: string) => integer(name).notNull().default(0);

/**
 * Calls by the quarter of an hour, or the UTC day, in which they were created. A span is always recomputed whole from
 * `llm_calls`, so that it can be thrown away and comes out equal.
 */
export const callRollups = pgTable(
  "call_rollups",
  {
    /** `quarter` or `day`. */
    span: text("span").notNull(),
    startsAt: instant("starts_at").notNull(),
    teamId: text("team_id").notNull(),
    keyId: uuid("key_id").notNull(),
    jobType: text("job_type").notNull(),
    alias: text("alias").notNull(),
    /** The LiteLLM model that answered; empty = none did. */
    target: text("target").notNull(),
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
    costNanos: sum("cost_nanos"),
  },
  (table) => [
    primaryKey({ columns: [table.span, table.startsAt, table.teamId, table.jobType] }),
    index("job_rollups_team").on(table.teamId, table.span, table.startsAt),
  ],
);

/** Which spans are computed, and whether something in them was still open then. */
export const rollupSpans = pgTable(
  "rollup_spans",
  {
    span: text("span").notNull(),
    startsAt: instant("starts_at").notNull(),
    computedAt: instant("computed_at").notNull(),
    /** Computed again until nothing in it is open. */
    open: boolean("open").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.span, table.startsAt] }),
    index("rollup_spans_open")
      .on(table.startsAt)
      .where(sql`${table.open}`),
  ],
);
