import { Type } from "@sinclair/typebox";
import { givenPriceFields } from "./price-fields.ts";
import { nullable } from "../http/shapes.ts";

export const Mode = Type.Union([Type.Literal("chat"), Type.Literal("embedding")]);
export const Status = Type.Union([Type.Literal("active"), Type.Literal("disabled")], {
  description: "A disabled model is nobody's until it is active again.",
});

export const AliasName = Type.String({
  pattern: "^[A-Za-z0-9._:/-]{1,128}$",
  said: "of 1 to 128 letters, digits and ._:/-",
  description: "The name that teams use. It never changes.",
  examples: ["chat-fast"],
});

const ModelString = Type.String({
  pattern: "^[!-~]{1,200}$",
  said: "of 1 to 200 ASCII characters without spaces",
  description: "The gateway's name of the model, provider/model.",
  examples: ["openai/gpt-5-mini"],
});

export const ApiBase = Type.String({
  pattern: "^[!-~]{1,500}$",
  said: "of 1 to 500 ASCII characters without spaces",
  description: "Base URL of the provider.",
  examples: ["https://api.example.com/v1"],
});

export const ApiKey = Type.String({
  pattern: "^[!-~]{1,4096}$",
  said: "of 1 to 4096 ASCII characters without spaces",
  description: "The provider's key. Stored encrypted; no answer ever shows it.",
  writeOnly: true,
});

const CredentialId = Type.String({
  format: "uuid",
  description: "Id of a provider credential.",
  examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
});

const tokens = (description: string) =>
  Type.Integer({ minimum: 1, maximum: 10_000_000, description, examples: [4_096] });
const rate = (description: string) =>
  Type.Optional(
    nullable(
      Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
      `${description}; null = no limit.`,
    ),
  );

export const Limits = Type.Object(
  {
    requests_per_minute: rate("Requests a minute, of all teams together"),
    tokens_per_minute: rate("Tokens a minute, of all teams together"),
    concurrent_calls: rate("Calls in flight at once, of all teams together"),
  },
  { additionalProperties: false, description: "Limits of the alias. Replaces all of them." },
);

const timeout = (description: string) =>
  Type.Optional(nullable(Type.Integer({ minimum: 100, maximum: 86_400_000 }), description));

export const Timeouts = Type.Object(
  {
    connect_ms: timeout("For a connection to the gateway, where none is there; null = 5,000."),
    first_byte_ms: timeout("Until the first frame of a stream; null = no limit of its own."),
    idle_ms: timeout("Between two frames of a stream; null = no limit of its own."),
    total_ms: timeout(
      "From a call's beginning to its end; null = what all attempts at its targets may take together.",
    ),
  },
  { additionalProperties: false, description: "How long calls may take. Replaces all of them." },
);

/** What may be said of an alias, beside its targets. */
export const aliasFields = {
  mode: Type.Optional(Mode),
  status: Type.Optional(Status),
  default_output_tokens: Type.Optional(
    nullable(tokens("Output limit of calls that ask for none."), "Null = 4,096 in the worst case."),
  ),
  max_output_tokens: Type.Optional(
    nullable(tokens("Largest output limit that a call may ask for."), "Null = the model's own."),
  ),
  min_output_tokens: Type.Optional(
    tokens("An output limit is never cut below this for want of credits; 256 at first."),
  ),
  reasoning: Type.Optional(
    Type.Boolean({ description: "Thinks before it answers: its output limit is never cut." }),
  ),
  cache_ttl_seconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 2_592_000,
      description: "How long answers are kept for the same request; 0 = not at all.",
      examples: [3_600],
    }),
  ),
  limits: Type.Optional(Limits),
  timeouts: Type.Optional(Timeouts),
  extra_params: Type.Optional(
    Type.Array(Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$", said: "of a parameter's name" }), {
      maxItems: 50,
      description: "Request parameters beyond the published ones that are let through.",
      examples: [["top_k"]],
    }),
  ),
};

export const targetFields = {
  model: ModelString,
  credential_id: Type.Optional(nullable(CredentialId, "Null = the provider wants no key.")),
  weight: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000,
      description: "Share of the calls among the targets of its order; 1 when absent.",
      examples: [1],
    }),
  ),
  order: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 20,
      description:
        "Targets of the lowest order take the calls; those of the next are the fallback when these have failed. 1 when absent.",
      examples: [1],
    }),
  ),
  timeout_ms: Type.Optional(
    Type.Integer({
      minimum: 100,
      maximum: 3_600_000,
      description: "How long one attempt may take; ten minutes when absent.",
      examples: [600_000],
    }),
  ),
  retries: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 10,
      description: "Attempts after the first; 2 when absent.",
      examples: [2],
    }),
  ),
  ...givenPriceFields,
};
