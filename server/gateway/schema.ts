import { Type, type Static } from "@sinclair/typebox";

/** Wire shapes of calls. Fields that these do not name are refused by `parameters.ts`, unless the alias lets them through. */

const Message = Type.Object(
  {
    role: Type.Union(
      ["system", "developer", "user", "assistant", "tool", "function"].map((role) =>
        Type.Literal(role),
      ),
      { description: "Who speaks." },
    ),
    content: Type.Optional(
      Type.Union(
        [Type.String(), Type.Array(Type.Object({}, { additionalProperties: true })), Type.Null()],
        {
          description: "Text, or parts as OpenAI defines them: text, image_url, input_audio, file.",
        },
      ),
    ),
  },
  { additionalProperties: true },
);

const Metadata = Type.Record(Type.String(), Type.Unknown(), {
  description: "Any JSON object, kept with the call.",
});

const flag = (description: string) => Type.Optional(Type.Boolean({ description }));
const tokenLimit = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, description }));
const passedOn = (description: string) => Type.Optional(Type.Unknown({ description }));

/** OpenAI's parameters of a chat completion, as published; what they mean is OpenAI's to say. */
export const chatParameters = {
  messages: Type.Array(Message, { minItems: 1, description: "The conversation so far." }),
  temperature: Type.Optional(Type.Union([Type.Number({ minimum: 0, maximum: 2 }), Type.Null()])),
  top_p: Type.Optional(Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()])),
  n: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 128 }), Type.Null()])),
  max_tokens: tokenLimit("Most output tokens; max_completion_tokens is the newer name."),
  max_completion_tokens: tokenLimit("Most output tokens, reasoning included."),
  stop: Type.Optional(
    Type.Union([
      Type.String(),
      Type.Array(Type.String(), { minItems: 1, maxItems: 4 }),
      Type.Null(),
    ]),
  ),
  presence_penalty: Type.Optional(
    Type.Union([Type.Number({ minimum: -2, maximum: 2 }), Type.Null()]),
  ),
  frequency_penalty: Type.Optional(
    Type.Union([Type.Number({ minimum: -2, maximum: 2 }), Type.Null()]),
  ),
  seed: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  logprobs: flag("Answer with log probabilities of the output tokens."),
  top_logprobs: Type.Optional(Type.Integer({ minimum: 0, maximum: 20 })),
  logit_bias: passedOn("Token id → bias."),
  tools: passedOn("Functions that the model may call."),
  tool_choice: passedOn("Which tool to call."),
  parallel_tool_calls: flag("Whether tools may be called in parallel."),
  functions: passedOn("The older form of tools."),
  function_call: passedOn("The older form of tool_choice."),
  response_format: passedOn("Text, JSON object or JSON schema."),
  reasoning_effort: passedOn("How much a reasoning model thinks."),
  verbosity: passedOn("How long the answer is."),
  modalities: passedOn("Text, audio."),
  audio: passedOn("Voice and format of audio output."),
  prediction: passedOn("Text that the answer is expected to repeat."),
  prompt_cache_key: passedOn("Groups requests that share a prompt."),
  prompt_cache_retention: passedOn("How long a prompt stays cached."),
  safety_identifier: passedOn("A stable id of the end user."),
  service_tier: passedOn("The provider's tier."),
  web_search_options: passedOn("Web search, where the model has it."),
  user: Type.Optional(
    Type.String({ description: "The end user, for the provider's abuse checks." }),
  ),
};

const modelChoice = {
  model: Type.Optional(
    Type.String({
      description:
        "One of GET /api/models. Without it the job type's or the team's default is used.",
    }),
  ),
  model_group: Type.Optional(Type.String({ description: "Another name for `model`." })),
};

/** What OpenAI's clients send along; the path decides. */
const streamFlag = {
  stream: Type.Optional(
    Type.Union([Type.Boolean(), Type.Null()], {
      description:
        "Must agree with the endpoint: `llm-call-stream` and `create-and-call-stream` stream, the others do not.",
    }),
  ),
};

const callDetails = {
  purpose: Type.Optional(
    Type.String({ maxLength: 200, description: "What the call is for, in your own words." }),
  ),
  call_metadata: Type.Optional(Metadata),
};

export const JobCall = Type.Object({
  ...chatParameters,
  ...streamFlag,
  ...modelChoice,
  ...callDetails,
});
export type JobCall = Static<typeof JobCall>;

