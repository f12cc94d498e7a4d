import { kit } from "./strings/kit.ts";
/** How long an answer may take before the page says that the server does not answer. */
const timeoutMs = 10_000;

/** One wrong field as the server names it: `rules.tiers[0].price`, and a sentence that says what is allowed. */
export interface FieldProblem {
  field: string;
  message: string;
}

interface Facts {
  status: number;
  code: string;
  requestId?: string | undefined;
  fields?: FieldProblem[];
  hints?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** What went wrong with a request, in the words of the server's problem document where there was one. */
export class ApiError extends Error {
  /** HTTP status, or 0 when no answer came. */
  readonly status: number;
  /** The problem's code; `unreachable` when no answer came. */
  readonly code: string;
  readonly requestId: string | undefined;
  /** The fields that the server refused, for the form that sent them. */
  readonly fields: readonly FieldProblem[];
  /** What else the problem says, by name: `resets_at`, `models`, … */
  readonly hints: Readonly<Record<string, unknown>>;

  constructor(detail: string, facts: Facts) {
    super(detail, { cause: facts.cause });
    this.name = "ApiError";
    this.status = facts.status;
    this.code = facts.code;
    this.requestId = facts.requestId;
    this.fields = facts.fields ?? [];
    this.hints = facts.hints ?? {};
  }
}

/** Somebody else changed it since it was read: the form says so and offers the newer state, and nothing is lost. */
export class ConflictError extends ApiError {}

export type Parameters = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A path whose ids are encoded: at`/api/teams/${id}`. */
export function at(parts: TemplateStringsArray, ...ids: string[]): string {
  return parts.reduce((path, part, index) => path + encodeURIComponent(ids[index - 1]!) + part);
}

/** The path with those parameters that have a value. */
export function withParameters(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  return query.size === 0 ? path : `${path}?${query}`;
}

/*
 * The requests of the admin API; the type is that of the feature's `schema.ts`. All reject with `ApiError`, or with the
 * abort of `signal`.
 */
export function get<Answer>(path: string, parameters?: Parameters, signal?: AbortSignal) {
  return request<Answer>("GET", withParameters(path, parameters), { signal });
}

interface Sending {
  /** The same key and body repeat a request whose answer was lost, instead of doing it twice. */
  idempotencyKey?: string | undefined;
  /** For what takes longer than usual, such as a test call to a provider. */
  timeoutMs?: number;
}

export function post<Answer>(path: string, body?: object, sending?: Sending) {
  return request<Answer>("POST", path, { body, ...sending });
}

export function put<Answer>(path: string, body?: object, sending?: Sending) {
  return request<Answer>("PUT", path, { body, ...sending });
}

export function patch<Answer>(path: string, body: object, sending?: Sending) {
  return request<Answer>("PATCH", path, { body, ...sending });
}

export function remove<Answer = void>(path: string, parameters?: Parameters, sending?: Sending) {
  return request<Answer>("DELETE", withParameters(path, parameters), { ...sending });
}

async function request<Answer>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  options: Sending & { body?: object | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Answer> {
  const limit = AbortSignal.timeout(options.timeoutMs ?? timeoutMs);
  const headers: Record<string, string> = {};
  if (options.body) headers["content-type"] = "application/json";
  if (method !== "GET") headers["idempotency-key"] = options.idempotencyKey ?? newKey();
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      headers,
      ...(options.body && { body: JSON.stringify(options.body) }),
      signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
    });
    text = await response.text();
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(kit.noAnswer, { status: 0, code: "unreachable", cause });
  }
  if (!response.ok) throw fromProblem(response, text);
  return (text === "" ? undefined : JSON.parse(text)) as Answer;
}

/** `crypto.randomUUID` is missing on plain HTTP from afar; this is not. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

interface Problem {
  title?: string;
  detail?: string;
  code?: string;
  request_id?: string;
  errors?: FieldProblem[];
}

/** The error of a problem document, or of whatever else answered in its place (a proxy, for instance). */
function fromProblem(response: Response, text: string): ApiError {
  let problem: Problem = {};
  if (response.headers.get("content-type")?.includes("json")) {
    try {
      problem = JSON.parse(text) as Problem;
    } catch {
      // A cut-off document says no more than its status does.
    }
  }
  const { title, detail, code, request_id, errors, ...hints } = problem;
  const facts: Facts = {
    status: response.status,
    code: code ?? `http_${response.status}`,
    requestId: request_id ?? response.headers.get("x-request-id") ?? undefined,
    fields: errors ?? [],
    hints,
  };
  const message = detail ?? title ?? kit.answeredWith(response.status);
  return code === "version_conflict"
    ? new ConflictError(message, facts)
    : new ApiError(message, facts);
}
