import { Type, type Static } from "@sinclair/typebox";
import { actorFields } from "../audit/schema.ts";
import { amount } from "../http/amounts.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { instantOrNull, nullable } from "../http/shapes.ts";

/** Credits of a request; what the rules accept of it is said by `kernel/money.ts`. */
export const Credits = amount({
  description: "Credits: at most 15 significant digits, 6 of them decimals.",
  examples: [2500],
});

export const WalletView = Type.Object({
  balance: Type.Number(),
  held: Type.Number(),
  available: Type.Union([Type.Number(), Type.Null()], {
    description: "balance + credit_limit − held; null = unlimited.",
  }),
  credit_limit: Type.Union([Type.Number(), Type.Null()], {
    description: "0 = prepaid; null = unlimited.",
  }),
});
export type WalletView = Static<typeof WalletView>;

const walletExample = { balance: 3500, held: 0, available: 3500, credit_limit: 0 };

const openGrantExample = {
  kind: "allocation",
  credits: 2500,
  remaining: 2500,
  expires_at: null,
  created_at: "2026-11-23T12:00:00.000Z",
};

/** Credits that were given, as their team sees them. */
export const OpenGrant = Type.Object(
  {
    kind: Type.String({
      description: "`allocation`, `adjustment`, `refund`, `refill`, `top_up`, `transfer_in`.",
    }),
    credits: Type.Number({ description: "What was given." }),
    remaining: Type.Number({ description: "What is left of it." }),
    expires_at: instantOrNull("When what is left expires; null = never."),
    created_at: Type.String({ format: "date-time" }),
  },
  { $id: "Grant", examples: [openGrantExample] },
);
export type OpenGrant = Static<typeof OpenGrant>;

/** A team's own view of its wallet. */
export const TeamWallet = Type.Object(
  {
    team_id: Type.String(),
    ...WalletView.properties,
    grants: Type.Array(OpenGrant, {
      description:
        "What the balance is made of, in the order in which it is used up; at most 200. Together they are the balance, unless that is below 0.",
    }),
  },
  { examples: [{ team_id: "routing", ...walletExample, grants: [openGrantExample] }] },
);

/** The operator's view of it. */
export const AdminWallet = Type.Object(
  {
    team_id: Type.String(),
    ...WalletView.properties,
    low_balance_threshold: nullable(
      Type.Number(),
      "A notice goes out when less than this is available; null = never.",
    ),
    version: Type.Integer({ description: "Of the team; raised by every change of it." }),
    grants: TeamWallet.properties.grants,
  },
  {
    examples: [
      {
        team_id: "routing",
        ...walletExample,
        low_balance_threshold: 100,
        version: 1,
        grants: [openGrantExample],
      },
    ],
  },
);

/** A grant as the operator sees it. */
export const Grant = Type.Object(
  {
    grant_id: Type.String(),
    ...OpenGrant.properties,
    priority: Type.Integer({ description: "Lower is used up first." }),
    price_paid_usd: nullable(Type.Number(), "What the customer paid for it; null = not told."),
    reference: nullable(Type.String()),
    refill_id: nullable(Type.String()),
  },
  {
    examples: [
      {
        grant_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
        ...openGrantExample,
        priority: 100,
        price_paid_usd: 200,
        reference: "Invoice 2026-118",
        refill_id: null,
      },
    ],
  },
);
export type Grant = Static<typeof Grant>;

export const GrantPage = pageOf(Grant, [...(Grant["examples"] as unknown[])]);
export const GrantQuery = Type.Object(
  {
    ...pageQuery,
    state: Type.Optional(
      Type.Union([Type.Literal("open"), Type.Literal("used_up")], {
        description:
          "`open`: only those of which something is left; `used_up`: only those that were spent or have expired.",
        examples: ["open"],
      }),
    ),
  },
  { additionalProperties: false },
);

const entryExample = {
  entry_no: 2,
  kind: "allocation",
  credits: 2500,
  balance_after: 3500,
  job_id: null,
  call_id: null,
  reason: "Invoice 2026-118",
  created_at: "2026-11-23T12:00:00.000Z",
};

const entryKinds = [
  "allocation",
  "deduction",
  "adjustment",
  "refund",
  "expiry",
  "refill",
  "fee",
  "transfer_in",
  "transfer_out",
  "top_up",
  "charge",
] as const;

/** An entry of the ledger as its team sees it: without who wrote it. */
export const LedgerEntryView = Type.Object(
  {
    entry_no: Type.Integer({ description: "1, 2, 3 … in the order of the changes." }),
    kind: Type.String({ description: entryKinds.map((kind) => `\`${kind}\``).join(", ") }),
    credits: Type.Number({ description: "What the balance changed by." }),
    balance_after: Type.Number(),
    job_id: nullable(Type.String()),
    call_id: nullable(Type.String()),
    reason: nullable(Type.String()),
    created_at: Type.String({ format: "date-time" }),
  },
  { $id: "LedgerEntry", examples: [entryExample] },
);
export type LedgerEntryView = Static<typeof LedgerEntryView>;

export const LedgerPage = pageOf(LedgerEntryView, [entryExample]);

/** An entry as the operator sees it. */
export const LedgerEntry = Type.Object({
  ...LedgerEntryView.properties,
  grant_id: nullable(Type.String()),
  ...actorFields,
  reference: nullable(Type.String()),
  idempotency_key: nullable(Type.String()),
  counterpart_team_id: Type.Union([Type.String(), Type.Null()], {
    description: "The other team of a transfer.",
  }),
  counterpart_team_name: nullable(Type.String()),
});
export type LedgerEntry = Static<typeof LedgerEntry>;

export const AdminLedgerPage = pageOf(LedgerEntry, [
  {
    ...entryExample,
    grant_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
    actor: "cli",
    actor_name: null,
    reference: null,
    idempotency_key: "invoice-2026-118",
    counterpart_team_id: null,
    counterpart_team_name: null,
  },
]);

export const LedgerQuery = Type.Object(
  {
    ...pageQuery,
    kind: Type.Optional(
      Type.Union(
        entryKinds.map((kind) => Type.Literal(kind)),
        { description: "Only entries of this kind.", examples: ["charge"] },
      ),
    ),
    job_id: Type.Optional(
      Type.String({ maxLength: 100, description: "Only entries of this job." }),
    ),
    from: Type.Optional(
      Type.String({ format: "date-time", description: "Only entries from this instant on." }),
    ),
    to: Type.Optional(
      Type.String({ format: "date-time", description: "Only entries before this instant." }),
    ),
  },
  { additionalProperties: false },
);
