import { type Static, Type } from "@sinclair/typebox";
import { optional } from "../http/optional.ts";
import { oneLine } from "../jobs/fields.ts";

/**
 * OpenAI's parameters of a chat completion, as published; what they mean is OpenAI's to say. They are typed as far as OpenAI
 * would refuse otherwise, so that a client's slip is told at once, by its field, and costs no attempts at a model.
 */

/** More than any model takes, and little enough for every sum of it. */
export const MOST_TOKENS = 10_000_000;

export const text = (description: string) => optional(Type.String({ description }));
export const flag = (description: string) => optional(Type.Boolean({ description }));
export const number = (minimum: number, maximum: number) =>
  optional(Type.Number({ minimum, maximum }));
const tokenLimit = (description: string) =>
  optional(Type.Integer({ minimum: 1, maximum: MOST_TOKENS, description }));
/** An object whose named fields must fit, and that may have others. */
export const open = <Fields extends Parameters<typeof Type.Object>[0]>(
  fields: Fields,
  description?: string,
) =>
  Type.Object(fields, {
    additionalProperties: true,
    ...(description === undefined ? {} : { description }),
  });
export const oneOf = (names: readonly string[], description?: string) =>
  Type.Union(
    names.map((name) => Type.Literal(name)),
    description === undefined ? {} : { description },
  );
const named = open({ name: Type.String({ minLength: 1 }) });

const ContentPart = Type.Object(
  {
    type: oneOf(
      ["text", "image_url", "input_audio", "file", "refusal"],
      "The field of the same name has the content.",
    ),
    text: optional(Type.String()),
    image_url: optional(
      open({ url: Type.String({ minLength: 1, description: "https: or data: URL." }) }),
    ),
    input_audio: optional(
      open({ data: Type.String({ minLength: 1 }), format: Type.String({ minLength: 1 }) }),
    ),
    file: optional(open({})),
    refusal: optional(Type.String()),
  },
  { $id: "ContentPart", additionalProperties: true },
);

const Message = Type.Object(
  {
    role: oneOf(["system", "developer", "user", "assistant", "tool", "function"], "Who speaks."),
    content: optional(
      Type.Union([Type.String(), Type.Array(ContentPart)]),
      "Text, or parts. Only an assistant's or function's message can do without.",
    ),
    name: optional(Type.String()),
    tool_calls: optional(Type.Array(open({})), "The calls that an assistant's message asked for."),
    function_call: optional(open({})),
    thinking_blocks: optional(
      Type.Array(open({})),
      "What a reasoning model thought, as its answer had it: some want it back with the results of tools.",
    ),
    tool_call_id: optional(Type.String(), "Which call a tool's message answers."),
  },
  { $id: "ChatMessage", additionalProperties: true },
);

const Tool = Type.Object(
  {
    type: oneOf(["function", "custom"], "Tools that run at the provider are not supported."),
    function: optional(named),
    custom: optional(named),
  },
  { $id: "Tool", additionalProperties: true },
);

export const EndUser = Type.String({
  pattern: oneLine,
  said: "without control characters",
  description: "The end user, for the provider's abuse checks, without control characters.",
});

export const chatParameters = {
  messages: Type.Array(Message, { minItems: 1, description: "The conversation so far." }),
  temperature: number(0, 2),
  top_p: number(0, 1),
  n: optional(Type.Integer({ minimum: 1, maximum: 128 })),
  max_tokens: tokenLimit("Most output tokens; max_completion_tokens is the newer name."),
  max_completion_tokens: tokenLimit("Most output tokens, reasoning included."),
  stop: optional(
    Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1, maxItems: 4 })]),
  ),
  presence_penalty: number(-2, 2),
  frequency_penalty: number(-2, 2),
  // Beyond these JSON numbers are not exact.
  seed: optional(
    Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
  ),
  logprobs: flag("Answer with log probabilities of the output tokens."),
  top_logprobs: optional(Type.Integer({ minimum: 0, maximum: 20 })),
  logit_bias: optional(
    Type.Record(Type.String(), Type.Number({ minimum: -100, maximum: 100 })),
    "Token id → bias.",
  ),
  tools: optional(Type.Array(Tool), "Functions that the model may call."),
  tool_choice: optional(
    Type.Union([
      oneOf(["none", "auto", "required"]),
      open({ type: oneOf(["function", "custom", "allowed_tools"]) }),
    ]),
    "Which tool to call.",
  ),
  parallel_tool_calls: flag("Whether tools may be called in parallel."),
  functions: optional(Type.Array(named), "The older form of tools."),
  function_call: optional(
    Type.Union([oneOf(["none", "auto"]), named]),
    "The older form of tool_choice.",
  ),
  response_format: optional(
    open({ type: oneOf(["text", "json_object", "json_schema"]), json_schema: optional(named) }),
    "Text, JSON object or JSON schema.",
  ),
  reasoning_effort: text("How much a reasoning model thinks."),
  verbosity: text("How long the answer is."),
  modalities: optional(
    Type.Array(Type.String()),
    "Text; another kind of output only where the model's operator allows it.",
  ),
  audio: optional(open({}), "Voice and format of audio output, where allowed."),
  prediction: optional(
    open({ type: Type.Literal("content") }),
    "Text that the answer is expected to repeat.",
  ),
  prompt_cache_key: text("Groups requests that share a prompt."),
  prompt_cache_retention: text("How long a prompt stays cached."),
  prompt_cache_options: optional(open({}), "What of a prompt is cached, and how long."),
  safety_identifier: text("A stable id of the end user."),
  service_tier: text("auto, default or standard; another tier only where allowed."),
  web_search_options: optional(open({}), "Web search, where allowed."),
  user: optional(EndUser),
};

export type ChatMessage = Static<typeof Message>;
