/** Who asks, and whose resource is asked for: always the asker's own, but for the two columns of others. */
export const columns = [
  "own",
  "other team",
  "other organization",
  "no key",
  "revoked key",
  "expired key",
  "suspended",
  "paused",
  "organization paused",
] as const;
export type Column = (typeof columns)[number];

interface Row {
  /** What each column answers, written by hand in the order of `columns`. */
  expected: readonly [number, number, number, number, number, number, number, number, number];
  /** The path with the resource's ids in it. */
  path: (target: Target) => string;
  body?: (target: Target) => object;
  headers?: (target: Target) => Record<string, string>;
}

interface Target {
  teamId: string;
  jobId: string;
}

/** A top-up code for each team. */
export const codes = new Map<string, string>();

/** Whose pages every key of the matrix may be used by. */
export const origin = "https://app.example.com";

const messages = [{ role: "user", content: "Hello" }];

/**
 * Every route of the team API. Another tenant's resource answers as a missing one (404); where a route has no resource of
 * anybody's in it, those two columns answer as for oneself. A suspended team gets 403 whatever it asks, a paused one, or
 * one of a paused organization, for new work alone.
 */
export const matrix: Readonly<Record<string, Row>> = {
  "POST /api/jobs/create": {
    expected: [201, 404, 404, 401, 401, 401, 403, 403, 403],
    path: () => "/api/jobs/create",
    body: ({ teamId }) => ({ job_type: "matrix", team_id: teamId }),
  },
  "POST /api/jobs/create-and-call": {
    expected: [200, 404, 404, 401, 401, 401, 403, 403, 403],
    path: () => "/api/jobs/create-and-call",
    body: ({ teamId }) => ({ job_type: "matrix", team_id: teamId, messages }),
  },
  "POST /api/jobs/create-and-call-stream": {
    expected: [200, 404, 404, 401, 401, 401, 403, 403, 403],
    path: () => "/api/jobs/create-and-call-stream",
    body: ({ teamId }) => ({ job_type: "matrix", team_id: teamId, messages }),
  },
  "POST /api/jobs/{job_id}/llm-call": {
    expected: [200, 404, 404, 401, 401, 401, 403, 403, 403],
    path: ({ jobId }) => `/api/jobs/${jobId}/llm-call`,
    body: () => ({ messages }),
  },
  "POST /api/jobs/{job_id}/llm-call-stream": {
    expected: [200, 404, 404, 401, 401, 401, 403, 403, 403],
    path: ({ jobId }) => `/api/jobs/${jobId}/llm-call-stream`,
    body: () => ({ messages }),
  },
  "POST /api/jobs/{job_id}/complete": {
    expected: [200, 404, 404, 401, 401, 401, 403, 200, 200],
    path: ({ jobId }) => `/api/jobs/${jobId}/complete`,
    body: () => ({ status: "completed" }),
  },
  "POST /api/jobs/{job_id}/cancel": {
    expected: [200, 404, 404, 401, 401, 401, 403, 200, 200],
    path: ({ jobId }) => `/api/jobs/${jobId}/cancel`,
  },
  "POST /api/jobs/{job_id}/browser-tokens": {
    expected: [201, 404, 404, 401, 401, 401, 403, 403, 403],
    path: ({ jobId }) => `/api/jobs/${jobId}/browser-tokens`,
    body: () => ({ origin, model: "chat-fast" }),
  },
  "PATCH /api/jobs/{job_id}/metadata": {
    expected: [200, 404, 404, 401, 401, 401, 403, 200, 200],
    path: ({ jobId }) => `/api/jobs/${jobId}/metadata`,
    body: () => ({ metadata: { a: 1 } }),
  },
  "GET /api/jobs": {
    expected: [200, 200, 200, 401, 401, 401, 403, 200, 200],
    path: () => "/api/jobs",
  },
  "GET /api/jobs/{job_id}": {
    expected: [200, 404, 404, 401, 401, 401, 403, 200, 200],
    path: ({ jobId }) => `/api/jobs/${jobId}`,
  },
  "GET /api/jobs/{job_id}/calls": {
    expected: [200, 404, 404, 401, 401, 401, 403, 200, 200],
    path: ({ jobId }) => `/api/jobs/${jobId}/calls`,
  },
  "GET /api/me": {
    expected: [200, 200, 200, 401, 401, 401, 403, 200, 200],
    path: () => "/api/me",
  },
  "GET /api/models": {
    expected: [200, 200, 200, 401, 401, 401, 403, 200, 200],
    path: () => "/api/models",
  },
  "GET /api/teams/{team_id}": {
    expected: [200, 404, 404, 401, 401, 401, 403, 200, 200],
    path: ({ teamId }) => `/api/teams/${teamId}`,
  },
  "GET /api/teams/{team_id}/usage": {
    expected: [200, 404, 404, 401, 401, 401, 403, 200, 200],
    path: ({ teamId }) => `/api/teams/${teamId}/usage`,
  },
  "GET /api/teams/{team_id}/credits": {
    expected: [200, 404, 404, 401, 401, 401, 403, 200, 200],
    path: ({ teamId }) => `/api/teams/${teamId}/credits`,
  },
  "GET /api/teams/{team_id}/credits/transactions": {
    expected: [200, 404, 404, 401, 401, 401, 403, 200, 200],
    path: ({ teamId }) => `/api/teams/${teamId}/credits/transactions`,
  },
  "POST /api/teams/{team_id}/credits/redeem": {
    expected: [200, 404, 404, 401, 401, 401, 403, 200, 200],
    path: ({ teamId }) => `/api/teams/${teamId}/credits/redeem`,
    body: ({ teamId }) => ({ code: codes.get(teamId) }),
  },
  "GET /v1/models/{model}": {
    expected: [200, 200, 200, 401, 401, 401, 403, 200, 200],
    path: () => "/v1/models/chat-fast",
  },
  "GET /v1/models": {
    expected: [200, 200, 200, 401, 401, 401, 403, 200, 200],
    path: () => "/v1/models",
  },
  "POST /v1/chat/completions": {
    expected: [200, 404, 404, 401, 401, 401, 403, 403, 403],
    path: () => "/v1/chat/completions",
    body: () => ({ model: "chat-fast", messages }),
    headers: ({ jobId }) => ({ "x-job-id": jobId }),
  },
  "POST /v1/responses": {
    expected: [200, 404, 404, 401, 401, 401, 403, 403, 403],
    path: () => "/v1/responses",
    body: () => ({ model: "chat-fast", input: "Hello" }),
    headers: ({ jobId }) => ({ "x-job-id": jobId }),
  },
  "POST /v1/embeddings": {
    expected: [200, 404, 404, 401, 401, 401, 403, 403, 403],
    path: () => "/v1/embeddings",
    body: () => ({ model: "embed", input: "Hello" }),
    headers: ({ jobId }) => ({ "x-job-id": jobId }),
  },
};

/** Answer without a key, and the same whoever asks. */
export const publicRoutes: readonly string[] = ["GET /healthz", "GET /readyz", "GET /health"];
