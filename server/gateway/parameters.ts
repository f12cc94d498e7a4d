import { DomainError } from "../kernel/errors.ts";
import type { ModelAlias } from "../models/catalog.ts";
import type { Endpoint } from "../pricing/terms.ts";
import type { CallSize } from "../pricing/worst-case.ts";
import type { CallRequest } from "./call.ts";
import { chatParameters } from "./chat-parameters.ts";
import { mediaOf } from "./media.ts";
import { outputLimit } from "./output-limit.ts";
import { responseParameters } from "./responses/parameters.ts";

/** What a client sent, split into what goes upstream and what is ours. */
export type Parameters = Readonly<Record<string, unknown>>;

/** OpenAI's parameters by endpoint. */
const published: Readonly<Record<Endpoint, ReadonlySet<string>>> = {
  chat: new Set(Object.keys(chatParameters)),
  embeddings: new Set(["input", "dimensions", "encoding_format", "user"]),
  responses: new Set(Object.keys(responseParameters)),
};

/**
 * The fields of a body that go upstream: OpenAI's published ones and the alias's `extra_params`. `ours` names the fields
 * that the endpoint reads itself. Any other field is refused by name: it could reach past access and price. So is a published
 * one that costs beyond the alias's token prices, unless `extra_params` names it.
 */
export function upstreamParameters(
  endpoint: Endpoint,
  body: Parameters,
  options: { alias: ModelAlias; ours: readonly string[] },
): Record<string, unknown> {
  const upstream: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (options.ours.includes(name)) continue;
    if (!options.alias.extraParams.includes(name)) {
      const instead = refusedFields[name];
      if (instead !== undefined) throw refusedField(name, instead);
      if (!published[endpoint].has(name)) throw unknownField(name);
      if (unpriced[name]?.(value)) throw unpricedField(name);
    }
    upstream[name] = value;
  }
  return upstream;
}

/** Published fields by the values that providers charge otherwise than by the prices of text tokens. */
const unpriced: Readonly<Record<string, (value: unknown) => boolean>> = {
  service_tier: (tier) => tier !== "auto" && tier !== "default" && tier !== "standard",
  web_search_options: () => true,
  modalities: (kinds) => !Array.isArray(kinds) || kinds.some((kind) => kind !== "text"),
  audio: () => true,
};

/** Published fields that mean something only at the provider, by what to do instead. */
const refusedFields: Readonly<Record<string, string>> = {
  moderation: "moderation does not run here: check the messages before they are sent.",
};

function refusedField(field: string, instead: string): DomainError {
  const message = `${field} is not supported: ${instead}`;
  return new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}

function unpricedField(field: string): DomainError {
  const message = `${field} has a value that costs more than this model's prices say. Whoever runs this service can allow it in the model's extra parameters.`;
  return new DomainError("invalid_request", message, {
    hints: { field, errors: [{ field, message }] },
  });
}

function unknownField(name: string): DomainError {
  const shown = name.slice(0, 100);
  return new DomainError(
    "invalid_request",
    `${JSON.stringify(shown)} is not a field of this request: OpenAI's parameters are, and those that the model allows in addition.`,
    { hints: { field: shown } },
  );
}

/** How large a request is, for its worst case; `text` is its parameters as JSON. */
export function sizeOf(
  { endpoint, parameters, alias }: Pick<CallRequest, "endpoint" | "parameters" | "alias">,
  text: string,
): CallSize {
  const inputBytes = Buffer.byteLength(text);
  if (endpoint === "embeddings") return { inputBytes, mediaParts: 0, choices: 1, outputTokens: 0 };
  const media = mediaOf(parameters);
  return {
    inputBytes: inputBytes - media.imageBytes,
    mediaParts: media.parts,
    choices: typeof parameters["n"] === "number" ? parameters["n"] : 1,
    outputTokens: outputLimit(parameters, alias),
  };
}
