import { type Static, Type } from "@sinclair/typebox";
import { searchQuery } from "../jobs/search/schema.ts";
import { line } from "../jobs/fields.ts";
import { spanQuery } from "../usage/schema.ts";
import { nullable } from "../http/shapes.ts";

/** Wire shapes of what the platform earns and spends. */

export const ReportGrouping = Type.Union(
  [
    Type.Literal("organization"),
    Type.Literal("team"),
    Type.Literal("job_type"),
    Type.Literal("alias"),
    Type.Literal("target"),
    Type.Literal("key"),
  ],
  { description: "What to add up by.", examples: ["team"] },
);
export type ReportGrouping = Static<typeof ReportGrouping>;

export const Bucket = Type.Union(
  [Type.Literal("hour"), Type.Literal("day"), Type.Literal("week"), Type.Literal("month")],
  {
    description: "What stretches of time to add up by, in UTC; weeks from Monday.",
    examples: ["day"],
  },
);
export type Bucket = Static<typeof Bucket>;

/** Figures that groups are ranked by. */
const TopBy = Type.Union(
  [
    Type.Literal("cost_usd"),
    Type.Literal("credits_charged"),
    Type.Literal("calls"),
    Type.Literal("revenue_usd"),
    Type.Literal("margin_usd"),
  ],
  { description: "What `top` goes by; the cost when absent.", examples: ["revenue_usd"] },
);
export type TopBy = Static<typeof TopBy>;

export const ReportQuery = Type.Object(
  {
    ...spanQuery,
    group_by: Type.Optional(ReportGrouping),
    bucket: Type.Optional(Bucket),
    organization: searchQuery.organization,
    team: searchQuery.team,
    key: searchQuery.key,
    job_type: searchQuery.job_type,
    alias: searchQuery.alias,
    target: Type.Optional(
      line(300, "Only answered by this model of a provider.", "openai/gpt-5-mini"),
    ),
    top: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        description:
          "How many groups have rows of their own: those highest by `top_by` in the whole span. What is left is added up in rows with `others`.",
        examples: [5],
      }),
    ),
    top_by: Type.Optional(TopBy),
  },
  { additionalProperties: false },
);
export type ReportQuery = Static<typeof ReportQuery>;

const figures = {
  jobs: Type.Integer({
    description:
      "Jobs created; by alias, target or key: jobs that used the alias for the first time.",
  }),
  calls: Type.Integer(),
  successful_calls: Type.Integer(),
  failed_calls: Type.Integer(),
  cache_hits: Type.Integer(),
  flagged_calls: Type.Integer({
    description: "Calls whose cost is estimated, unknown or disputed.",
  }),
  input_tokens: Type.Integer(),
  cached_input_tokens: Type.Integer(),
  output_tokens: Type.Integer(),
  avg_latency_ms: nullable(Type.Integer(), "Of ended calls."),
  cost_usd: Type.Number({ description: "What providers charge." }),
  credits_charged: Type.Number(),
  credits_refunded: Type.Number(),
  fees_charged: Type.Number({ description: "Credits taken as fees of subscriptions." }),
  revenue_usd: Type.Number({
    description:
      "Credits charged and fees, less refunds, each at the price paid for the grant that bore it: nothing for a promotional one, the credit price of that time where no price was told or nothing was prepaid.",
  }),
  margin_usd: Type.Number({ description: "Revenue less cost." }),
};

const Figures = Type.Object(figures);
export type Figures = Static<typeof Figures>;

const example: Figures = {
  jobs: 1200,
  calls: 3100,
  successful_calls: 3080,
  failed_calls: 20,
  cache_hits: 140,
  flagged_calls: 0,
  input_tokens: 4021000,
  cached_input_tokens: 120000,
  output_tokens: 912000,
  avg_latency_ms: 840,
  cost_usd: 41.25,
  credits_charged: 1200,
  credits_refunded: 3,
  fees_charged: 0,
  revenue_usd: 119.7,
  margin_usd: 78.45,
};

export const Report = Type.Object(
  {
    from: Type.String({ format: "date-time" }),
    to: Type.String({ format: "date-time" }),
    group_by: nullable(ReportGrouping, "As asked."),
    bucket: nullable(Bucket, "As asked."),
    credit_price_usd: Type.Number({ description: "The present price of a credit." }),
    totals: Figures,
    rows: Type.Array(
      Type.Object({
        bucket: nullable(
          Type.String({ format: "date-time" }),
          "Its start; null = all of the span.",
        ),
        group: nullable(Type.String(), "Null = all, or none: no target answered, no key is known."),
        name: nullable(Type.String(), "Of the organization, team or key."),
        others: Type.Boolean({ description: "All groups beyond `top` together." }),
        ...figures,
      }),
      {
        description:
          "By time, then from the highest cost (of `top_by`) down; at most 10,000. CSV gives all.",
      },
    ),
    truncated: Type.Boolean({ description: "There are more rows than these." }),
    as_of: Type.String({
      format: "date-time",
      description: "All that happened until then is counted.",
    }),
  },
  {
    examples: [
      {
        from: "2026-11-01T00:00:00.000Z",
        to: "2026-12-01T00:00:00.000Z",
        group_by: "team",
        bucket: null,
        credit_price_usd: 0.1,
        totals: example,
        rows: [{ bucket: null, group: "routing", name: "Routing", others: false, ...example }],
        truncated: false,
        as_of: "2026-11-23T12:00:00.000Z",
      },
    ],
  },
);
export type Report = Static<typeof Report>;

export const Rebuild = Type.Object(
  { from: spanQuery.from, to: spanQuery.to },
  { additionalProperties: false, examples: [{ from: "2026-11-01" }] },
);

export const Rebuilt = Type.Object(
  {
    spans: Type.Integer({ description: "Quarters of an hour, days and months counted anew." }),
    changed: Type.Integer({ description: "Those that came out differently." }),
    next: nullable(
      Type.String({ format: "date-time" }),
      "Where to go on: send it as `from`. Null = done.",
    ),
  },
  { examples: [{ spans: 2976, changed: 0, next: null }] },
);
export type Rebuilt = Static<typeof Rebuilt>;

/** Jobs by time and state, as the list of jobs is narrowed. */
export const JobHistogram = Type.Object(
  {
    from: Type.String({ format: "date-time" }),
    to: Type.String({ format: "date-time" }),
    bucket_seconds: Type.Integer({ description: "How long each stretch is." }),
    counted_from: nullable(
      Type.String({
        format: "date-time",
        description:
          "There are more jobs than are counted, and older ones are not; null = all are.",
      }),
    ),
    buckets: Type.Array(
      Type.Object({
        starts_at: Type.String({ format: "date-time" }),
        running: Type.Integer(),
        completed: Type.Integer(),
        failed: Type.Integer(),
        cancelled: Type.Integer(),
        expired: Type.Integer(),
      }),
      { description: "In the order of time, also those without jobs." },
    ),
  },
  {
    examples: [
      {
        from: "2026-11-22T12:00:00.000Z",
        to: "2026-11-23T12:00:00.000Z",
        bucket_seconds: 86400,
        counted_from: null,
        buckets: [
          {
            starts_at: "2026-11-22T12:00:00.000Z",
            running: 1,
            completed: 40,
            failed: 2,
            cancelled: 0,
            expired: 0,
          },
        ],
      },
    ],
  },
);
export type JobHistogram = Static<typeof JobHistogram>;
