import type { Answer } from "../litellm/wire/answer.ts";
import type { HeaderFields } from "../litellm/wire/response-parser.ts";
import { DomainError, type ErrorCode, messageOf } from "../kernel/errors.ts";
import { noTargets, type TriedTargets, triedTargets } from "./attempts.ts";
import { type ModelRefusal, modelRefusal, reasonOf, type SaidUpstream } from "./model-refusals.ts";
import { isRecord, parseRecord } from "./usage.ts";

/** An upstream failure: what the team is told, and what the admin sees on the call's row. */
export interface UpstreamFailure {
  error: DomainError;
  /** For `llm_calls.error_message`: the upstream's own words, without keys, at most 2,000 characters. */
  adminMessage: string;
  targets: TriedTargets;
}

const LONGEST_RETRY_AFTER_SECONDS = 30;

interface Told extends ModelRefusal {
  code: ErrorCode;
}

/** What a team is told. Nothing of the upstream's text is passed on: it names providers and addresses. */
function toldOf(status: number, said: SaidUpstream, fields: readonly string[]): Told {
  if (status === 408 || status === 504)
    return { code: "gateway_timeout", detail: "The model took too long to answer." };
  if (status === 429)
    return { code: "upstream_rate_limited", detail: "The model is busy. Try again in a moment." };
  // A refused credential is the operator's to mend.
  if (status === 401 || status === 403)
    return { code: "upstream_error", detail: "The model cannot be used at the moment." };
  // So is a name that the provider does not know, and no waiting helps.
  if (status === 404) {
    return {
      code: "model_not_found",
      detail: "The model is not there any more. Use another, or ask whoever runs this service.",
    };
  }
  if (status >= 400 && status < 500) {
    return { code: "upstream_bad_request", ...modelRefusal(said, fields) };
  }
  return { code: "upstream_error", detail: "The model failed to answer. Trying again may help." };
}

/**
 * A refusal by the upstream, from its status and body; of an answer that makes no sense the status is ours. `fields` are the names
 * of the client's parameters.
 */
export function failureFromResponse(
  response: Pick<Answer, "status" | "headers" | "ok">,
  bodyText: string,
  { status = response.status, fields = [] }: { status?: number; fields?: readonly string[] } = {},
): UpstreamFailure {
  const upstream = errorFields(bodyText);
  const { code, detail, parameter, reason } = toldOf(status, upstream, fields);
  const retryAfterSeconds =
    code === "upstream_rate_limited" ? retryAfter(response.headers) : undefined;
  return {
    error: new DomainError(code, detail, {
      hints: {
        upstream_status: status,
        ...(parameter === undefined ? {} : { parameter }),
        ...(reason === undefined ? {} : { reason }),
      },
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    }),
    adminMessage: forAdmin(`${status}: ${upstream.message ?? bodyText}`),
    targets: triedTargets(response),
  };
}

/**
 * The end of a stream that had begun, by the event that tells of it; anything else means that it broke off. The head said 200:
 * what went wrong stands in the event alone, as a status (so LiteLLM) or as one of OpenAI's words.
 */
export function failureInStream(
  response: Pick<Answer, "status" | "headers" | "ok">,
  lastText: string,
  fields: readonly string[],
): UpstreamFailure {
  const error = errorOf(lastText);
  if (error === undefined) {
    return {
      error: new DomainError(
        "upstream_error",
        "The model's answer broke off before it was whole. Trying again may help.",
      ),
      adminMessage: forAdmin(`in the stream: ${lastText}`),
      targets: triedTargets(response),
    };
  }
  return failureFromResponse(response, JSON.stringify({ error }), {
    status: statusOf(error),
    fields,
  });
}

function statusOf(error: Record<string, unknown>): number {
  const { code, message } = error;
  const status = Number(code);
  if (Number.isInteger(status) && status >= 400 && status <= 599) return status;
  if (code === "rate_limit_exceeded") return 429;
  const said = typeof message === "string" ? { message } : {};
  return reasonOf(typeof code === "string" ? { ...said, code } : said) === undefined ? 502 : 400;
}

/** A request that got no answer: the connection failed, or the time was over. */
export function failureFromException(cause: unknown, timedOut: boolean): UpstreamFailure {
  const error = timedOut
    ? new DomainError("gateway_timeout", "The model took too long to answer.", { cause })
    : new DomainError(
        "gateway_unavailable",
        "The model cannot be reached at the moment. Try again shortly.",
        {
          cause,
          retryAfterSeconds: 2,
        },
      );
  return { error, adminMessage: forAdmin(messageOf(cause)), targets: noTargets };
}

/** OpenAI's published error codes and parameter names are safe to pass on: short words that name no provider. */
const safeWord =
  /^(?!.*(?:litellm|openai|anthropic|azure|bedrock|vertex|gemini|mistral|cohere))[a-z][a-z0-9_.[\]]{0,63}$/;

/** Where the endpoints have it: alone, as an event of its own, or in the response that failed. */
function errorOf(text: string): Record<string, unknown> | undefined {
  const body = parseRecord(text);
  if (isRecord(body?.["error"])) return body["error"];
  if (body?.["type"] === "error") return body;
  const response = body?.["response"];
  return isRecord(response) && isRecord(response["error"]) ? response["error"] : undefined;
}

function errorFields(bodyText: string): SaidUpstream {
  const error = errorOf(bodyText) ?? {};
  const word = (value: unknown) =>
    typeof value === "string" && safeWord.test(value) ? value : undefined;
  const code = word(error["code"]);
  const parameter = word(error["param"]);
  return {
    ...(typeof error["message"] === "string" ? { message: error["message"] } : {}),
    ...(code ? { code } : {}),
    ...(parameter ? { parameter } : {}),
  };
}

function retryAfter(headers: HeaderFields): number {
  const seconds = Number(headers.get("retry-after"));
  if (!Number.isFinite(seconds) || seconds < 1) return 1;
  return Math.min(Math.ceil(seconds), LONGEST_RETRY_AFTER_SECONDS);
}

/** Upstream's words for the admin: without anything that looks like a key, and without what PostgreSQL cannot store. */
function forAdmin(text: string): string {
  return text
    .replace(/\b(sk|pk|key|token)-[\w-]{6,}/gi, "$1-…")
    .replace(/Bearer\s+\S+/gi, "Bearer …")
    .replaceAll("\0", "")
    .toWellFormed()
    .slice(0, 2_000);
}
