import { Type, type Static } from "@sinclair/typebox";
import { amount } from "../http/amounts.ts";
import { line } from "../jobs/fields.ts";
import { Slug } from "../organizations/schema.ts";
import { Credits } from "./schema.ts";

/** Of an allocation, a refill or a top-up code. */
export const PRICE_PAID = amount({
  description:
    "What the customer paid for them, in dollars: revenue as they are spent. 0 = a promotion; absent = not told, so that they count at the present credit price.",
  examples: [250],
});

export const CREDITS_PRIORITY = Type.Integer({
  minimum: 0,
  maximum: 1000,
  default: 100,
  description: "Lower is used up first: give promotional credits a lower number.",
  examples: [100],
});

/** Of every change: why, the operator's own reference, and the key of a repeat. */
const Reason = line(500, "Stands in the ledger, where the team reads it.", "Invoice 2026-118");
const about = {
  reference: Type.Optional(
    line(200, "Your own reference; the team does not see it.", "INV-2026-118"),
  ),
  idempotency_key: Type.Optional(
    Type.String({
      pattern: "^[ -~]{1,255}$",
      said: "of 1 to 255 ASCII characters",
      description: "The header Idempotency-Key does the same.",
    }),
  ),
};
const closed = { additionalProperties: false } as const;

export const AllocationCreate = Type.Object(
  {
    credits: Credits,
    reason: Type.Optional(Reason),
    price_paid_usd: Type.Optional(PRICE_PAID),
    priority: Type.Optional(CREDITS_PRIORITY),
    expires_at: Type.Optional(
      Type.String({ format: "date-time", description: "In the future; absent = never." }),
    ),
    ...about,
  },
  { ...closed, examples: [{ credits: 2500, reason: "Invoice 2026-118", price_paid_usd: 250 }] },
);

export const DeductionCreate = Type.Object(
  { credits: Credits, reason: Reason, ...about },
  { ...closed, examples: [{ credits: 100, reason: "Consulting in November" }] },
);

export const AdjustmentCreate = Type.Object(
  {
    credits: amount({
      description: "What the balance changes by, above or below 0; it may leave a debt.",
      examples: [-12.5],
    }),
    reason: Reason,
    ...about,
  },
  { ...closed, examples: [{ credits: -12.5, reason: "Allocated twice by mistake" }] },
);

export const RefundCreate = Type.Object(
  {
    job_id: Type.String({
      maxLength: 100,
      description: "A job of the team.",
      examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
    }),
    credits: Type.Optional(
      amount({
        description: "At most what was charged and not given back yet; absent = all of that.",
        examples: [1],
      }),
    ),
    reason: Reason,
    ...about,
  },
  {
    ...closed,
    examples: [
      { job_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10", reason: "The answer was of no use" },
    ],
  },
);

export const TransferCreate = Type.Object(
  {
    to_team_id: Type.String({ ...Slug, description: "Another team of the same organization." }),
    credits: Credits,
    reason: Type.Optional(Reason),
    ...about,
  },
  { ...closed, examples: [{ to_team_id: "customs", credits: 500, reason: "Year end" }] },
);

export const WalletPatch = Type.Object(
  {
    credit_limit: Type.Optional(
      Type.Union([amount(), Type.Null()], {
        description: "How far the balance may go below 0; 0 = prepaid, null = unlimited.",
        examples: [1000],
      }),
    ),
    low_balance_threshold: Type.Optional(
      Type.Union([amount(), Type.Null()], {
        description: "A notice goes out when less than this is available; null = never.",
        examples: [100],
      }),
    ),
    reason: Type.Optional(line(500, "Why, for the audit log.", "On terms from December")),
    version: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "The version that was read; refused when there is a newer one.",
        examples: [1],
      }),
    ),
  },
  { ...closed, minProperties: 1, examples: [{ credit_limit: 1000, low_balance_threshold: 100 }] },
);

export const ChangeView = Type.Object(
  {
    team_id: Type.String(),
    entry_no: Type.Integer({ description: "Number of the ledger entry." }),
    credits: Type.Number({ description: "What the balance changed by; below 0 = taken." }),
    balance: Type.Number({ description: "Credits after this entry." }),
    created_at: Type.String({ format: "date-time" }),
    replayed: Type.Boolean({ description: "The key was used before: nothing was changed now." }),
  },
  {
    examples: [
      {
        team_id: "routing",
        entry_no: 2,
        credits: 2500,
        balance: 3500,
        created_at: "2026-11-23T12:00:00.000Z",
        replayed: false,
      },
    ],
  },
);
export type ChangeView = Static<typeof ChangeView>;
