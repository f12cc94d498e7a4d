import type { JobDetail, JobView, Status } from "./schema.ts";

/** What the documents show of the larger answers. */
export const jobExample: JobView = {
  job_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  team_id: "routing",
  organization_id: "aperture-freight",
  job_type: "invoice_check",
  user_id: "u-118",
  external_task_id: null,
  status: "completed",
  total_calls: 1,
  successful_calls: 1,
  failed_calls: 0,
  calls_in_flight: 0,
  total_tokens: 1540,
  provider_cost_usd: 0.000982,
  credits_charged: 1,
  created_at: "2026-11-23T12:00:00.000Z",
  ended_at: "2026-11-23T12:00:04.120Z",
};

export const jobDetailExample: JobDetail = {
  ...jobExample,
  metadata: { invoice: "2026-118" },
  result: null,
  error_message: null,
  calls: [
    {
      call_id: "019aaf3c-6b10-7a52-8c3d-0d6f0e6f2b11",
      status: "succeeded",
      model: "chat-fast",
      target: "openai/gpt-5-mini",
      stream: false,
      purpose: "extract",
      input_tokens: 1200,
      cached_input_tokens: 0,
      output_tokens: 340,
      reasoning_tokens: 0,
      provider_cost_usd: 0.000982,
      litellm_cost_usd: 0.000982,
      cost_flags: [],
      latency_ms: 2310,
      first_token_ms: null,
      error_code: null,
      error_message: null,
      created_at: "2026-11-23T12:00:00.200Z",
      ended_at: "2026-11-23T12:00:02.510Z",
    },
  ],
};

export const statusExample: Status = {
  version: "0.1.0",
  now: "2026-11-23T12:00:00.000Z",
  started_at: "2026-11-23T09:30:00.000Z",
  api: { url: "http://127.0.0.1:8003", state: "ready", calls_in_flight: 2 },
  database: {
    state: "ready",
    mode: "embedded",
    server_version: "18.1",
    migration: "0001_functions",
    problem: null,
  },
  gateway: {
    state: "ready",
    mode: "managed",
    version: "1.102.4",
    problem: null,
    install: null,
    wanted_config: 3,
    served_config: 3,
    children: [
      {
        pid: 4711,
        port: 8002,
        state: "ready",
        calls_in_flight: 2,
        restarts: 0,
        started_at: "2026-11-23T09:30:09.000Z",
        last_exit: null,
      },
    ],
    log_tail: [],
  },
  counts: { organizations: 2, teams: 5, models: 3, jobs: 1284 },
};
