import { type Static, Type } from "@sinclair/typebox";
import { actorFields } from "../audit/schema.ts";
import { instant, nullable } from "../http/shapes.ts";

/** Wire shapes of how a charge came about. */

const formula = {
  formula: Type.String({ description: "How it comes about, with its numbers." }),
  credits_by_formula: nullable(
    Type.Number(),
    "What the formula gives; null = it cannot be told any more.",
  ),
  credits_charged: Type.Number({ description: "What was charged." }),
  difference: nullable(
    Type.String(),
    "Why that is not what the formula gives; null = it is, or it cannot be told.",
  ),
};

export const Charge = Type.Object(
  {
    job_id: Type.String(),
    team_id: Type.String(),
    job_type: Type.String(),
    status: Type.String(),
    plan: nullable(
      Type.Object({
        plan_id: Type.String(),
        name: Type.String(),
        kind: Type.String(),
        version: Type.Integer(),
        plan_version_id: Type.String(),
        rules: Type.Record(Type.String(), Type.Unknown(), {
          description: "As they were given; credits and dollars as decimals.",
        }),
      }),
      "The version of the job's creation; null = made before there were plans, never charged.",
    ),
    terms: nullable(
      Type.Record(Type.String(), Type.Unknown()),
      "How it is charged, in numbers, as it was fixed at its creation: credits and dollars.",
    ),
    period_start: nullable(instant, "Start of the team's period in which it counts."),
    place: nullable(
      Type.String(),
      "`included` or `overage` of a subscription; its position under tiers, once it is charged.",
    ),
    ...formula,
    provider_cost_usd: Type.Number(),
    revenue_usd: Type.Number({
      description:
        "What the credits were sold for that bore the charge, less refunds; fees of a period are not among it.",
    }),
    margin_usd: Type.Number({ description: "Revenue less provider cost." }),
    credits_refunded: Type.Number(),
    credits_remaining: Type.Number({ description: "Charged and not given back." }),
    credits_held: Type.Number({ description: "Set aside for it now." }),
    charged_over_hold: Type.Boolean(),
    calls: Type.Array(
      Type.Object({
        call_id: Type.String(),
        model: Type.String(),
        status: Type.String(),
        provider_cost_usd: nullable(Type.Number(), "Null = not known."),
        ...formula,
      }),
      { description: "Its newest 500, in the order of their start." },
    ),
    holds: Type.Array(
      Type.Object({
        hold_id: Type.String(),
        of: Type.Union([Type.Literal("job"), Type.Literal("call")]),
        credits: Type.Number(),
        state: Type.String({ description: "`open`, `settled` or `released`." }),
        created_at: instant,
        resolved_at: nullable(instant, "Null = it is open."),
      }),
      { description: "What was set aside, oldest first; at most 500." },
    ),
    entries: Type.Array(
      Type.Object({
        entry_no: Type.Integer(),
        kind: Type.String(),
        credits: Type.Number(),
        balance_after: Type.Number(),
        ...actorFields,
        reason: nullable(Type.String(), "As it was given."),
        reference: nullable(Type.String(), "As it was given."),
        created_at: instant,
      }),
      { description: "The ledger's entries about it, oldest first; at most 500." },
    ),
    lines: Type.Array(Type.String(), { description: "All of it in sentences, to be read out." }),
  },
  {
    examples: [
      {
        job_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
        team_id: "routing",
        job_type: "invoice_check",
        status: "completed",
        plan: {
          plan_id: "default",
          name: "Default",
          kind: "flat",
          version: 1,
          plan_version_id: "00000000-0000-7000-8000-000000000001",
          rules: { price: "1" },
        },
        terms: { kind: "flat", charged: "job", price: 1, credit_price_usd: 0.1 },
        period_start: "2026-11-01T00:00:00.000Z",
        place: null,
        formula: 'flat price of a job of type "invoice_check": 1 credit',
        credits_by_formula: 1,
        credits_charged: 1,
        difference: null,
        provider_cost_usd: 0.000982,
        revenue_usd: 0.1,
        margin_usd: 0.099018,
        credits_refunded: 0,
        credits_remaining: 1,
        credits_held: 0,
        charged_over_hold: false,
        calls: [],
        holds: [],
        entries: [],
        lines: ['A completed job of team routing, of type "invoice_check".'],
      },
    ],
  },
);
export type Charge = Static<typeof Charge>;
