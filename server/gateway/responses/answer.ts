import type { TokenUsage } from "../../pricing/cost.ts";
import { type Identity, only } from "../answer.ts";
import { count, isRecord } from "../usage.ts";

/**
 * What a team may see of an upstream response: OpenAI's fields, the alias in place of the provider's model, our id in place of
 * the gateway's, which is made of the provider's name. Items keep their ids, which a client sends back with them.
 */
export function responseForTeam(
  upstream: Record<string, unknown>,
  identity: Identity,
): Record<string, unknown> {
  const { created_at: created, error, incomplete_details: incomplete, output } = upstream;
  return {
    id: `resp_${identity.callId}`,
    object: "response",
    created_at: typeof created === "number" ? created : Math.floor(Date.now() / 1000),
    status: upstream["status"] ?? "completed",
    error: isRecord(error) ? failedError(error) : null,
    incomplete_details: isRecord(incomplete) ? only(["reason"], incomplete) : null,
    ...only(requestNames, upstream),
    model: identity.alias,
    output: Array.isArray(output) ? output.filter(isRecord).map(itemForTeam) : [],
    previous_response_id: null,
    store: false,
    metadata: identity.metadata ?? {},
    usage: usageForTeam(upstream["usage"]),
  };
}

/** Stands for whatever the provider says of its failure, whose words name itself: only OpenAI's own code tells which it was. */
const failures: Readonly<Record<string, string>> = {
  server_error: "The model failed to answer.",
  rate_limit_exceeded: "The model is busy. Try again in a moment.",
  invalid_prompt:
    "The model's content policy does not allow this request: change what it says, or use another model.",
};

function failedError(upstream: Record<string, unknown>): { code: string; message: string } {
  const told = String(upstream["code"]);
  const code = Object.hasOwn(failures, told) ? told : "server_error";
  return { code, message: failures[code]! };
}

/** What a response repeats of its request, and how it was served. */
const requestNames = [
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  "parallel_tool_calls",
  "prompt_cache_key",
  "reasoning",
  "safety_identifier",
  "service_tier",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_logprobs",
  "top_p",
  "truncation",
  "user",
];

const itemNames: Readonly<Record<string, readonly string[]>> = {
  message: ["role"],
  function_call: ["call_id", "name", "arguments"],
  custom_tool_call: ["call_id", "name", "input"],
  reasoning: ["encrypted_content"],
};

const partNames = ["type", "text", "refusal", "logprobs"];
const annotationNames = ["type", "start_index", "end_index", "url", "title", "index", "filename"];

function itemForTeam(item: Record<string, unknown>): Record<string, unknown> {
  const names = itemNames[String(item["type"])] ?? [];
  const kept = only(["id", "type", "status", ...names], item);
  for (const list of ["content", "summary"]) {
    const parts = item[list];
    if (Array.isArray(parts)) kept[list] = parts.filter(isRecord).map(partForTeam);
  }
  return kept;
}

function partForTeam(part: Record<string, unknown>): Record<string, unknown> {
  const kept = only(partNames, part);
  const { annotations } = part;
  if (Array.isArray(annotations)) {
    kept["annotations"] = annotations.filter(isRecord).map((one) => only(annotationNames, one));
  }
  return kept;
}

const eventNames = [
  "type",
  "item_id",
  "output_index",
  "content_index",
  "summary_index",
  "annotation_index",
  "delta",
  "text",
  "arguments",
  "input",
  "name",
  "refusal",
  "logprobs",
  "obfuscation",
];

/** One event of a stream, numbered by us: not everything that comes is sent on. */
export function eventForTeam(
  upstream: Record<string, unknown>,
  identity: Identity & { sequenceNumber: number },
): Record<string, unknown> {
  const kept = only(eventNames, upstream);
  kept["sequence_number"] = identity.sequenceNumber;
  const { response, item, part, annotation } = upstream;
  if (isRecord(response)) kept["response"] = responseForTeam(response, identity);
  if (isRecord(item)) kept["item"] = itemForTeam(item);
  if (isRecord(part)) kept["part"] = partForTeam(part);
  if (isRecord(annotation)) kept["annotation"] = only(annotationNames, annotation);
  return kept;
}

function usageForTeam(usage: unknown): Record<string, unknown> | null {
  const used = usageFromResponse(usage);
  if (!used) return null;
  return {
    input_tokens: used.inputTokens,
    input_tokens_details: { cached_tokens: used.cachedInputTokens },
    output_tokens: used.outputTokens,
    output_tokens_details: { reasoning_tokens: used.reasoningTokens },
    total_tokens: used.inputTokens + used.outputTokens,
  };
}

/** What a call used, from the `usage` object of a response; undefined when there is none. */
export function usageFromResponse(usage: unknown): TokenUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const detailsOf = (name: string) => (isRecord(usage[name]) ? usage[name] : {});
  const input = detailsOf("input_tokens_details");
  const output = detailsOf("output_tokens_details");
  return {
    inputTokens: count(usage["input_tokens"]),
    cachedInputTokens: count(input["cached_tokens"]),
    cacheWriteTokens: count(usage["cache_creation_input_tokens"]),
    audioInputTokens: count(input["audio_tokens"]),
    imageInputTokens: count(input["image_tokens"]),
    outputTokens: count(usage["output_tokens"]),
    reasoningTokens: count(output["reasoning_tokens"]),
    audioOutputTokens: count(output["audio_tokens"]),
  };
}

/** In the words of chat completions, which calls are listed by. */
export function responseFinishReason(response: Record<string, unknown>): string | undefined {
  const { status, incomplete_details: incomplete, output } = response;
  if (status === "incomplete") {
    const reason = isRecord(incomplete) ? incomplete["reason"] : undefined;
    return reason === "content_filter" ? "content_filter" : "length";
  }
  if (status !== "completed") return undefined;
  const calls = (item: unknown) =>
    isRecord(item) && (item["type"] === "function_call" || item["type"] === "custom_tool_call");
  return Array.isArray(output) && output.some(calls) ? "tool_calls" : "stop";
}
