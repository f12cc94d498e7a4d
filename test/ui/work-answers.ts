import type { JobHistogram } from "../../server/analytics/schema.ts";
import type { CallDetail } from "../../server/calls/schema.ts";
import type { Charge } from "../../server/charges/schema.ts";
import { jobDetail, jobPage } from "./answers.ts";

/** What the admin API could answer about jobs, for looking at their screens. */

const dayMs = 86_400_000;
const lastDay = Date.parse("2026-11-23T00:00:00Z");

export const histogram: JobHistogram = {
  from: new Date(lastDay - 30 * dayMs).toISOString(),
  to: "2026-11-23T14:20:00.000Z",
  bucket_seconds: 86_400,
  counted_from: null,
  buckets: Array.from({ length: 31 }, (_, index) => {
    const quiet = (index + 2) % 7 < 2 ? 0.35 : 1;
    const jobs = Math.round((420 + ((index * 137) % 190) + index * 9) * quiet);
    return {
      starts_at: new Date(lastDay - (30 - index) * dayMs).toISOString(),
      running: index === 30 ? 14 : 0,
      completed: jobs,
      failed: Math.round(jobs * (index === 21 ? 0.32 : 0.03)),
      cancelled: Math.round(jobs * 0.01),
      expired: Math.round(jobs * 0.02),
    };
  }),
};

/** A completed job that was charged as a whole and refunded in part. */
export const chargedJob = {
  ...jobDetail,
  ...jobPage.data[1]!,
  credits_charged: 2.5,
  credits_refunded: 0.5,
  provider_cost_usd: 0.024587,
  result: { total: 1284.5, currency: "EUR", lines: 14 },
};

export const charge: Charge = {
  job_id: chargedJob.job_id,
  team_id: chargedJob.team_id,
  job_type: chargedJob.job_type,
  status: "completed",
  plan: {
    plan_id: "volume",
    name: "Volume 2027",
    kind: "flat",
    version: 3,
    plan_version_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
    rules: { price: "1" },
  },
  terms: { kind: "flat", charged: "job", price: 2.5, credit_price_usd: 0.1 },
  period_start: "2026-11-01T00:00:00.000Z",
  place: null,
  formula: 'flat price of a job of type "support_reply": 2.5 credits',
  credits_by_formula: 2.5,
  credits_charged: 2.5,
  difference: null,
  provider_cost_usd: 0.024587,
  revenue_usd: 0.2,
  margin_usd: 0.175413,
  credits_refunded: 0.5,
  credits_remaining: 2,
  credits_held: 0,
  charged_over_hold: false,
  calls: [],
  holds: [],
  entries: [
    {
      entry_no: 118,
      kind: "charge",
      credits: -2.5,
      balance_after: 1284.25,
      actor: "system",
      actor_name: null,
      reason: null,
      reference: null,
      created_at: "2026-11-23T14:19:18.000Z",
    },
    {
      entry_no: 119,
      kind: "refund",
      credits: 0.5,
      balance_after: 1284.75,
      actor: "user:019ab1c2-7f00-7a31-b8d4-00000000abcd",
      actor_name: "ada@example.com",
      reason: "One of its answers was of no use",
      reference: null,
      created_at: "2026-11-23T14:19:42.000Z",
    },
  ],
  lines: [
    `Job ${chargedJob.job_id} of team support, of type "support_reply": completed.`,
    'It goes by version 3 of the plan "Volume 2027" (flat), the one in force when it was created.',
    'How it is charged: flat price of a job of type "support_reply": 2.5 credits.',
    "Charged: 2.5 credits.",
    "Given back: 0.5 credits. It has cost the team 2 credits.",
    "  2.5 credits held for the job on Nov 23, 2026, 14:19:14 UTC, settled on Nov 23, 2026, 14:19:18 UTC.",
  ],
};

export const runningCharge: Charge = {
  ...charge,
  job_id: jobDetail.job_id,
  status: "in_progress",
  formula: "not charged yet: at its end at most 1 credit, which is held",
  credits_by_formula: 0,
  credits_charged: 0,
  revenue_usd: 0,
  margin_usd: -0.024587,
  credits_refunded: 0,
  entries: [],
  lines: charge.lines.slice(0, 2),
};

export const callDetail: CallDetail = {
  ...jobDetail.calls[1]!,
  job_id: jobDetail.job_id,
  job_type: jobDetail.job_type,
  team_id: jobDetail.team_id,
  team_name: jobDetail.team_name,
  organization_id: jobDetail.organization_id,
  organization_name: jobDetail.organization_name,
  key_id: null,
  lost: false,
  attempts: [
    {
      target_id: "019aaf30-0000-7d11-9d1b-2f9d1b6d2a55",
      target: "openai/gpt-5.1",
      status: 429,
      ms: 182,
    },
    {
      target_id: "019aaf30-0000-7d11-9d1b-2f9d1b6d2a55",
      target: "openai/gpt-5.1",
      status: null,
      ms: 2_004,
    },
    {
      target_id: "019aaf30-0000-7d11-9d1b-2f9d1b6d2a56",
      target: "anthropic/claude-opus-4.5",
      status: 200,
      ms: 4_110,
    },
  ],
  cache_write_tokens: 0,
  finish_reason: "stop",
  metadata: null,
  price_snapshot: {
    targets: [
      {
        model: "anthropic/claude-opus-4.5",
        input: "5000000000",
        cached_input: "500000000",
        output: "25000000000",
      },
      { model: "openai/gpt-5.1", input: "1250000000", output: "10000000000" },
    ],
  },
  worst_cost_usd: 0.1085,
  credits_held: 0,
  cost_held_usd: null,
  instance_id: "019aaf30-0000-7d11-9d1b-2f9d1b6d2a44",
};
