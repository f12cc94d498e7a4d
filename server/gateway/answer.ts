import { isRecord } from "./usage.ts";

/**
 * What a team may see of an upstream answer: OpenAI's fields, the alias in place of the provider's model, our id in place of
 * the provider's. Everything else (costs, fingerprints, provider-specific fields) stays here.
 */
export interface Identity {
  alias: string;
  callId: string;
}

export function completionForTeam(
  upstream: Record<string, unknown>,
  identity: Identity,
): Record<string, unknown> {
  return {
    id: `chatcmpl-${identity.callId}`,
    object: "chat.completion",
    created: upstream["created"],
    model: identity.alias,
    choices: choicesForTeam(upstream["choices"]),
    ...usageForTeam(upstream["usage"]),
    ...(typeof upstream["service_tier"] === "string"
      ? { service_tier: upstream["service_tier"] }
      : {}),
  };
}

/** One frame of a stream; usage only where the client gets it. */
export function chunkForTeam(
  upstream: Record<string, unknown>,
  identity: Identity & { withUsage: boolean },
): Record<string, unknown> {
  return {
    id: `chatcmpl-${identity.callId}`,
    object: "chat.completion.chunk",
    created: upstream["created"],
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

const usageNames = [
  "prompt_tokens",
  "completion_tokens",
  "total_tokens",
  "prompt_tokens_details",
  "completion_tokens_details",
];

function usageFields(usage: unknown): Record<string, unknown> | undefined {
  if (!isRecord(usage)) return undefined;
  const kept: Record<string, unknown> = {};
  for (const name of usageNames) {
    if (usage[name] !== undefined && usage[name] !== null) kept[name] = usage[name];
  }
  return kept;
}

function usageForTeam(usage: unknown): { usage?: Record<string, unknown> } {
  const kept = usageFields(usage);
  return kept ? { usage: kept } : {};
}

function choicesForTeam(choices: unknown): unknown {
  if (!Array.isArray(choices)) return [];
  return choices.map((choice: unknown) => (isRecord(choice) ? withoutProvider(choice) : choice));
}

/** A choice without provider-specific fields, in its message or delta as well. */
function withoutProvider(record: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    if (name === "provider_specific_fields") continue;
    kept[name] =
      (name === "message" || name === "delta") && isRecord(value) ? withoutProvider(value) : value;
  }
  return kept;
}
