import type { Statement } from "../../server/statements/schema.ts";

const charges = (entries: readonly number[]) =>
  ["invoice_extraction", "support_reply", "translation"].map((job_type, index) => ({
    ...{ kind: "charge", job_type, entries: entries[index]!, credits: -2.5 * entries[index]! },
  }));
const allocation = { kind: "allocation", job_type: null, entries: 1, credits: 500 };
const refund = { kind: "refund", job_type: "support_reply", entries: 1, credits: 2.5 };

/** A month of a team, for looking at what its customer is sent. */
export const statement: Statement = {
  brand: "Extracto",
  team_id: "support",
  team_name: "Support",
  organization_id: "acme",
  organization_name: "Acme Industries",
  month: "2026-10",
  from: "2026-10-01T00:00:00.000Z",
  to: "2026-11-01T00:00:00.000Z",
  as_of: "2026-11-23T14:19:00.000Z",
  plans: [
    {
      name: "Standard",
      since: "2026-10-01T00:00:00.000Z",
      in_words: "A completed job costs 2.5 credits. Failed and cancelled jobs are free.",
    },
  ],
  opening_balance: 1250,
  closing_balance: 1602.5,
  days: [
    { day: "2026-10-05", lines: [allocation, ...charges([10, 4, 6])], balance: 1700 },
    { day: "2026-10-06", lines: [...charges([20, 10, 10]), refund], balance: 1602.5 },
  ],
  totals: [allocation, ...charges([30, 14, 16]), refund],
};
