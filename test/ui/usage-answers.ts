import type { Figures, Report } from "../../server/analytics/schema.ts";
import { daysOf } from "../../ui/base/period.ts";
import { before, minute } from "./customer-answers.ts";

/** What the API could answer about what customers used. */

const zero: Figures = {
  jobs: 0,
  calls: 0,
  successful_calls: 0,
  failed_calls: 0,
  cache_hits: 0,
  flagged_calls: 0,
  input_tokens: 0,
  cached_input_tokens: 0,
  output_tokens: 0,
  avg_latency_ms: null,
  cost_usd: 0,
  credits_charged: 0,
  credits_refunded: 0,
  fees_charged: 0,
  revenue_usd: 0,
  margin_usd: 0,
};
const totals = (scale: number): Figures => ({
  ...zero,
  jobs: 12_000 * scale,
  calls: 31_000 * scale,
  successful_calls: 30_800 * scale,
  failed_calls: 200 * scale,
  input_tokens: 40_210_000 * scale,
  output_tokens: 9_120_000 * scale,
  avg_latency_ms: 840,
  cost_usd: 412.5 * scale,
  credits_charged: 11_960 * scale,
  revenue_usd: 1196 * scale,
  margin_usd: 783.5 * scale,
});

const span = { from: "2026-10-25", to: "2026-11-24" };

function report(rows: Report["rows"], scale = 1): Report {
  return {
    from: `${span.from}T00:00:00.000Z`,
    to: `${span.to}T00:00:00.000Z`,
    group_by: null,
    bucket: null,
    credit_price_usd: 0.1,
    totals: totals(scale),
    rows,
    truncated: false,
    as_of: before(minute),
  };
}

const byDay = (groups: readonly string[], names: readonly (string | null)[]): Report =>
  report(
    daysOf(span).flatMap((at, index) =>
      groups.map((group, place) => ({
        bucket: `${at}T00:00:00.000Z`,
        group,
        name: names[place] ?? null,
        others: false,
        ...zero,
        credits_charged: Math.round(
          (260 / (place + 1)) * (1 + 0.7 * Math.sin(index * 0.9 + place)) + index,
        ),
      })),
    ),
  );
const byGroup = (groups: readonly string[]): Report =>
  report(
    groups.map((group, place) => ({
      bucket: null,
      group,
      name: null,
      others: false,
      ...totals(1 / (place + 2)),
      jobs: 4000 - place * 900,
      calls: 9000 - place * 1700,
      input_tokens: 4_000_000,
      output_tokens: 900_000,
    })),
  );

export const reports = {
  totals: report([]),
  before: report([], 0.8),
  byModel: byDay(["chat-fast", "chat-smart", "embed-small"], []),
  byTeam: byDay(["internal-tools-us", "underwriting-us"], ["Internal tools US", "Underwriting US"]),
  byType: byGroup(["invoice_check", "support_reply", "translation"]),
};