export const CreateAndCall = Type.Object({
  job_type: Type.String({
    minLength: 1,
    maxLength: 100,
    description: "What kind of operation this is.",
  }),
  team_id: Type.Optional(Type.String({ description: "When given, the key's own team." })),
  user_id: Type.Optional(Type.String({ maxLength: 200 })),
  external_task_id: Type.Optional(Type.String({ maxLength: 200 })),
  metadata: Type.Optional(Metadata),
  ...chatParameters,
  ...streamFlag,
  ...modelChoice,
  ...callDetails,
});
export type CreateAndCall = Static<typeof CreateAndCall>;

export const OpenAiChat = Type.Object({
  ...chatParameters,
  model: Type.Optional(Type.String({ description: "One of GET /v1/models." })),
  stream: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  stream_options: Type.Optional(
    Type.Union([
      Type.Object({ include_usage: Type.Optional(Type.Boolean()) }, { additionalProperties: true }),
      Type.Null(),
    ]),
  ),
  store: passedOn("Accepted for compatibility; nothing is stored upstream."),
  metadata: Type.Optional(Type.Union([Metadata, Type.Null()])),
});
export type OpenAiChat = Static<typeof OpenAiChat>;

export const OpenAiEmbeddings = Type.Object({
  input: Type.Union(
    [
      Type.String({ minLength: 1 }),
      Type.Array(Type.String(), { minItems: 1, maxItems: 2048 }),
      Type.Array(Type.Integer(), { minItems: 1 }),
      Type.Array(Type.Array(Type.Integer()), { minItems: 1, maxItems: 2048 }),
    ],
    { description: "Text, texts, or tokens." },
  ),
  model: Type.Optional(Type.String({ description: "One of GET /v1/models." })),
  dimensions: Type.Optional(Type.Integer({ minimum: 1 })),
  encoding_format: Type.Optional(Type.Union([Type.Literal("float"), Type.Literal("base64")])),
  user: Type.Optional(Type.String()),
});
export type OpenAiEmbeddings = Static<typeof OpenAiEmbeddings>;

const Usage = Type.Object(
  {
    prompt_tokens: Type.Integer(),
    completion_tokens: Type.Integer(),
    total_tokens: Type.Integer(),
  },
  { additionalProperties: true },
);

const Choice = Type.Object(
  {
    index: Type.Integer(),
    message: Type.Object(
      { role: Type.String(), content: Type.Union([Type.String(), Type.Null()]) },
      { additionalProperties: true },
    ),
    finish_reason: Type.Union([Type.String(), Type.Null()]),
  },
  { additionalProperties: true },
);

/** An OpenAI `chat.completion`; `model` is the alias. */
export const ChatCompletion = Type.Object({
  id: Type.String(),
  object: Type.Literal("chat.completion"),
  created: Type.Integer({ description: "Seconds since 1970." }),
  model: Type.String({ description: "The alias that answered." }),
  choices: Type.Array(Choice),
  usage: Type.Optional(Usage),
  service_tier: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});

export const JobChatCompletion = Type.Composite([
  ChatCompletion,
  Type.Object({ job_id: Type.String(), call_id: Type.String() }),
]);

export const EmbeddingList = Type.Object({
  object: Type.Literal("list"),
  model: Type.String(),
  data: Type.Array(
    Type.Object({
      object: Type.Literal("embedding"),
      index: Type.Integer(),
      embedding: Type.Union([Type.Array(Type.Number()), Type.String()]),
    }),
  ),
  usage: Type.Object({ prompt_tokens: Type.Integer(), total_tokens: Type.Integer() }),
});

export const CreateAndCallAnswer = Type.Composite([
  JobChatCompletion,
  Type.Object({
    summary: Type.Object({
      total_calls: Type.Integer(),
      successful_calls: Type.Integer(),
      failed_calls: Type.Integer(),
      total_tokens: Type.Integer(),
    }),
    billing: Type.Object({ credits_charged: Type.Number(), credits_remaining: Type.Number() }),
  }),
]);

export const StreamText = Type.String({ description: "Server-Sent Events as OpenAI sends them." });

export const OpenAiModelList = Type.Object({
  object: Type.Literal("list"),
  data: Type.Array(
    Type.Object({
      id: Type.String({ description: "The name to send as `model`." }),
      object: Type.Literal("model"),
      created: Type.Integer({ description: "Seconds since 1970." }),
      owned_by: Type.String(),
    }),
  ),
});
