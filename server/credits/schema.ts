import { Type, type Static } from "@sinclair/typebox";
import { pageOf, pageQuery } from "../http/pagination.ts";

/** Credits as a JSON number; what the rules accept of it is said by `kernel/money.ts`. */
export const Credits = Type.Number({
  description: "Credits: at most 15 significant digits, 6 of them decimals.",
  examples: [2500],
});

export const AllocationCreate = Type.Object(
  {
    credits: Credits,
    reason: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        pattern: "^[^\\u0000]+$",
        said: "without NUL characters",
      }),
    ),
    idempotency_key: Type.Optional(
      Type.String({
        pattern: "^[ -~]{1,255}$",
        said: "of 1 to 255 ASCII characters",
        description: "The header Idempotency-Key does the same.",
      }),
    ),
  },
  { additionalProperties: false, examples: [{ credits: 2500, reason: "Invoice 2026-118" }] },
);

export const AllocationView = Type.Object(
  {
    team_id: Type.String(),
    entry_no: Type.Integer({ description: "Number of the ledger entry." }),
    credits: Type.Number(),
    balance: Type.Number({ description: "Credits after this entry." }),
    created_at: Type.String({ format: "date-time" }),
    replayed: Type.Boolean({ description: "The key was used before: nothing was added now." }),
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
export type AllocationView = Static<typeof AllocationView>;

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

/** A team's own view of its wallet. */
export const TeamWallet = Type.Object(
  { team_id: Type.String(), ...WalletView.properties },
  { examples: [{ team_id: "routing", ...walletExample }] },
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

const textOrNull = Type.Union([Type.String(), Type.Null()]);

/** An entry of the ledger as its team sees it: without who wrote it. */
export const LedgerEntryView = Type.Object(
  {
    entry_no: Type.Integer({ description: "1, 2, 3 … in the order of the changes." }),
    kind: Type.String({ description: "`allocation`, and in time charges and refunds." }),
    credits: Type.Number({ description: "What the balance changed by." }),
    balance_after: Type.Number(),
    job_id: textOrNull,
    call_id: textOrNull,
    reason: textOrNull,
    created_at: Type.String({ format: "date-time" }),
  },
  { $id: "LedgerEntry", examples: [entryExample] },
);
export type LedgerEntryView = Static<typeof LedgerEntryView>;

export const LedgerPage = pageOf(LedgerEntryView, [entryExample]);
export const LedgerQuery = Type.Object(pageQuery, { additionalProperties: false });
