import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { actorFields } from "../audit/schema.ts";
import { amount } from "../http/amounts.ts";
import { Name, Slug } from "../organizations/schema.ts";
import { planKinds, periods } from "./plan.ts";

/*
 * Kinds, choices and bounds are checked by the rules (rules.ts), which say of each value what is wrong with it: here they are
 * only documented.
 */

const Amount = (description: string, example: number) =>
  amount({ minimum: 0, description, examples: [example] });

const choice = (choices: readonly string[], description: string) =>
  Type.String({ enum: [...choices], description, examples: [choices[0]] });

const orNull = <Schema extends TSchema>(schema: Schema) =>
  Type.Union([schema, Type.Null()], { description: schema.description ?? "" });

const CallRule = (description: string, example: object) =>
  Type.Object(
    {
      kind: choice(["markup", "per_token", "flat"], "How a call is charged."),
      percent: Type.Optional(Amount("Under `markup`: added to what the provider asks.", 30)),
      tokens_per_credit: Type.Optional(
        Type.Integer({ description: "Under `per_token`.", examples: [1000] }),
      ),
      price: Type.Optional(Amount("Under `flat`: credits a call.", 0.1)),
    },
    { additionalProperties: false, description, examples: [example] },
  );

const Tier = Type.Object(
  {
    from: Type.Optional(
      Type.Integer({
        description: "The first position; follows from the tier before when absent.",
        examples: [1],
      }),
    ),
    up_to: orNull(
      Type.Integer({ description: "The last position; null in the last tier, and only there." }),
    ),
    price: Amount("Credits a job.", 1),
  },
  { additionalProperties: false },
);

export const PlanRules = Type.Object(
  {
    price: Type.Optional(Amount("flat: credits a completed job.", 1)),
    job_types: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 100 }), amount({ minimum: 0 }), {
        description: "flat: other prices by job type.",
        examples: [{ invoice_check: 2.5 }],
      }),
    ),
    tiers: Type.Optional(
      Type.Array(Tier, {
        maxItems: 100,
        description:
          "tiered: prices by a job's position among those completed in the period. Ascending, without gap or overlap.",
      }),
    ),
    percent: Type.Optional(Amount("markup: added to what the provider asks.", 25)),
    minimum: Type.Optional(
      Amount("markup: credits that a job with charged calls costs at least; 0 when absent.", 0.5),
    ),
    tokens_per_credit: Type.Optional(Type.Integer({ description: "per_token.", examples: [1000] })),
    fee: Type.Optional(Amount("subscription: credits a period.", 100)),
    included: Type.Optional(
      orNull(Type.Integer({ description: "subscription: jobs a period; null = all." })),
    ),
    overage: Type.Optional(Amount("subscription: credits of each further job.", 2)),
    period: Type.Optional(
      choice(
        [...periods].reverse(),
        "What jobs and free failures are counted in; UTC, weeks are ISO weeks. `month` when absent.",
      ),
    ),
    single_call: Type.Optional(
      CallRule("Calls outside any job; a markup of 30 % when absent.", {
        kind: "markup",
        percent: 30,
      }),
    ),
    embeddings: Type.Optional(
      CallRule(
        "Embeddings outside any job, and in jobs that are charged by their calls; 1,000 tokens a credit when absent.",
        { kind: "per_token", tokens_per_credit: 1000 },
      ),
    ),
    max_calls: Type.Optional(
      orNull(
        Type.Integer({
          description:
            "Calls a job; null = no limit. When absent, 100 under flat, tiered and subscription, else none.",
        }),
      ),
    ),
    max_cost_per_job_usd: Type.Optional(
      orNull(amount({ minimum: 0, description: "Provider cost a job in USD; none when absent." })),
    ),
    max_duration_seconds: Type.Optional(
      orNull(Type.Integer({ description: "How long a job takes calls; no limit when absent." })),
    ),
    failed_jobs: Type.Optional(
      choice(
        ["free", "full"],
        "Whether failed and cancelled jobs cost what completed ones do, where jobs are charged; `free` when absent.",
      ),
    ),
    free_failures: Type.Optional(
      Type.Integer({
        description:
          "How many failed and cancelled jobs with successful calls are free in a period; further ones cost what the provider asked, at most what was held. 10 when absent.",
        examples: [10],
      }),
    ),
    cache_hits: Type.Optional(
      choice(["free", "full"], "What answers from the cache cost, where calls are charged."),
    ),
  },
  {
    additionalProperties: false,
    description: "Amounts are credits with at most 6 decimals. Each kind takes its own fields.",
    examples: [{ price: 1, job_types: { invoice_check: 2.5 } }],
  },
);

