import { Type, type Static } from "@sinclair/typebox";
import { actorFields } from "../audit/schema.ts";
import { amount } from "../http/amounts.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { line } from "../jobs/fields.ts";
import { CREDITS_PRIORITY } from "./change-schema.ts";
import { nullable } from "../http/shapes.ts";
import { Credits } from "./schema.ts";

const Period = Type.Union([Type.Literal("day"), Type.Literal("week"), Type.Literal("month")], {
  description: "Of UTC; weeks begin on Monday.",
  examples: ["month"],
});

export const RefillCreate = Type.Object(
  {
    credits: Credits,
    period: Period,
    expires: Type.Optional(
      Type.Boolean({
        default: true,
        description: "What is left expires with the period; true when absent.",
      }),
    ),
    priority: Type.Optional(Type.Integer({ ...CREDITS_PRIORITY, default: 50, examples: [50] })),
    price_paid_usd: Type.Optional(
      amount({
        description:
          "What the customer pays for each period's credits, in dollars: revenue as they are spent. 0 = a present; absent = not told, so that they count at the credit price of their period's start.",
        examples: [80],
      }),
    ),
    first: Type.Optional(
      Type.Union([Type.Literal("current"), Type.Literal("next")], {
        default: "current",
        description:
          "`current` gives for the period under way, at once; `next` begins with the one after.",
        examples: ["next"],
      }),
    ),
    reason: Type.Optional(line(500, "Why, for the audit log.", "Included in the contract")),
  },
  { additionalProperties: false, examples: [{ credits: 1000, period: "month" }] },
);

export const RefillStop = Type.Object(
  { reason: Type.Optional(line(500, "Why, for the audit log.", "Contract ended")) },
  { additionalProperties: false, examples: [{ reason: "Contract ended" }] },
);

const refillExample = {
  refill_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  credits: 1000,
  period: "month",
  expires: true,
  priority: 50,
  price_paid_usd: 80,
  active: true,
  starts_at: "2026-11-01T00:00:00.000Z",
  actor: "cli",
  actor_name: null,
  created_at: "2026-11-23T12:00:00.000Z",
};

export const Refill = Type.Object(
  {
    refill_id: Type.String(),
    credits: Type.Number(),
    period: Period,
    expires: Type.Boolean({ description: "What is left expires with the period." }),
    priority: Type.Integer(),
    price_paid_usd: nullable(
      Type.Number(),
      "What the customer pays for each period's credits; null = not told.",
    ),
    active: Type.Boolean({ description: "False = stopped." }),
    starts_at: Type.String({
      format: "date-time",
      description: "Start of the first period that it gives for.",
    }),
    ...actorFields,
    created_at: Type.String({ format: "date-time" }),
  },
  { examples: [refillExample] },
);
export type Refill = Static<typeof Refill>;

export const RefillPage = pageOf(Refill, [refillExample]);

export const RefillQuery = Type.Object(
  {
    ...pageQuery,
    state: Type.Optional(
      Type.Union([Type.Literal("active"), Type.Literal("stopped")], {
        description: "Only those that go on giving, or only those that were stopped.",
        examples: ["active"],
      }),
    ),
  },
  { additionalProperties: false },
);
