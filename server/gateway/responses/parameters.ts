import { type Static, Type } from "@sinclair/typebox";
import { optional } from "../../http/optional.ts";
import { EndUser, flag, MOST_TOKENS, number, oneOf, open, text } from "../chat-parameters.ts";

/**
 * OpenAI's parameters of a response, as far as they mean something without anything being kept upstream. `rules.ts` refuses the
 * others with what to send instead.
 */

const InputPart = Type.Object(
  {
    type: Type.String({
      description:
        "`input_text`, `input_image`, `input_file`, `input_audio`, `output_text` or `refusal`.",
    }),
    text: optional(Type.String()),
    image_url: optional(Type.String({ minLength: 1 }), "https: or data: URL of an image."),
    detail: text("`low`, `high` or `auto`: how closely an image is looked at."),
    file_data: optional(Type.String({ minLength: 1 }), "A file's content as data: URL."),
    filename: optional(Type.String()),
    input_audio: optional(open({})),
    refusal: optional(Type.String()),
  },
  { $id: "ResponseInputPart", additionalProperties: true },
);

const Content = Type.Union([Type.String(), Type.Array(InputPart)]);

const InputItem = Type.Object(
  {
    type: text(
      "`message` (may be left out), `function_call`, `function_call_output`, `custom_tool_call`, `custom_tool_call_output` or `reasoning`.",
    ),
    role: optional(oneOf(["user", "assistant", "system", "developer"]), "Who speaks in a message."),
    content: optional(Content, "Of a message: text, or parts."),
    call_id: optional(Type.String(), "Which call of a tool this is, or answers."),
    name: optional(Type.String()),
    arguments: optional(Type.String(), "Of a function's call: JSON as text."),
    input: optional(Type.String(), "Of a custom tool's call."),
    output: optional(Content, "What a tool answered."),
    summary: optional(Type.Array(open({}))),
    encrypted_content: text("Of reasoning: send it back as it came."),
  },
  { $id: "ResponseInputItem", additionalProperties: true },
);

const ResponseTool = Type.Object(
  {
    type: Type.String({
      description: "`function` or `custom`. Tools that run at the provider are not supported.",
    }),
    name: optional(Type.String({ minLength: 1 })),
    description: optional(Type.String()),
    parameters: optional(open({}), "JSON schema of a function's arguments."),
    strict: optional(Type.Boolean()),
    format: optional(open({}), "What a custom tool takes."),
  },
  { $id: "ResponseTool", additionalProperties: true },
);

export const responseParameters = {
  input: Type.Union([Type.String({ minLength: 1 }), Type.Array(InputItem, { minItems: 1 })], {
    description:
      "Text, or the whole conversation so far as items: nothing is kept between two requests.",
  }),
  instructions: text("What goes before the conversation."),
  max_output_tokens: optional(
    // Fewer are raised to 16 on the way, beyond what is held for the call.
    Type.Integer({ minimum: 16, maximum: MOST_TOKENS }),
    "Most output tokens, reasoning included.",
  ),
  temperature: number(0, 2),
  top_p: number(0, 1),
  top_logprobs: optional(Type.Integer({ minimum: 0, maximum: 20 })),
  tools: optional(Type.Array(ResponseTool), "Functions that the model may call."),
  tool_choice: optional(
    Type.Union([
      oneOf(["none", "auto", "required"]),
      open({ type: Type.String({ description: "`function`, `custom` or `allowed_tools`." }) }),
    ]),
    "Which tool to call.",
  ),
  parallel_tool_calls: flag("Whether tools may be called in parallel."),
  max_tool_calls: optional(Type.Integer({ minimum: 1 })),
  text: optional(
    open({
      format: optional(
        open({
          type: oneOf(["text", "json_object", "json_schema"]),
          name: optional(Type.String({ minLength: 1 })),
          schema: optional(open({})),
        }),
        "Text, JSON object or JSON schema.",
      ),
      verbosity: text("How long the answer is."),
    }),
    "What the answer looks like.",
  ),
  reasoning: optional(
    open({
      effort: text("How much the model thinks."),
      summary: text("auto, concise or detailed."),
    }),
    "For reasoning models.",
  ),
  include: optional(
    Type.Array(Type.String()),
    "More to answer with, such as `reasoning.encrypted_content`.",
  ),
  truncation: optional(oneOf(["auto", "disabled"]), "Whether a conversation too long is cut."),
  prompt_cache_key: text("Groups requests that share a prompt."),
  prompt_cache_retention: text("How long a prompt stays cached."),
  prompt_cache_options: optional(open({}), "What of a prompt is cached, and how long."),
  safety_identifier: text("A stable id of the end user."),
  service_tier: text("auto, default or standard; another tier only where allowed."),
  stream_options: optional(
    Type.Object({ include_obfuscation: optional(Type.Boolean()) }, { additionalProperties: false }),
  ),
  user: optional(EndUser),
};

export type ResponseItem = Static<typeof InputItem>;