const Kind = choice(planKinds, "What is charged: jobs at their end, or calls one by one.");

const Version = Type.Optional(
  Type.Integer({
    minimum: 1,
    description: "The version that was read; refused when there is a newer one.",
    examples: [1],
  }),
);

export const PlanCreate = Type.Object(
  {
    name: Name,
    id: Type.Optional(
      Type.String({ ...Slug, description: "Made from the name when absent. It never changes." }),
    ),
    kind: Kind,
    rules: PlanRules,
  },
  {
    additionalProperties: false,
    examples: [
      {
        name: "Volume",
        kind: "tiered",
        rules: {
          tiers: [
            { up_to: 100, price: 1 },
            { up_to: null, price: 0.8 },
          ],
        },
      },
    ],
  },
);

export const PlanVersionCreate = Type.Object(
  { kind: Kind, rules: PlanRules, version: Version },
  { additionalProperties: false, examples: [{ kind: "flat", rules: { price: 1.5 }, version: 1 }] },
);

export const PlanChange = Type.Object(
  {
    name: Type.Optional(Name),
    status: Type.Optional(
      Type.Union([Type.Literal("active"), Type.Literal("archived")], {
        description: "An archived plan can be assigned to nobody; one that is assigned stays.",
      }),
    ),
    version: Version,
  },
  { additionalProperties: false, examples: [{ name: "Volume 2027", version: 1 }] },
);

const Instant = Type.String({ format: "date-time" });

const PlanVersionView = Type.Object({
  plan_version_id: Type.String(),
  number: Type.Integer(),
  kind: Type.String(),
  rules: PlanRules,
  effective_from: Instant,
  ...actorFields,
  created_at: Instant,
  in_words: Type.String({ description: "What it charges, in plain sentences." }),
  example: Type.Array(Type.String(), { description: "What it charges, worked out in numbers." }),
});
export type PlanVersionView = Static<typeof PlanVersionView>;

export const PlanView = Type.Object({
  plan_id: Type.String(),
  name: Type.String(),
  status: Type.Union([Type.Literal("active"), Type.Literal("archived")]),
  version: Type.Integer({ description: "Raised by every change." }),
  created_at: Instant,
  updated_at: Instant,
  in_force: PlanVersionView,
  upcoming: Type.Array(PlanVersionView, {
    description: "Versions that take effect later, the next first.",
  }),
  assigned: Type.Object(
    { teams: Type.Integer(), organizations: Type.Integer(), platform: Type.Boolean() },
    { description: "Who has it, now or from a later date on." },
  ),
});
export type PlanView = Static<typeof PlanView>;

export const PlanDetailView = Type.Composite([
  PlanView,
  Type.Object({
    versions: Type.Array(PlanVersionView, { description: "The newest first; at most 100." }),
  }),
]);

export const PlanAssign = Type.Object(
  {
    plan_id: Type.Union([Slug, Type.Null()], {
      description: "Null = none of its own: the organization's counts, else the platform's.",
    }),
    from: Type.Optional(
      Type.String({
        format: "date-time",
        description:
          "Not in the past; now when absent. Plans that count by period take effect at the next start of one.",
        examples: ["2027-01-01T00:00:00Z"],
      }),
    ),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, examples: ["contract"] })),
    version: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: "The version that was read; refused when there is a newer one.",
        examples: [1],
      }),
    ),
  },
  { additionalProperties: false, examples: [{ plan_id: "volume" }] },
);

export const AssignedPlanView = Type.Object({
  in_force: Type.Object({
    plan_id: Type.String(),
    name: Type.String(),
    plan_version_id: Type.String(),
    number: Type.Integer(),
    kind: Type.String(),
    source: Type.Union(
      [Type.Literal("team"), Type.Literal("organization"), Type.Literal("platform")],
      { description: "Whose choice it is." },
    ),
    in_words: Type.String(),
  }),
  assignments: Type.Array(
    Type.Object({
      plan_id: Type.Union([Type.String(), Type.Null()]),
      effective_from: Instant,
      ...actorFields,
      reason: Type.Union([Type.String(), Type.Null()]),
      created_at: Instant,
    }),
    { description: "Own choices, the latest first; those of the future among them. At most 100." },
  ),
  version: Type.Integer({
    description: "Of the team or organization, or of the settings; raised by every change of it.",
  }),
});
export type AssignedPlanView = Static<typeof AssignedPlanView>;
