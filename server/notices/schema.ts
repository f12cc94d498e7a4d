import { Type, type Static } from "@sinclair/typebox";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { Slug } from "../organizations/schema.ts";
import { nullable } from "../http/shapes.ts";

const Kind = Type.Union(
  [
    Type.Literal("wallet.low_balance"),
    Type.Literal("wallet.negative"),
    Type.Literal("budget.threshold"),
    Type.Literal("credits.expiring"),
    Type.Literal("call.unsettled"),
  ],
  { description: "What happened.", examples: ["wallet.low_balance"] },
);

const example = {
  notice_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  kind: "wallet.low_balance",
  organization_id: "aperture-freight",
  organization_name: "Aperture Freight",
  team_id: "routing",
  team_name: "Routing",
  payload: { available: 4.5, threshold: 5, balance: 6.5, held: 2 },
  created_at: "2026-11-23T12:00:00.000Z",
  delivered_at: null,
};

export const NoticeView = Type.Object(
  {
    notice_id: Type.String(),
    kind: Kind,
    organization_id: nullable(Type.String()),
    organization_name: nullable(Type.String()),
    team_id: nullable(Type.String()),
    team_name: nullable(Type.String()),
    payload: Type.Record(Type.String(), Type.Unknown(), {
      description:
        "By kind. `wallet.low_balance`: available, threshold, balance, held. `wallet.negative`: available, credit_limit, balance, held. `budget.threshold`: budget_id, scope, subject_id, budget_kind, period, period_starts_at, percent, used_percent, spent_usd, limit_usd. `credits.expiring`: grant_id, credits, expires_at. `call.unsettled`: call_id, job_id, model.",
    }),
    created_at: Type.String({ format: "date-time" }),
    delivered_at: nullable(Type.String({ format: "date-time" })),
  },
  { examples: [example] },
);
export type NoticeView = Static<typeof NoticeView>;

export const NoticePage = pageOf(NoticeView, [example]);

export const NoticeQuery = Type.Object(
  {
    ...pageQuery,
    kind: Type.Optional(Kind),
    organization_id: Type.Optional(
      Type.String({ ...Slug, description: "Only notices about this organization." }),
    ),
    team_id: Type.Optional(Type.String({ ...Slug, description: "Only notices about this team." })),
  },
  { additionalProperties: false },
);
export type NoticeQuery = Static<typeof NoticeQuery>;
