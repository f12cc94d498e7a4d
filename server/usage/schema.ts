import { type Static, Type } from "@sinclair/typebox";

const instantOrDay = (description: string, example: string) =>
  Type.Union([Type.String({ format: "date" }), Type.String({ format: "date-time" })], {
    description,
    examples: [example],
  });

export const UsageGrouping = Type.Union(
  [Type.Literal("day"), Type.Literal("job_type"), Type.Literal("model"), Type.Literal("user")],
  { description: "What to add up by; totals alone when absent." },
);
export type UsageGrouping = Static<typeof UsageGrouping>;

/** A month, or a span of time. */
export const spanQuery = {
  period: Type.Optional(
    Type.String({
      pattern: "^\\d{4}-(?:0[1-9]|1[0-2])$",
      said: "such as 2026-11",
      description: "A month in UTC. The current one when neither it nor from is given.",
      examples: ["2026-11"],
    }),
  ),
  from: Type.Optional(
    instantOrDay("First day or instant, included; in UTC. Instead of period.", "2026-11-01"),
  ),
  to: Type.Optional(
    instantOrDay("First day or instant that is not included; now when absent.", "2026-12-01"),
  ),
};

export const UsageQuery = Type.Object(
  {
    ...spanQuery,
    group_by: Type.Optional(UsageGrouping),
  },
  { additionalProperties: false },
);
export type UsageQuery = Static<typeof UsageQuery>;

const counts = {
  jobs: Type.Integer({
    description: "Jobs created in the span; by model: jobs that used it for the first time.",
  }),
  calls: Type.Integer(),
  successful_calls: Type.Integer(),
  failed_calls: Type.Integer(),
  cache_hits: Type.Integer({ description: "Calls answered from the response cache." }),
  input_tokens: Type.Integer(),
  output_tokens: Type.Integer(),
  total_tokens: Type.Integer(),
  credits_charged: Type.Number({
    description:
      "What the jobs were charged, refunds not taken off; by model: what was charged call by call.",
  }),
  credits_refunded: Type.Number({ description: "Given back of it; by model always 0." }),
};

const UsageCounts = Type.Object(counts);
export type UsageCounts = Static<typeof UsageCounts>;

const countsExample = {
  jobs: 12,
  calls: 31,
  successful_calls: 30,
  failed_calls: 1,
  cache_hits: 0,
  input_tokens: 40210,
  output_tokens: 9120,
  total_tokens: 49330,
  credits_charged: 12,
  credits_refunded: 0,
};

export const Usage = Type.Object(
  {
    team_id: Type.String(),
    from: Type.String({ format: "date-time" }),
    to: Type.String({ format: "date-time" }),
    group_by: Type.Union([UsageGrouping, Type.Null()]),
    totals: UsageCounts,
    groups: Type.Array(
      Type.Object({
        group: Type.Union([Type.String(), Type.Null()], {
          description: "The day, job type, model or user; null = jobs without a user.",
        }),
        ...counts,
      }),
      { description: "Days in order, all else by most calls; at most 1,000." },
    ),
    as_of: Type.String({
      format: "date-time",
      description:
        "All that happened until then is counted: now, but for very many calls or jobs open for hours, which are counted anew now and then.",
    }),
  },
  {
    examples: [
      {
        team_id: "routing",
        from: "2026-11-01T00:00:00.000Z",
        to: "2026-12-01T00:00:00.000Z",
        group_by: "job_type",
        totals: countsExample,
        groups: [{ group: "invoice_check", ...countsExample }],
        as_of: "2026-11-23T12:00:00.000Z",
      },
    ],
  },
);
export type Usage = Static<typeof Usage>;
