import { isRecord } from "./usage.ts";

/**
 * What a team may see of an upstream answer: OpenAI's fields, the alias in place of the provider's model, our id in place of
 * the provider's. Everything else (costs, fingerprints, provider-specific fields) stays here.
 */
export interface Identity {
  alias: string;
  callId: string;
  /** The client's own, which go no further than us. */
  metadata: Readonly<Record<string, unknown>> | undefined;
}

export function completionForTeam(
  upstream: Record<string, unknown>,
  identity: Identity,
): Record<string, unknown> {
  return {
    id: `chatcmpl-${identity.callId}`,
    object: "chat.completion",
    created: createdOf(upstream),
    model: identity.alias,
    choices: choicesForTeam(upstream["choices"]),
    ...usageForTeam(upstream["usage"]),
    ...(typeof upstream["service_tier"] === "string"
      ? { service_tier: upstream["service_tier"] }
      : {}),
  };
}

/** Seconds since 1970; a provider that leaves it out is helped. */
function createdOf(upstream: Record<string, unknown>): number {
  const created = upstream["created"];
  return typeof created === "number" ? created : Math.floor(Date.now() / 1000);
}

/** One frame of a stream; usage only where the client gets it. */
export function chunkForTeam(
  upstream: Record<string, unknown>,
  identity: Identity & { withUsage: boolean },
): Record<string, unknown> {
  return {
    id: `chatcmpl-${identity.callId}`,
    object: "chat.completion.chunk",
    created: createdOf(upstream),
    model: identity.alias,
    choices: choicesForTeam(upstream["choices"]),
    ...(identity.withUsage ? usageForTeam(upstream["usage"]) : {}),
  };
}

export function embeddingsForTeam(
  upstream: Record<string, unknown>,
  identity: Identity,
): Record<string, unknown> {
  const usage = usageFields(upstream["usage"]);
  return {
    object: "list",
    model: identity.alias,
    data: Array.isArray(upstream["data"])
      ? upstream["data"]
          .filter(isRecord)
          .map(({ index, embedding }) => ({ object: "embedding", index, embedding }))
      : [],
    usage: {
      prompt_tokens: usage?.["prompt_tokens"] ?? 0,
      total_tokens: usage?.["total_tokens"] ?? 0,
    },
  };
}

const usageNames = ["prompt_tokens", "completion_tokens", "total_tokens"];
const usageDetailNames: Readonly<Record<string, readonly string[]>> = {
  prompt_tokens_details: ["cached_tokens", "audio_tokens"],
  completion_tokens_details: [
    "reasoning_tokens",
    "audio_tokens",
    "accepted_prediction_tokens",
    "rejected_prediction_tokens",
  ],
};

function usageFields(usage: unknown): Record<string, unknown> | undefined {
  if (!isRecord(usage)) return undefined;
  const kept = only(usageNames, usage);
  for (const [name, names] of Object.entries(usageDetailNames)) {
    const details = usage[name];
    if (isRecord(details)) kept[name] = only(names, details);
  }
  return kept;
}

function usageForTeam(usage: unknown): { usage?: Record<string, unknown> } {
  const kept = usageFields(usage);
  return kept ? { usage: kept } : {};
}

const messageNames = [
  "role",
  "content",
  "refusal",
  "annotations",
  "audio",
  "function_call",
  "reasoning_content",
];

function choicesForTeam(choices: unknown): unknown {
  return Array.isArray(choices) ? choices.filter(isRecord).map(choiceForTeam) : [];
}

function choiceForTeam(choice: Record<string, unknown>): Record<string, unknown> {
  const kept = only(["index", "finish_reason", "logprobs"], choice);
  for (const name of ["message", "delta"]) {
    const said = choice[name];
    if (!isRecord(said)) continue;
    kept[name] = {
      ...only(messageNames, said),
      ...(Array.isArray(said["thinking_blocks"])
        ? { thinking_blocks: said["thinking_blocks"].filter(isRecord).map(thinkingForTeam) }
        : {}),
      ...(Array.isArray(said["tool_calls"])
        ? { tool_calls: said["tool_calls"].filter(isRecord).map(toolCallForTeam) }
        : {}),
    };
  }
  return kept;
}

/**
 * What a reasoning model wants back, unchanged, with the results of the tools that it called; a delta has a piece of it, or the
 * whole with its signature. It names no provider.
 */
const thinkingForTeam = (block: Record<string, unknown>) =>
  only(["type", "thinking", "signature", "data"], block);

function toolCallForTeam(call: Record<string, unknown>): Record<string, unknown> {
  const kept = only(["index", "id", "type"], call);
  if (isRecord(call["function"])) kept["function"] = only(["name", "arguments"], call["function"]);
  if (isRecord(call["custom"])) kept["custom"] = only(["name", "input"], call["custom"]);
  return kept;
}

/** The named fields of a record, null ones too; a name that it lacks stays absent. */
export function only(
  names: readonly string[],
  record: Record<string, unknown>,
): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name of names) if (record[name] !== undefined) kept[name] = record[name];
  return kept;
}
