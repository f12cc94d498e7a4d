import type { JobDetail, JobPage, Session, SessionCreate, Status } from "../server/admin/schema.ts";

/** How long an answer may take before the page says that the server does not answer. */
const timeoutMs = 10_000;

/** What went wrong with a request, in the words of the server's problem document where there was one. */
export class ApiError extends Error {
  /** HTTP status, or 0 when no answer came. */
  readonly status: number;
  /** The problem's code; `unreachable` when no answer came. */
  readonly code: string;
  readonly requestId: string | undefined;

  constructor(
    detail: string,
    facts: { status: number; code: string; requestId?: string | undefined; cause?: unknown },
  ) {
    super(detail, { cause: facts.cause });
    this.name = "ApiError";
    this.status = facts.status;
    this.code = facts.code;
    this.requestId = facts.requestId;
  }
}

/** The requests of the admin API. All reject with `ApiError`, or with the abort of `signal`. */
export const api = {
  session: (signal: AbortSignal) => request<Session>("GET", "/api/session", { signal }),
  openSession: (setupToken: string) =>
    request<Session>("POST", "/api/session", {
      body: { setup_token: setupToken } satisfies SessionCreate,
    }),
  closeSession: () => request<void>("DELETE", "/api/session"),
  status: (signal: AbortSignal) => request<Status>("GET", "/api/status", { signal }),
  jobs: (page: { limit: number; cursor?: string | undefined }, signal: AbortSignal) => {
    const query = new URLSearchParams({ limit: String(page.limit) });
    if (page.cursor) query.set("cursor", page.cursor);
    return request<JobPage>("GET", `/api/jobs?${query}`, { signal });
  },
  job: (jobId: string, signal: AbortSignal) =>
    request<JobDetail>("GET", `/api/jobs/${encodeURIComponent(jobId)}`, { signal }),
};

async function request<Body>(
  method: "GET" | "POST" | "DELETE",
  path: string,
  options: { body?: object; signal?: AbortSignal } = {},
): Promise<Body> {
  const limit = AbortSignal.timeout(timeoutMs);
  const init: RequestInit = {
    method,
    signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
  };
  if (options.body) {
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(options.body);
  }
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, init);
    text = await response.text();
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError("The server does not answer.", { status: 0, code: "unreachable", cause });
  }
  if (!response.ok) throw fromProblem(response, text);
  return (text === "" ? undefined : JSON.parse(text)) as Body;
}

/** The error of a problem document, or of whatever else answered in its place (a proxy, for instance). */
function fromProblem(response: Response, text: string): ApiError {
  let problem: { title?: string; detail?: string; code?: string; request_id?: string } = {};
  if (response.headers.get("content-type")?.includes("json")) {
    try {
      problem = JSON.parse(text) as typeof problem;
    } catch {
      // A cut-off document says no more than its status does.
    }
  }
  return new ApiError(
    problem.detail ?? problem.title ?? `The server answered with status ${response.status}.`,
    {
      status: response.status,
      code: problem.code ?? `http_${response.status}`,
      requestId: problem.request_id ?? response.headers.get("x-request-id") ?? undefined,
    },
  );
}
