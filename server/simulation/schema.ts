import { type Static, Type } from "@sinclair/typebox";
import { amount } from "../http/amounts.ts";
import { Slug } from "../organizations/schema.ts";
import { PlanVersionCreate } from "../pricing/schema.ts";

/** Wire shapes of what a draft plan would charge. */

const { kind, rules } = PlanVersionCreate.properties;

const count = (description: string, example: number) =>
  Type.Integer({ minimum: 0, maximum: 5000, description, examples: [example] });

/** A made-up month of one team, whose jobs follow one another. */
const Month = Type.Object(
  {
    completed_jobs: count("Jobs that complete.", 1000),
    failed_jobs: count("Jobs that fail after calls that succeeded.", 20),
    job_type: Type.Optional(Type.String({ minLength: 1, maxLength: 100, examples: ["invoice"] })),
    calls_per_job: Type.Integer({ minimum: 0, maximum: 100, examples: [3] }),
    single_calls: count("Calls outside any job.", 0),
    input_tokens: Type.Integer({
      minimum: 0,
      maximum: 10_000_000,
      description: "Of each call.",
      examples: [1200],
    }),
    output_tokens: Type.Integer({
      minimum: 0,
      maximum: 10_000_000,
      description: "Of each call.",
      examples: [300],
    }),
    call_cost_usd: amount({
      minimum: 0,
      description: "Provider cost of each call.",
      examples: [0.02],
    }),
  },
  { additionalProperties: false },
);
export type Month = Static<typeof Month>;

const monthExample = {
  completed_jobs: 1000,
  failed_jobs: 20,
  calls_per_job: 3,
  single_calls: 0,
  input_tokens: 1200,
  output_tokens: 300,
  call_cost_usd: 0.02,
};

export const PlanPreviewRequest = Type.Object(
  { kind, rules, month: Type.Optional(Month) },
  {
    additionalProperties: false,
    examples: [{ kind: "flat", rules: { price: 1 }, month: monthExample }],
  },
);

export const PlanPreview = Type.Object(
  {
    rules: { ...rules, description: "With everything said that was left to a default." },
    in_words: Type.String({ description: "What it charges, in plain sentences." }),
    team_words: Type.String({ description: "The same as teams read it." }),
    example: Type.Array(Type.String(), { description: "What it charges, worked out in numbers." }),
    month: Type.Union(
      [
        Type.Object({
          credits: Type.Number({ description: "Charged in all, fees included." }),
          fees: Type.Number(),
          revenue_usd: Type.Number({ description: "At the present credit price." }),
          cost_usd: Type.Number({ description: "What providers charge." }),
          margin_usd: Type.Number(),
        }),
        Type.Null(),
      ],
      { description: "What the month that was asked about would cost; null = none was." },
    ),
  },
  {
    examples: [
      {
        rules: { price: 1, job_types: {}, period: "month", max_calls: 100 },
        in_words: "A completed job costs 1 credit.",
        team_words: "A completed job costs 1 credit.",
        example: ["Ten completed jobs: 10 × 1 credit = 10 credits, worth $1.00."],
        month: { credits: 1600, fees: 0, revenue_usd: 160, cost_usd: 61.2, margin_usd: 98.8 },
      },
    ],
  },
);
export type PlanPreview = Static<typeof PlanPreview>;

export const SimulationRequest = Type.Object(
  {
    kind,
    rules,
    from: Type.String({
      maxLength: 40,
      description: "First day or instant, included; in UTC.",
      examples: ["2026-11-01"],
    }),
    to: Type.String({
      maxLength: 40,
      description: "First day or instant that is not included.",
      examples: ["2026-12-01"],
    }),
    organization_id: Type.Optional(
      Type.String({ ...Slug, description: "Only teams of this organization." }),
    ),
    team_ids: Type.Optional(
      Type.Array(Type.String(Slug), {
        minItems: 1,
        maxItems: 200,
        description: "Only these teams.",
        examples: [["routing"]],
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [{ kind: "flat", rules: { price: 1.5 }, from: "2026-11-01", to: "2026-12-01" }],
  },
);

const Side = Type.Object({
  credits: Type.Number({ description: "Charges and fees, refunds not taken off." }),
  fees: Type.Number({ description: "Of those, fees of periods that began in the span." }),
  revenue_usd: Type.Number({ description: "At the present credit price." }),
  margin_usd: Type.Number({ description: "Revenue less provider cost." }),
});

const figures = {
  jobs: Type.Integer({ description: "Jobs that have ended; calls outside any job among them." }),
  cost_usd: Type.Number({ description: "What providers charged for them." }),
  before: Side,
  after: Side,
};

const sideExample = { credits: 1200, fees: 0, revenue_usd: 120, margin_usd: 78.75 };
const figuresExample = {
  jobs: 1200,
  cost_usd: 41.25,
  before: sideExample,
  after: { credits: 1800, fees: 0, revenue_usd: 180, margin_usd: 138.75 },
};

export const Simulation = Type.Object(
  {
    from: Type.String({ format: "date-time" }),
    to: Type.String({
      format: "date-time",
      description: "Up to where jobs were read; earlier than asked when there are too many.",
    }),
    truncated: Type.Boolean({ description: "There were more jobs than one answer reads." }),
    running_jobs: Type.Integer({ description: "Jobs left out because they have not ended." }),
    credit_price_usd: Type.Number(),
    totals: Type.Object(figures),
    teams: Type.Array(
      Type.Object({
        team_id: Type.String(),
        name: Type.String(),
        organization_id: Type.String(),
        organization_name: Type.String(),
        ...figures,
      }),
      { description: "Those that pay most, now or then, first." },
    ),
  },
  {
    examples: [
      {
        from: "2026-11-01T00:00:00.000Z",
        to: "2026-12-01T00:00:00.000Z",
        truncated: false,
        running_jobs: 0,
        credit_price_usd: 0.1,
        totals: figuresExample,
        teams: [
          {
            team_id: "routing",
            name: "Routing",
            organization_id: "aperture-freight",
            organization_name: "Aperture Freight",
            ...figuresExample,
          },
        ],
      },
    ],
  },
);
export type Simulation = Static<typeof Simulation>;
