import { Type, type Static } from "@sinclair/typebox";
import { amount } from "../http/amounts.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { nullable } from "../http/shapes.ts";

const Scope = Type.Union(
  [Type.Literal("organization"), Type.Literal("team"), Type.Literal("key"), Type.Literal("alias")],
  { description: "Whose calls count: of an organization's teams, a team, a key, or of an alias." },
);

const SubjectId = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "Id of the organization, team or key; of an alias, its name.",
  examples: ["routing"],
});

const Kind = Type.Union([Type.Literal("hard"), Type.Literal("soft")], {
  description:
    "`hard`: a call that could exceed it is refused (402 `budget_exceeded`). `soft`: notices only.",
});

const Period = Type.Union(
  [Type.Literal("day"), Type.Literal("week"), Type.Literal("month"), Type.Literal("ever")],
  { description: "In UTC; a week begins on Monday; `ever` never begins anew." },
);

const LimitUsd = amount({
  minimum: 0,
  description:
    "Provider cost in USD that a period may have: at most 15 significant digits, 9 decimals.",
  examples: [250],
});

const AlertPercents = Type.Array(Type.Integer({ minimum: 1, maximum: 1000 }), {
  maxItems: 10,
  uniqueItems: true,
  description: "Percents of the limit at which a notice goes out; `[80, 100]` when absent.",
  examples: [[80, 100]],
});

export const BudgetCreate = Type.Object(
  {
    scope: Scope,
    subject_id: SubjectId,
    kind: Kind,
    period: Period,
    limit_usd: LimitUsd,
    alert_percents: Type.Optional(AlertPercents),
  },
  {
    additionalProperties: false,
    examples: [
      { scope: "team", subject_id: "routing", kind: "hard", period: "month", limit_usd: 250 },
    ],
  },
);

export const BudgetChange = Type.Object(
  {
    version: Type.Integer({
      minimum: 1,
      description: "The version that the change was made from; a stale one is refused.",
      examples: [1],
    }),
    limit_usd: Type.Optional(LimitUsd),
    alert_percents: Type.Optional(AlertPercents),
  },
  { additionalProperties: false, examples: [{ version: 1, limit_usd: 300 }] },
);

const example = {
  budget_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  scope: "team",
  subject_id: "routing",
  subject_name: "Routing",
  kind: "hard",
  period: "month",
  limit_usd: 250,
  alert_percents: [80, 100],
  spent_usd: 41.5,
  held_usd: 0.25,
  used_percent: 16.7,
  period_starts_at: "2026-11-01T00:00:00.000Z",
  resets_at: "2026-12-01T00:00:00.000Z",
  version: 1,
  created_at: "2026-11-23T12:00:00.000Z",
  updated_at: "2026-11-23T12:00:00.000Z",
};

const UsedPercent = Type.Number({
  description: "Of the limit, what is spent and held in the present period; to a tenth, down.",
});

const ResetsAt = Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
  description: "When the next period begins; null = never.",
});

export const BudgetView = Type.Object(
  {
    budget_id: Type.String(),
    scope: Scope,
    subject_id: Type.String(),
    subject_name: nullable(
      Type.String({ description: "Of a team or an organization; null of a key or an alias." }),
    ),
    kind: Kind,
    period: Period,
    limit_usd: Type.Number(),
    alert_percents: Type.Array(Type.Integer()),
    spent_usd: Type.Number({
      description: "In the present period. A soft budget's is as current as the usage rollups.",
    }),
    held_usd: Type.Number({ description: "At most of calls under way. 0 for a soft budget." }),
    used_percent: UsedPercent,
    period_starts_at: Type.String({ format: "date-time" }),
    resets_at: ResetsAt,
    version: Type.Integer(),
    created_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time" }),
  },
  { examples: [example] },
);
export type BudgetView = Static<typeof BudgetView>;

export const BudgetPage = pageOf(BudgetView, [example]);

export const BudgetQuery = Type.Object(
  {
    ...pageQuery,
    scope: Type.Optional(Scope),
    subject_id: Type.Optional(
      Type.String({ ...SubjectId, description: "Only budgets of this subject." }),
    ),
    kind: Type.Optional(Kind),
    period: Type.Optional(Period),
  },
  { additionalProperties: false },
);
export type BudgetQuery = Static<typeof BudgetQuery>;

/** What a team sees of a budget: never dollars. */
export const TeamBudgetView = Type.Object(
  {
    scope: Type.Union([Type.Literal("organization"), Type.Literal("team"), Type.Literal("key")], {
      description: "Whose calls count: all the organization's, the team's, or this key's.",
    }),
    kind: Kind,
    period: Period,
    used_percent: UsedPercent,
    resets_at: ResetsAt,
  },
  {
    examples: [
      {
        scope: "team",
        kind: "hard",
        period: "month",
        used_percent: 16.7,
        resets_at: "2026-12-01T00:00:00.000Z",
      },
    ],
  },
);
export type TeamBudgetView = Static<typeof TeamBudgetView>;
