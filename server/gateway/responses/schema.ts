import { Type, type Static } from "@sinclair/typebox";
import { type Given, optional } from "../../http/optional.ts";
import { nullable } from "../../http/shapes.ts";
import { Metadata } from "../../jobs/fields.ts";
import { responseParameters } from "./parameters.ts";

export const OpenAiResponse = Type.Object({
  ...responseParameters,
  model: optional(Type.String({ description: "One of GET /v1/models." })),
  stream: optional(Type.Boolean()),
  store: optional(
    Type.Boolean({ description: "Accepted for compatibility; nothing is stored upstream." }),
  ),
  background: optional(
    Type.Boolean({ description: "Only false: nothing runs in the background." }),
  ),
  metadata: optional(Metadata),
});
export type OpenAiResponse = Given<Static<typeof OpenAiResponse>>;

const OutputItem = Type.Object(
  {
    type: Type.String({
      description: "`message`, `function_call`, `custom_tool_call` or `reasoning`.",
    }),
    id: Type.Optional(Type.String()),
  },
  { additionalProperties: true },
);

const ResponseUsage = Type.Object({
  input_tokens: Type.Integer(),
  input_tokens_details: Type.Object({ cached_tokens: Type.Integer() }),
  output_tokens: Type.Integer(),
  output_tokens_details: Type.Object({ reasoning_tokens: Type.Integer() }),
  total_tokens: Type.Integer(),
});

/** An OpenAI `response`; `model` is the alias. Beside these fields it repeats those of the request. */
export const ResponseAnswer = Type.Object(
  {
    id: Type.String(),
    object: Type.Literal("response"),
    created_at: Type.Integer({ description: "Seconds since 1970." }),
    status: Type.String({ description: "`completed` or `incomplete`." }),
    model: Type.String({ description: "The alias that answered." }),
    output: Type.Array(OutputItem),
    error: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
    incomplete_details: nullable(Type.Object({ reason: Type.String() })),
    previous_response_id: Type.Null(),
    store: Type.Literal(false),
    metadata: Metadata,
    usage: nullable(ResponseUsage),
  },
  { additionalProperties: true },
);
