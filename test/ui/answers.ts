import type { Session } from "../../server/accounts/schema.ts";
import type { JobDetail, JobPage, JobView, Status } from "../../server/admin/schema.ts";
import type { CallView } from "../../server/calls/schema.ts";

/** What an admin API could answer, for looking at the UI without a server. All times hang on one moment. */

const nowMs = Date.parse("2026-11-23T14:20:00Z");
const before = (milliseconds: number) => new Date(nowMs - milliseconds).toISOString();
const minute = 60_000;

export const session: Session = {
  ...{ kind: "session", role: "owner", scopes: null, expires_at: "2026-11-24T02:20:00Z" },
  account: {
    account_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
    ...{ email: "ada@example.com", name: "Ada Byron" },
  },
};

export const readyStatus: Status = {
  version: "0.1.0",
  now: before(0),
  started_at: before(194 * minute),
  api: { url: "http://127.0.0.1:8003", state: "ready", calls_in_flight: 3 },
  database: {
    state: "ready",
    mode: "embedded",
    server_version: "18.1",
    migration: "0003_calls_in_flight",
    problem: null,
  },
  gateway: {
    state: "ready",
    mode: "managed",
    version: "1.102.4",
    problem: null,
    install: null,
    wanted_config: 12,
    served_config: 12,
    children: [
      child({ port: 8002, pid: 48213, calls_in_flight: 2, started_at: before(193 * minute) }),
      child({
        port: 41877,
        pid: 50944,
        calls_in_flight: 1,
        restarts: 1,
        started_at: before(41 * minute),
        last_exit: "SIGKILL",
      }),
    ],
    log_tail: [
      "INFO:     Started server process [48213]",
      "INFO:     Waiting for application startup.",
      "LiteLLM: Proxy initialized with Config, Set models:",
      "    chat-fast",
      "    chat-smart",
      "    embed-small",
      "INFO:     Application startup complete.",
      "INFO:     Uvicorn running on http://127.0.0.1:8002 (Press CTRL+C to quit)",
      ...Array.from({ length: 24 }, (_, index) => {
        const path = index % 5 === 3 ? "/v1/embeddings" : "/v1/chat/completions";
        return `INFO:     127.0.0.1:${41_200 + index} - "POST ${path} HTTP/1.1" 200 OK`;
      }),
    ],
  },
  counts: { organizations: 4, teams: 9, models: 5, jobs: 18_204 },
};

/** A first start: nothing set up, LiteLLM on its way. */
export const installingStatus: Status = {
  ...readyStatus,
  started_at: before(21_000),
  api: { ...readyStatus.api, calls_in_flight: 0 },
  gateway: {
    ...readyStatus.gateway,
    state: "installing",
    version: null,
    wanted_config: null,
    served_config: null,
    install: { percent: 62, step: "Installing 87 of 141 packages" },
    children: [],
    log_tail: [
      "Creating the environment with Python 3.11.2",
      "Installing 141 packages from the lock file",
    ],
  },
  counts: { organizations: 0, teams: 0, models: 0, jobs: 0 },
};

export const failedStatus: Status = {
  ...readyStatus,
  gateway: {
    ...readyStatus.gateway,
    state: "failed",
    problem:
      "Port 8002 is taken by another program. Stop it or choose another with --litellm-port.",
    children: [
      child({
        port: 8002,
        pid: null,
        state: "exited",
        restarts: 5,
        started_at: null,
        last_exit: "code 1",
      }),
    ],
    log_tail: [
      "INFO:     Started server process [48213]",
      "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 8002): address already in use",
      "INFO:     Waiting for application shutdown.",
    ],
  },
  counts: { organizations: 1, teams: 0, models: 2, jobs: 0 },
};

function child(
  facts: Partial<Status["gateway"]["children"][number]>,
): Status["gateway"]["children"][number] {
  return {
    pid: 1,
    port: 8002,
    state: "ready",
    calls_in_flight: 0,
    restarts: 0,
    started_at: null,
    last_exit: null,
    ...facts,
  };
}

const jobTypes = [
  "invoice_extraction",
  "support_reply",
  "contract_review_with_a_rather_long_type_name",
  "translation",
];
const teams = ["claims-triage-apac", "support", "localization-us", "underwriting"];
const teamNames = ["Claims triage APAC", "Support", "Localization US", "Underwriting"];
const states = ["in_progress", "completed", "completed", "failed", "completed", "expired"] as const;

