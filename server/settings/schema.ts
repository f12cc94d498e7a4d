import { type Static, Type } from "@sinclair/typebox";
import { amount } from "../http/amounts.ts";

const CreditPrice = Type.Number({
  description:
    "What a credit is worth in US dollars: markups and failed jobs are charged by it, and credits without a price paid count as revenue by it. At most 9 decimals. Calls under way keep the price they began with, revenue of the past that of its time.",
  examples: [0.1],
});

const Brand = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: "^(?=.*\\S)[^\\u0000-\\u001f\\u007f]+$",
  said: "not blank and without control characters",
  description: "How teams know this service; titles their API's document and pages.",
  examples: ["Jobs API"],
});

const StoreBodies = Type.Union(
  [Type.Literal("none"), Type.Literal("errors"), Type.Literal("all")],
  { description: "Of which calls requests and answers are stored, encrypted." },
);

const days = (description: string, most: number) =>
  Type.Integer({ minimum: 1, maximum: most, description });

const fields = {
  credit_price_usd: CreditPrice,
  brand: Brand,
  store_bodies: StoreBodies,
  store_bodies_days: days("How long stored bodies are kept.", 3650),
  calls_retention_days: Type.Union([days("", 36_500), Type.Null()], {
    description: "How long calls are kept; null = for ever. Jobs and the ledger stay.",
  }),
  low_balance_credits: Type.Union([Type.Number(), Type.Null()], {
    description:
      "Available credits below which a notice goes out, for wallets without a threshold of their own; null = never.",
  }),
  expiry_notice_days: days("How long before credits expire a notice goes out.", 365),
};

const example = {
  credit_price_usd: 0.1,
  brand: "Jobs API",
  store_bodies: "none",
  store_bodies_days: 30,
  calls_retention_days: null,
  low_balance_credits: null,
  expiry_notice_days: 7,
};

export const SettingsView = Type.Object(
  { ...fields, version: Type.Integer({ description: "Raised by every change." }) },
  { examples: [{ ...example, version: 0 }] },
);
export type SettingsView = Static<typeof SettingsView>;

export const SettingsChange = Type.Object(
  {
    ...Type.Partial(Type.Object(fields)).properties,
    credit_price_usd: Type.Optional(
      amount({ exclusiveMinimum: 0, description: CreditPrice.description ?? "", examples: [0.1] }),
    ),
    low_balance_credits: Type.Optional(
      Type.Union([amount({ minimum: 0 }), Type.Null()], {
        description: fields.low_balance_credits.description ?? "",
      }),
    ),
    version: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: "The version that was read; refused when there is a newer one.",
        examples: [0],
      }),
    ),
  },
  { additionalProperties: false, examples: [{ credit_price_usd: 0.05 }] },
);
