import type { ErrorCode } from "../kernel/errors.ts";

/** How a code is told over HTTP. */
export interface ProblemKind {
  status: number;
  title: string;
  /** Waiting does not help: SDKs are told not to try again. True of everything below 500 but 429 anyway. */
  final?: boolean;
  /** What OpenAI calls it, where clients of theirs look for that. */
  openAiCode?: string;
  /** What a client does about it, for the page at `/problems/<code>`. */
  remedy: string;
}

const newKey = "Send a key that is valid: have one issued, or ask whoever runs this service.";
const tryLater = "Try again after the seconds that Retry-After names.";
const newJob = "Create a new job; an end state never changes.";
const readDetail = "`detail` and `errors` name the field, what was found and what is allowed.";

/** Every error code's status and title. A code without an entry does not compile. */
export const problemKinds: Readonly<Record<ErrorCode, ProblemKind>> = {
  invalid_request: { status: 422, title: "The request is not valid", remedy: readDetail },
  invalid_json: {
    status: 400,
    title: "The body is not JSON",
    remedy: "Send one JSON object in UTF-8.",
  },
  host_invalid: {
    status: 400,
    title: "The host is not valid",
    remedy: "Send the header Host as HTTP defines it: a name or address, and a port where needed.",
  },
  unsupported_media_type: {
    status: 415,
    title: "The body's type is not supported",
    remedy: "Send `Content-Type: application/json` and no Content-Encoding.",
  },
  body_too_large: { status: 413, title: "The body is too large", remedy: "Send a smaller body." },
  body_too_slow: {
    status: 408,
    title: "The body did not come in time",
    remedy:
      "Send the whole body that Content-Length tells; nothing of the request was carried out.",
  },
  not_found: {
    status: 404,
    title: "Not found",
    remedy: "Check the path and the id. What belongs to another team answers the same.",
  },
  method_not_allowed: {
    status: 405,
    title: "The method is not allowed here",
    remedy: "Use one of the methods in the header Allow.",
  },
  key_missing: {
    status: 401,
    title: "A key is missing",
    remedy: "Send the header `Authorization: Bearer sk-…`.",
  },
  key_unknown: { status: 401, title: "The key is not known", remedy: newKey },
  key_revoked: { status: 401, title: "The key was revoked", remedy: newKey },
  key_expired: { status: 401, title: "The key has expired", remedy: newKey },
  browser_token_refused: {
    status: 403,
    title: "The browser token does not allow it",
    remedy: "Ask your own server for a token that does; a token is for one job and one model.",
  },
  live_key_required: {
    status: 403,
    title: "The key is a test key",
    remedy: "Use a live key of the team: `sk-` without `test`.",
  },
  ip_not_allowed: {
    status: 403,
    title: "The address is not allowed",
    remedy: "Use the key from an address that its allow-list names, or have the list changed.",
  },
  session_required: {
    status: 401,
    title: "A session or token is required",
    remedy: "Sign in, or send `Authorization: Bearer` with an API token.",
  },
  sign_in_failed: {
    status: 401,
    title: "E-mail, password or code is wrong",
    remedy: "Try again; the command `admin reset` makes a link that sets a new password.",
  },
  second_factor_required: {
    status: 401,
    title: "A code is required too",
    remedy: "Send the code of the authenticator app, or a backup code, as `code`.",
  },
  origin_not_allowed: {
    status: 403,
    title: "The origin is not allowed",
    remedy:
      "Use the API from a page that the key names, or from a server; send changes of an admin from the admin pages, or with an API token.",
  },
  role_required: {
    status: 403,
    title: "The role does not allow it",
    remedy: "Ask somebody who has the role that `detail` names.",
  },
  scope_required: {
    status: 403,
    title: "The token's scopes do not allow it",
    remedy: "Use a token that has the scope that `detail` names.",
  },
  account_required: {
    status: 403,
    title: "Only people have an account",
    remedy: "Sign in to the admin UI; tokens and commands have no account of their own.",
  },
  setup_link_invalid: {
    status: 403,
    title: "The set-up link is not valid",
    remedy: "Make another with the command `admin setup-url`.",
  },
  too_many_attempts: { status: 429, title: "Too many attempts", remedy: tryLater },
  setup_done: {
    status: 409,
    title: "There is an owner",
    remedy: "Sign in; the command `admin reset` makes a link that sets a new password.",
  },
  link_invalid: {
    status: 403,
    title: "The link is not valid",
    remedy: "Ask whoever sent it for another.",
  },
  password_wrong: {
    status: 403,
    title: "The password is wrong",
    remedy: "Send the password that the account has now.",
  },
  code_wrong: {
    status: 403,
    title: "The code is wrong",
    remedy: "Send the code that the authenticator app shows now; check the clock of its device.",
  },
  last_owner: {
    status: 409,
    title: "The last owner stays",
    remedy: "Make somebody else an owner first.",
  },
  team_suspended: {
    status: 403,
    title: "The team is suspended",
    remedy: "Ask whoever runs this service.",
  },
  team_paused: {
    status: 403,
    title: "The team is paused",
    remedy: "Wait until `resumes_at`; null means that somebody has to resume the team.",
  },
  model_not_granted: {
    status: 403,
    title: "The model is not granted",
    remedy: "Use one of `models`, or have this one granted.",
  },
  model_not_found: {
    status: 404,
    title: "There is no such model",
    remedy: "Check the name; `GET /v1/models` lists those that the key may use.",
  },
  model_ambiguous: {
    status: 422,
    title: "No model can be chosen",
    remedy: "Name one of `models` in the field `model`, or have a default model set.",
  },
  model_unpriced: {
    status: 422,
    title: "The model has no price",
    remedy: "Use another model, or have the input and output price of this one set.",
  },
  plan_in_use: { status: 409, title: "The plan is in use", remedy: readDetail },
  model_in_use: { status: 409, title: "The model is in use", remedy: readDetail },
  model_unavailable: {
    status: 503,
    title: "The model is not available at present",
    final: true,
    remedy: "Use another model, or ask whoever runs this service.",
  },
  group_in_use: { status: 409, title: "The group is in use", remedy: readDetail },
  credential_in_use: { status: 409, title: "The credential is in use", remedy: readDetail },
  name_taken: { status: 409, title: "The name is taken", remedy: "Choose another name." },
  job_ended: {
    status: 409,
    title: "The job has ended",
    remedy: newJob,
  },
  job_expired: {
    status: 409,
    title: "The job has expired",
    remedy: newJob,
  },
  call_cancelled: {
    status: 409,
    title: "The call was cancelled",
    remedy: "Whoever runs this service stopped it; ask why, or send it again.",
  },
  slug_taken: { status: 409, title: "The id is taken", remedy: "Choose another id." },
  version_conflict: {
    status: 409,
    title: "It was changed meanwhile",
    remedy: "Read it again, and send the change with its new `version`.",
  },
  state_conflict: {
    status: 409,
    title: "Its state does not allow that",
    remedy: "`detail` says which state it is in and what has to come first.",
  },
  holds_open: {
    status: 409,
    title: "Work in it is still open",
    remedy:
      "Wait until its jobs and calls have ended, or end them; `calls_in_flight`, `open_jobs` and `open_holds` say how many.",
  },
  amount_invalid: { status: 422, title: "The amount is not valid", remedy: readDetail },
  insufficient_credits: {
    status: 402,
    title: "There are not enough credits",
    remedy: "Have credits added to the team's wallet.",
  },
  job_limit_exceeded: {
    status: 402,
    title: "The job's limit is reached",
    remedy: "`limit` names which one: complete the job and create a new one, or give it more room.",
  },
  budget_exceeded: {
    status: 402,
    title: "The budget is used up",
    remedy:
      "Wait until `resets_at`, or ask whoever runs this service; null means that it never resets.",
  },
  budget_exists: {
    status: 409,
    title: "There is such a budget already",
    remedy: "Change that budget: `GET /api/budgets?subject_id=…` names it.",
  },
  rate_limited: {
    status: 429,
    openAiCode: "rate_limit_exceeded",
    title: "A limit of calls is reached",
    remedy:
      "Try again after the seconds that Retry-After names. `scope` and `limit` say which limit of whom, `resets_at` when it has room again.",
  },
  idempotency_mismatch: {
    status: 422,
    title: "The idempotency key was used for another request",
    remedy: "Use a new key for a new request, and the same body to repeat one.",
  },
  idempotency_running: {
    status: 409,
    title: "The first request with this idempotency key is still running",
    remedy: tryLater,
  },
  answer_not_kept: {
    status: 410,
    title: "The answer was too large to keep",
    remedy: "The request was carried out and is not charged again; with a new key it is made anew.",
  },
  gateway_installing: {
    status: 503,
    title: "Models are being set up",
    remedy: tryLater,
  },
  gateway_unavailable: {
    status: 503,
    title: "Models cannot be reached",
    remedy: tryLater,
  },
  gateway_timeout: { status: 504, title: "The model took too long", remedy: "Try again." },
  upstream_bad_request: {
    status: 400,
    title: "The model refused the request",
    remedy:
      "Change the messages or parameters; where known, `parameter` names one and `reason` says why, such as `context_length_exceeded`, `content_policy_violation`, `unsupported_parameter` or `unsupported_value`. Under `/v1` they are `param` and, in place of this code, `code`.",
  },
  upstream_rate_limited: { status: 429, title: "The model is busy", remedy: tryLater },
  upstream_error: { status: 502, title: "The model failed", remedy: "Try again." },
  too_many_streams: { status: 429, title: "Too many streams are open", remedy: tryLater },
  database_unavailable: { status: 503, title: "The database is not available", remedy: tryLater },
  shutting_down: { status: 503, title: "The service is restarting", remedy: tryLater },
  internal_error: {
    status: 500,
    title: "Something went wrong here",
    remedy: "Try again; if it stays, report the request id.",
  },
};
