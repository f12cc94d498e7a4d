import { DomainError } from "../kernel/errors.ts";
import type { AliasRow } from "./store.ts";

/** What may be said of an alias, beside its targets. */
export type AliasSettings = Pick<
  AliasRow,
  | "mode"
  | "status"
  | "defaultOutputTokens"
  | "maxOutputTokens"
  | "minOutputTokens"
  | "reasoning"
  | "cacheTtlSeconds"
  | "limits"
  | "timeouts"
  | "extraParams"
>;

/** Those that a request names. */
export type GivenSettings = { [Name in keyof AliasSettings]?: AliasSettings[Name] | undefined };

const names = [
  "mode",
  "status",
  "defaultOutputTokens",
  "maxOutputTokens",
  "minOutputTokens",
  "reasoning",
  "cacheTtlSeconds",
  "limits",
  "timeouts",
  "extraParams",
] as const satisfies readonly (keyof AliasSettings)[];

/** Only the settings that were given. */
export function givenSettings(input: GivenSettings): Partial<AliasSettings> {
  return Object.fromEntries(
    names.flatMap((name) => (input[name] === undefined ? [] : [[name, input[name]]])),
  );
}

/** Throws `invalid_request` for settings that contradict one another or would let calls past access and price. */
export function checkSettings(settings: Partial<AliasSettings>): void {
  const most = settings.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  for (const [field, limit] of [
    ["default_output_tokens", settings.defaultOutputTokens],
    ["min_output_tokens", settings.minOutputTokens],
  ] as const) {
    if ((limit ?? 0) <= most) continue;
    throw invalid(
      field,
      `${field} is ${limit}; it must be at most max_output_tokens, which is ${most}.`,
    );
  }
  const { connect, firstByte, idle, total } = settings.timeouts ?? {};
  for (const [field, timeout] of [
    ["timeouts.connect_ms", connect],
    ["timeouts.first_byte_ms", firstByte],
    ["timeouts.idle_ms", idle],
  ] as const) {
    if (timeout === undefined || total === undefined || timeout <= total) continue;
    throw invalid(
      field,
      `${field} is ${timeout}; it must be at most timeouts.total_ms, which is ${total}.`,
    );
  }
  const wrong = settings.extraParams?.find((name) => reserved.test(name));
  if (wrong === undefined) return;
  throw invalid(
    "extra_params",
    `extra_params names ${JSON.stringify(wrong)}, which would let a call past access and price; leave it out.`,
  );
}

/** Parameters by which a call would choose its own model, place, key, price or answer at the gateway. */
const reserved =
  /^(?:model|models|stream|messages|input|metadata|user_config|api_.*|base_url|base_model|custom_llm_provider|organization|.*fallbacks|mock_.*|litellm_.*|.*_cost_.*|extra_headers|headers|extra_body|proxy_.*|vertex_.*|aws_.*|azure_.*|num_retries|max_retries|timeout|cache|caching|guardrails|tags|n)$/;

const invalid = (field: string, message: string) =>
  new DomainError("invalid_request", message, { hints: { field } });

/** The limits of an alias on the wire. */
interface ApiLimits {
  requests_per_minute?: number | null;
  tokens_per_minute?: number | null;
  concurrent_calls?: number | null;
}

export const limitsFromApi = (limits: ApiLimits): AliasSettings["limits"] =>
  known({
    requestsPerMinute: limits.requests_per_minute,
    tokensPerMinute: limits.tokens_per_minute,
    concurrentCalls: limits.concurrent_calls,
  });

export const limitsToApi = (limits: AliasSettings["limits"]): ApiLimits =>
  known({
    requests_per_minute: limits.requestsPerMinute,
    tokens_per_minute: limits.tokensPerMinute,
    concurrent_calls: limits.concurrentCalls,
  });

/** The timeouts of an alias on the wire, in milliseconds. */
interface ApiTimeouts {
  connect_ms?: number | null;
  first_byte_ms?: number | null;
  idle_ms?: number | null;
  total_ms?: number | null;
}

export const timeoutsFromApi = (timeouts: ApiTimeouts): AliasSettings["timeouts"] =>
  known({
    connect: timeouts.connect_ms,
    firstByte: timeouts.first_byte_ms,
    idle: timeouts.idle_ms,
    total: timeouts.total_ms,
  });

export const timeoutsToApi = (timeouts: AliasSettings["timeouts"]): ApiTimeouts =>
  known({
    connect_ms: timeouts.connect,
    first_byte_ms: timeouts.firstByte,
    idle_ms: timeouts.idle,
    total_ms: timeouts.total,
  });

/** Only the fields that hold a number. */
function known<Name extends string>(
  fields: Record<Name, number | null | undefined>,
): Partial<Record<Name, number>> {
  const entries = Object.entries<number | null | undefined>(fields);
  return Object.fromEntries(entries.filter(([, value]) => typeof value === "number")) as Partial<
    Record<Name, number>
  >;
}
