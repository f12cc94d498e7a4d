import { type Static, Type } from "@sinclair/typebox";
import { instant, nullable } from "../http/shapes.ts";

/** Wire shapes of what a team is told of a month. Credits as decimal numbers; no word of what anything costs the operator. */

export const StatementQuery = Type.Object(
  {
    month: Type.String({
      pattern: "^(?:19[7-9]\\d|[2-9]\\d{3})-(?:0[1-9]|1[0-2])$",
      said: "such as 2026-11, from 1970 on",
      description: "A month in UTC.",
      examples: ["2026-11"],
    }),
  },
  { additionalProperties: false },
);
export type StatementQuery = Static<typeof StatementQuery>;

const sums = {
  entries: Type.Integer({ description: "Of the ledger." }),
  credits: Type.Number({ description: "What they changed the balance by." }),
};

const Line = Type.Object({
  kind: Type.String({ description: "As in the ledger: `charge`, `allocation`, …" }),
  job_type: nullable(Type.String(), "Of the jobs that they are about; null = of none."),
  ...sums,
});

const exampleLine = { kind: "charge", job_type: "invoice_check", entries: 12, credits: -12 };

export const Statement = Type.Object(
  {
    brand: Type.String({ description: "How teams know the service." }),
    team_id: Type.String(),
    team_name: Type.String(),
    organization_id: Type.String(),
    organization_name: Type.String(),
    month: Type.String(),
    from: instant,
    to: { ...instant, description: "Not included." },
    as_of: { ...instant, description: "A month that is not over is stated up to then." },
    plans: Type.Array(
      Type.Object({ name: Type.String(), since: instant, in_words: Type.String() }),
      { description: "What new jobs went by, in turn." },
    ),
    opening_balance: Type.Number(),
    closing_balance: Type.Number({ description: "The opening balance and all lines." }),
    days: Type.Array(
      Type.Object({
        day: Type.String({ format: "date" }),
        lines: Type.Array(Line),
        balance: Type.Number({ description: "At the end of the day." }),
      }),
      { description: "Days with entries, in turn; each line is a kind and a job type." },
    ),
    totals: Type.Array(Line, { description: "Of the month, by kind and job type." }),
  },
  {
    examples: [
      {
        brand: "Jobs API",
        team_id: "routing",
        team_name: "Routing",
        organization_id: "aperture-freight",
        organization_name: "Aperture Freight",
        month: "2026-11",
        from: "2026-11-01T00:00:00.000Z",
        to: "2026-12-01T00:00:00.000Z",
        as_of: "2026-11-23T12:00:00.000Z",
        plans: [
          {
            name: "Standard",
            since: "2026-11-01T00:00:00.000Z",
            in_words: "A completed job costs 1 credit.",
          },
        ],
        opening_balance: 100,
        closing_balance: 88,
        days: [{ day: "2026-11-23", lines: [exampleLine], balance: 88 }],
        totals: [exampleLine],
      },
    ],
  },
);
export type Statement = Static<typeof Statement>;
