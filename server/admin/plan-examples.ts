import type { AssignedPlanView, PlanView } from "../pricing/schema.ts";

/** What the admin API's document shows of plans. */

const inWords =
  "A completed job costs 1 credit. Failed and cancelled jobs are free; of those with successful calls, 10 a month.";

export const planExample: PlanView = {
  plan_id: "default",
  name: "Default",
  status: "active",
  version: 1,
  created_at: "2026-11-01T09:00:00.000Z",
  updated_at: "2026-11-01T09:00:00.000Z",
  in_force: {
    plan_version_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
    number: 1,
    kind: "flat",
    rules: { price: 1, job_types: {}, period: "month", max_calls: 100 },
    effective_from: "2026-11-01T09:00:00.000Z",
    actor: "system",
    actor_name: null,
    created_at: "2026-11-01T09:00:00.000Z",
    in_words: inWords,
    example: ["Ten completed jobs: 10 × 1 credit = 10 credits, worth $1.00."],
  },
  upcoming: [],
  assigned: { teams: 0, organizations: 0, platform: true },
};

export const assignedPlanExample: AssignedPlanView = {
  in_force: {
    plan_id: "default",
    name: "Default",
    plan_version_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
    number: 1,
    kind: "flat",
    source: "platform",
    in_words: inWords,
  },
  assignments: [
    {
      plan_id: "volume",
      effective_from: "2026-12-01T00:00:00.000Z",
      actor: "cli",
      actor_name: null,
      reason: "contract",
      created_at: "2026-11-23T12:00:00.000Z",
    },
  ],
  version: 3,
};
