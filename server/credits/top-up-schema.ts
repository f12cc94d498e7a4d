import { Type, type Static } from "@sinclair/typebox";
import { actorFields } from "../audit/schema.ts";
import { amount } from "../http/amounts.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { line } from "../jobs/fields.ts";
import { Name } from "../organizations/schema.ts";
import { CREDITS_PRIORITY, PRICE_PAID } from "./change-schema.ts";
import { instantOrNull } from "../http/shapes.ts";

export const TopUpBatchCreate = Type.Object(
  {
    name: Type.String({ ...Name, examples: ["Trade fair 2026"] }),
    credits: amount({ description: "Credits that each code gives.", examples: [50] }),
    count: Type.Integer({
      minimum: 1,
      maximum: 1000,
      description: "How many codes.",
      examples: [100],
    }),
    priority: Type.Optional(CREDITS_PRIORITY),
    expires_at: Type.Optional(
      Type.String({
        format: "date-time",
        description: "When the codes can no longer be redeemed, in the future; absent = never.",
      }),
    ),
    credits_last_days: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3650,
        description: "How long redeemed credits last; absent = for ever.",
        examples: [90],
      }),
    ),
    price_paid_usd: Type.Optional(
      amount({
        description: `Of each code. ${PRICE_PAID.description}`,
        examples: [5],
      }),
    ),
    reason: Type.Optional(line(500, "Why, for the audit log.", "Approved by sales")),
  },
  {
    additionalProperties: false,
    examples: [{ name: "Trade fair 2026", credits: 50, count: 100, credits_last_days: 90 }],
  },
);

const batchExample = {
  batch_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  name: "Trade fair 2026",
  credits: 50,
  priority: 100,
  expires_at: null,
  credits_last_days: 90,
  price_paid_usd: null,
  codes: 2,
  redeemed: 0,
  revoked: 0,
  actor: "cli",
  actor_name: null,
  created_at: "2026-11-23T12:00:00.000Z",
};

export const TopUpBatch = Type.Object(
  {
    batch_id: Type.String(),
    name: Type.String(),
    credits: Type.Number({ description: "Of each code." }),
    priority: Type.Integer(),
    expires_at: instantOrNull("When the codes can no longer be redeemed; null = never."),
    credits_last_days: Type.Union([Type.Integer(), Type.Null()], {
      description: "How long redeemed credits last; null = for ever.",
    }),
    price_paid_usd: Type.Union([Type.Number(), Type.Null()], { description: "For each code." }),
    codes: Type.Integer({ description: "How many there are." }),
    redeemed: Type.Integer(),
    revoked: Type.Integer(),
    ...actorFields,
    created_at: Type.String({ format: "date-time" }),
  },
  { examples: [batchExample] },
);
export type TopUpBatch = Static<typeof TopUpBatch>;

export const TopUpBatchCreated = Type.Object(
  {
    ...TopUpBatch.properties,
    secrets: Type.Array(Type.String(), {
      description: "The codes themselves. They are shown this once.",
    }),
  },
  {
    examples: [
      { ...batchExample, secrets: ["00000-00000-00000-00000", "00000-00000-00000-00001"] },
    ],
  },
);

export const TopUpBatchPage = pageOf(TopUpBatch, [batchExample]);
export const TopUpBatchQuery = Type.Object(pageQuery, { additionalProperties: false });

const codeExample = {
  code_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a11",
  last_four: "7K2M",
  state: "open",
  redeemed_at: null,
  redeemed_by: null,
  redeemed_by_name: null,
  revoked_at: null,
};

export const TopUpCode = Type.Object(
  {
    code_id: Type.String(),
    last_four: Type.String(),
    state: Type.Union([Type.Literal("open"), Type.Literal("redeemed"), Type.Literal("revoked")]),
    redeemed_at: instantOrNull("Null = not redeemed."),
    redeemed_by: Type.Union([Type.String(), Type.Null()], { description: "The team." }),
    redeemed_by_name: Type.Union([Type.String(), Type.Null()]),
    revoked_at: instantOrNull("Null = not revoked."),
  },
  { examples: [codeExample] },
);
export type TopUpCode = Static<typeof TopUpCode>;

export const TopUpBatchDetail = Type.Object(
  { ...TopUpBatch.properties, ...pageOf(TopUpCode, [codeExample]).properties },
  { examples: [{ ...batchExample, data: [codeExample], next: null, prev: null }] },
);
export type TopUpBatchDetail = Static<typeof TopUpBatchDetail>;

export const TopUpCodeQuery = Type.Object(
  {
    ...pageQuery,
    state: Type.Optional(
      Type.Union([Type.Literal("open"), Type.Literal("redeemed"), Type.Literal("revoked")], {
        description: "Only codes of this state.",
        examples: ["open"],
      }),
    ),
  },
  { additionalProperties: false },
);

export const CodeRevoke = Type.Object(
  { reason: Type.Optional(line(500, "Why, for the audit log.", "Letter lost")) },
  { additionalProperties: false, examples: [{ reason: "Letter lost" }] },
);

export const CodeRedeem = Type.Object(
  {
    code: Type.String({
      minLength: 1,
      maxLength: 100,
      description: "Case, spaces and hyphens do not matter.",
      examples: ["00000-00000-00000-00000"],
    }),
  },
  { additionalProperties: false, examples: [{ code: "00000-00000-00000-00000" }] },
);

export const Redeemed = Type.Object(
  {
    team_id: Type.String(),
    entry_no: Type.Integer({ description: "Number of the ledger entry." }),
    credits: Type.Number({ description: "What the code gave." }),
    balance: Type.Number({ description: "Credits after this entry." }),
    created_at: Type.String({ format: "date-time" }),
  },
  {
    examples: [
      {
        team_id: "routing",
        entry_no: 3,
        credits: 50,
        balance: 3550,
        created_at: "2026-11-23T12:00:00.000Z",
      },
    ],
  },
);
export type Redeemed = Static<typeof Redeemed>;
