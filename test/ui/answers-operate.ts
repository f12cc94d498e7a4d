import type { Report } from "../../server/analytics/schema.ts";
import type { GatewayConfigView } from "../../server/admin/schema.ts";
import type { FoundCallView } from "../../server/calls/schema.ts";
import type { SettingsView } from "../../server/settings/schema.ts";
import { daysOf } from "../../ui/base/period.ts";

/** What overview, gateway, live calls and settings could be answered; all times hang on `answers.ts`'s moment. */

const dayMs = 86_400_000;
const span = { from: "2026-10-25", to: "2026-11-24" };

const nothing = {
  jobs: 0,
  calls: 0,
  successful_calls: 0,
  failed_calls: 0,
  cache_hits: 0,
  flagged_calls: 0,
  input_tokens: 0,
  cached_input_tokens: 0,
  output_tokens: 0,
  avg_latency_ms: null as number | null,
  cost_usd: 0,
  credits_charged: 0,
  credits_refunded: 0,
  fees_charged: 0,
  revenue_usd: 0,
  margin_usd: 0,
};

/** Figures that rise and fall like a week of work. */
function figures(day: string, share: number) {
  const at = Date.parse(day) / dayMs;
  const calls = Math.round((900 + 400 * Math.sin(at / 1.1) + (at % 7) * 60) * share);
  const cost = Math.round(calls * 31) / 1000;
  const revenue = Math.round(calls * 54) / 1000;
  return {
    ...nothing,
    jobs: Math.round(calls / 2.6),
    calls,
    successful_calls: calls - Math.round(calls / 90),
    failed_calls: Math.round(calls / 90),
    avg_latency_ms: 1240,
    cost_usd: cost,
    revenue_usd: revenue,
    margin_usd: Math.round((revenue - cost) * 1000) / 1000,
  };
}

function total(rows: Report["rows"], ofBefore = 1): Report["totals"] {
  const sum = (name: keyof typeof nothing) =>
    Math.round(rows.reduce((all, row) => all + (row[name] ?? 0), 0) * ofBefore * 1000) / 1000;
  return {
    ...nothing,
    jobs: Math.round(sum("jobs")),
    calls: Math.round(sum("calls")),
    failed_calls: Math.round(sum("failed_calls")),
    avg_latency_ms: Math.round(1240 * ofBefore),
    cost_usd: sum("cost_usd"),
    revenue_usd: sum("revenue_usd"),
    margin_usd: sum("margin_usd"),
  };
}

function report(groups: Record<string, number>, grouping: Report["group_by"]): Report {
  const rows = daysOf(span).flatMap((day) =>
    Object.entries(groups).map(([group, share]) => ({
      bucket: `${day}T00:00:00.000Z`,
      group: grouping && group,
      name: null,
      others: false,
      ...figures(day, share),
    })),
  );
  return {
    from: `${span.from}T00:00:00.000Z`,
    to: `${span.to}T00:00:00.000Z`,
    group_by: grouping,
    bucket: "day",
    credit_price_usd: 0.1,
    totals: total(rows),
    rows,
    truncated: false,
    as_of: "2026-11-23T14:19:50.000Z",
  };
}

export const money = report({ all: 1 }, null);
export const byModel = report(
  { "chat-fast": 0.6, "chat-smart": 0.28, "embed-small": 0.12 },
  "alias",
);
export const before: Report = { ...money, bucket: null, rows: [], totals: total(money.rows, 0.84) };
export const noFigures: Report = { ...money, rows: [], totals: nothing };

export const none = { data: [], next: null, prev: null };

export const gatewayConfig: GatewayConfigView = {
  version: 12,
  text: [
    "model_list:",
    "  - model_name: chat-fast",
    "    litellm_params:",
    "      model: openai/gpt-5-mini",
    "      api_key: os.environ/SAAS_LITELLM_CREDENTIAL_0",
    "      weight: 1",
    "router_settings:",
    "  routing_strategy: simple-shuffle",
  ].join("\n"),
};

export const settings: SettingsView = {
  credit_price_usd: 0.1,
  brand: "Jobs API",
  store_bodies: "errors",
  store_bodies_days: 30,
  calls_retention_days: null,
  low_balance_credits: 50,
  expiry_notice_days: 7,
  version: 3,
};

const call = (number: number, more: Partial<FoundCallView>): FoundCallView => ({
  call_id: `019aaf3c-6b10-7a52-8c3d-${String(number).padStart(12, "0")}`,
  job_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  job_type: "invoice_extraction",
  team_id: "routing",
  team_name: "Routing",
  organization_id: "aperture-freight",
  organization_name: "Aperture Freight",
  key_id: null,
  status: "succeeded",
  model: "chat-fast",
  target: "openai/gpt-5-mini",
  stream: false,
  endpoint: "chat",
  purpose: null,
  input_tokens: 1200,
  cached_input_tokens: 0,
  output_tokens: 340,
  reasoning_tokens: 0,
  provider_cost_usd: 0.000982,
  credits_charged: 0,
  cache_hit: false,
  litellm_cost_usd: 0.000982,
  cost_flags: [],
  latency_ms: 2310,
  first_token_ms: null,
  error_code: null,
  error_message: null,
  lost: false,
  created_at: "2026-11-23T14:19:50.000Z",
  ended_at: "2026-11-23T14:19:52.310Z",
  ...more,
});
const runs = {
  status: "in_flight",
  input_tokens: null,
  output_tokens: null,
  provider_cost_usd: null,
  latency_ms: null,
  ended_at: null,
} as const;
export const calls = {
  succeeded: call(1, {}),
  failed: call(2, {
    status: "failed",
    error_code: "upstream_rate_limited",
    model: "chat-smart",
    team_id: "claims",
    output_tokens: null,
  }),
  stream: call(3, { ...runs, stream: true, model: "chat-smart" }),
  plain: call(4, runs),
};

/** A frame of the tail. */
export const frame = (of: FoundCallView) =>
  `event: ${of.status === "in_flight" ? "started" : "ended"}\ndata: ${JSON.stringify(of)}\n\n`;
