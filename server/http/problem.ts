import { isUnreachable } from "../../db/sql-state.ts";
import { DomainError, type ErrorCode } from "../kernel/errors.ts";
import { problemKinds } from "./problem-kinds.ts";

/** States that pass soon say when to come back, also where the rule did not. */
const DEFAULT_RETRY_AFTER_SECONDS = 2;
/** The SDKs wait as long as they are told up to a minute; beyond that they go by their own, much shorter, times. */
const LONGEST_RETRY_AFTER_SECONDS = 30;

/** The answer to a refused request: RFC 9457, or OpenAI's shape under `/v1`. */
export function problemResponse(
  error: DomainError,
  of: { requestId: string; openAi: boolean },
): Response {
  const { status, contentType, body } = problemBody(error, of);
  const headers = headersOf(error, status);
  headers.set("content-type", contentType);
  return new Response(JSON.stringify(body), { status, headers });
}

/** Where a 409 would make an SDK try again. */
export function openAiStatus(code: ErrorCode): number {
  const { status } = problemKinds[code];
  return status === 409 && !passes(code) ? 400 : status;
}

/** The body of a problem, as `problemResponse` sends it. */
export function problemBody(
  error: DomainError,
  of: { requestId: string; openAi: boolean },
): { status: number; contentType: string; body: object } {
  if (of.openAi) {
    const status = openAiStatus(error.code);
    return { status, contentType: "application/json", body: openAiError(error, status) };
  }
  const { status } = problemKinds[error.code];
  const body = problem(error, status, of.requestId);
  return { status, contentType: "application/problem+json", body };
}

function problem(error: DomainError, status: number, requestId: string): object {
  return {
    ...error.hints,
    type: `/problems/${error.code}`,
    title: problemKinds[error.code].title,
    status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
  };
}

/** The `error` object that OpenAI's SDKs read; also what a broken stream sends as its last event. */
export function openAiError(
  error: DomainError,
  status = openAiStatus(error.code),
): { error: { message: string; type: string; code: string; param: string | null } } {
  const { field = error.hints["parameter"], reason } = error.hints;
  return {
    error: {
      message: error.message,
      type: openAiType(status),
      // Why a model refused is what OpenAI would have said itself, and what its SDKs ask for.
      code:
        typeof reason === "string" ? reason : (problemKinds[error.code].openAiCode ?? error.code),
      param: typeof field === "string" ? field : null,
    },
  };
}

function openAiType(status: number): string {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "insufficient_quota";
    case 403:
      return "permission_error";
    case 429:
      return "rate_limit_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

function headersOf(error: DomainError, status: number): Headers {
  const headers = new Headers();
  const seconds =
    error.retryAfterSeconds ?? (saysWhen(error) ? DEFAULT_RETRY_AFTER_SECONDS : undefined);
  if (seconds !== undefined) {
    const rounded = Math.min(Math.max(Math.ceil(seconds), 1), LONGEST_RETRY_AFTER_SECONDS);
    headers.set("retry-after", String(rounded));
  }
  if (!passes(error.code)) headers.set("x-should-retry", "false");
  if (status === 401) headers.set("www-authenticate", "Bearer");
  for (const [name, value] of Object.entries(error.headers)) headers.set(name, value);
  return headers;
}

/**
 * Whether waiting alone may help. The SDKs of OpenAI try 408, 409, 429 and everything from 500 on again unless
 * `x-should-retry` says otherwise.
 */
export function passes(code: ErrorCode): boolean {
  const { status, final } = problemKinds[code];
  return !final && (status >= 500 || status === 429 || code === "idempotency_running");
}

const saysWhen = ({ code }: DomainError) => {
  const { status } = problemKinds[code];
  return passes(code) && (status === 503 || status === 429 || status === 409);
};

/** What an exception is to the client. What is neither a DomainError nor a lost database is a bug of ours, of which nothing is told. */
export function toDomainError(thrown: unknown): DomainError {
  if (thrown instanceof DomainError) return thrown;
  if (isUnreachable(thrown)) {
    return new DomainError(
      "database_unavailable",
      "The database does not answer. Try again in a moment.",
      { cause: thrown },
    );
  }
  return new DomainError(
    "internal_error",
    "An unexpected error happened. It was logged with the request id.",
    { cause: thrown },
  );
}
