/**
 * Every way in which a rule can refuse, named by the code that a client sees.
 * `http/problem.ts` maps each to a status and a title; a code without a mapping does not compile.
 */
export type ErrorCode =
  | "invalid_request"
  | "invalid_json"
  | "host_invalid"
  | "unsupported_media_type"
  | "body_too_large"
  | "body_too_slow"
  | "not_found"
  | "method_not_allowed"
  | "key_missing"
  | "key_unknown"
  | "key_revoked"
  | "key_expired"
  | "ip_not_allowed"
  | "live_key_required"
  | "browser_token_refused"
  | "session_required"
  | "sign_in_failed"
  | "too_many_attempts"
  | "second_factor_required"
  | "origin_not_allowed"
  | "role_required"
  | "scope_required"
  | "account_required"
  | "setup_link_invalid"
  | "setup_done"
  | "link_invalid"
  | "password_wrong"
  | "code_wrong"
  | "last_owner"
  | "team_suspended"
  | "team_paused"
  | "model_not_granted"
  | "model_not_found"
  | "model_ambiguous"
  | "model_unpriced"
  | "model_in_use"
  | "plan_in_use"
  | "model_unavailable"
  | "group_in_use"
  | "credential_in_use"
  | "name_taken"
  | "job_ended"
  | "job_expired"
  | "call_cancelled"
  | "slug_taken"
  | "state_conflict"
  | "holds_open"
  | "version_conflict"
  | "amount_invalid"
  | "insufficient_credits"
  | "job_limit_exceeded"
  | "budget_exceeded"
  | "budget_exists"
  | "rate_limited"
  | "idempotency_mismatch"
  | "idempotency_running"
  | "answer_not_kept"
  | "gateway_installing"
  | "gateway_unavailable"
  | "gateway_timeout"
  | "upstream_bad_request"
  | "upstream_rate_limited"
  | "upstream_error"
  | "too_many_streams"
  | "database_unavailable"
  | "shutting_down"
  | "internal_error";

/** What an error carries beside its text, so that the client can act; never dollars, providers or secrets. */
export type ErrorHints = Readonly<Record<string, unknown>>;

/**
 * A refusal by a rule. `message` is public text: it names what was wrong and what would be right.
 * `cause` is for the log only. `retryAfterSeconds` becomes the `Retry-After` header.
 */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly hints: ErrorHints;
  readonly retryAfterSeconds: number | undefined;
  /** Of the answer, beside those that the code brings. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    publicDetail: string,
    options: {
      cause?: unknown;
      hints?: ErrorHints;
      retryAfterSeconds?: number;
      headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(publicDetail, { cause: options.cause });
    this.name = "DomainError";
    this.code = code;
    this.hints = options.hints ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? {};
  }
}

/** What was thrown, in words: JavaScript lets anything be thrown. */
export const messageOf = (thrown: unknown) =>
  thrown instanceof Error ? thrown.message : String(thrown);