function job(index: number): JobView {
  const status = states[index % states.length]!;
  const created = index * index * 37_000 + 9_000;
  return {
    job_id: `019ab1c2-7f00-7a31-b8d4-${(0x5f2e11c0a4 + index * 7919).toString(16).padStart(12, "0")}`,
    team_id: teams[index % teams.length]!,
    team_name: teamNames[index % teams.length]!,
    organization_id: index % 2 ? "northwind-labs" : "aperture-freight",
    organization_name: index % 2 ? "Northwind Labs" : "Aperture Freight",
    key_id: null,
    job_type: jobTypes[index % jobTypes.length]!,
    user_id: index % 3 ? null : "user-4471",
    external_task_id: null,
    reference: null,
    status,
    total_calls: 1 + (index % 4) * 3,
    successful_calls: 1 + (index % 4) * 3 - (status === "failed" ? 1 : 0),
    failed_calls: status === "failed" ? 1 : 0,
    calls_in_flight: status === "in_progress" ? 1 : 0,
    total_tokens: 412 + index * 1931,
    provider_cost_usd: [0.000312, 0.0421, 1.284, 0, 0.00719, 12.4][index % 6]!,
    credits_charged: 0,
    credits_refunded: 0,
    credits_held: 0,
    charged_over_hold: false,
    created_at: before(created),
    ended_at: status === "in_progress" ? null : before(created - 4_000 - index * 640),
  };
}

export const jobPage: JobPage = {
  data: Array.from({ length: 25 }, (_, index) => job(index)),
  next: "older-25",
  prev: null,
};
export const olderJobPage: JobPage = {
  data: Array.from({ length: 6 }, (_, index) => job(index + 25)),
  next: null,
  prev: "newer-25",
};
export const noJobs: JobPage = { data: [], next: null, prev: null };

function call(
  index: number,
  startedMs: number,
  latencyMs: number,
  facts: Partial<CallView>,
): CallView {
  const created = 62_000 - startedMs;
  return {
    call_id: `019ab1c2-8000-7b00-9c00-00000000000${index}`,
    status: "succeeded",
    model: "chat-fast",
    target: "openai/gpt-5-mini",
    stream: false,
    endpoint: "chat",
    purpose: null,
    input_tokens: 1204 + index * 311,
    cached_input_tokens: 0,
    output_tokens: 288,
    reasoning_tokens: 0,
    provider_cost_usd: 0.000312,
    credits_charged: 0,
    cache_hit: false,
    litellm_cost_usd: 0.000312,
    cost_flags: [],
    latency_ms: latencyMs,
    first_token_ms: null,
    error_code: null,
    error_message: null,
    created_at: before(created),
    ended_at: before(created - latencyMs),
    ...facts,
  };
}

export const jobDetail: JobDetail = {
  ...job(0),
  total_calls: 5,
  successful_calls: 3,
  failed_calls: 1,
  total_tokens: 11_903,
  provider_cost_usd: 0.024587,
  external_task_id: "INV-2026-114",
  reference: "ticket-4711",
  created_at: before(63_000),
  metadata: { document: "invoice-114.pdf", pages: 3, language: "de" },
  result: null,
  error_message: null,
  calls: [
    call(1, 0, 1240, { purpose: "classify" }),
    call(2, 1300, 5420, {
      stream: true,
      purpose: "extract",
      model: "chat-smart",
      target: "anthropic/claude-opus-4.5",
      first_token_ms: 840,
      cached_input_tokens: 1024,
      reasoning_tokens: 190,
      provider_cost_usd: 0.0243,
      cost_flags: ["differs"],
      litellm_cost_usd: 0.0251,
    }),
    call(3, 6800, 900, {
      status: "failed",
      input_tokens: null,
      output_tokens: null,
      cached_input_tokens: null,
      reasoning_tokens: null,
      provider_cost_usd: null,
      litellm_cost_usd: null,
      error_code: "upstream_rate_limited",
      error_message: "The model is busy; it asked to wait for 2 s.",
    }),
    call(4, 9900, 2210, {
      model: "local",
      target: "ollama/llama3",
      provider_cost_usd: null,
      litellm_cost_usd: null,
      cost_flags: ["unpriced", "estimated"],
    }),
    call(5, 12_200, 0, {
      status: "in_flight",
      stream: true,
      first_token_ms: 610,
      latency_ms: null,
      ended_at: null,
      input_tokens: null,
      output_tokens: null,
      provider_cost_usd: null,
      litellm_cost_usd: null,
    }),
  ],
};

export const problem = (status: number, code: string, detail: string) => ({
  type: `/problems/${code}`,
  title: detail,
  status,
  detail,
  code,
  request_id: "req_019ab1c27f00",
});
