import { Type, type Static } from "@sinclair/typebox";
import { type Given, optional } from "../http/optional.ts";
import { ExternalTaskId, JobType, Metadata, Purpose, UserId } from "../jobs/fields.ts";
import { chatParameters, EndUser } from "./chat-parameters.ts";

/** Wire shapes of calls. Fields that these do not name are refused by `parameters.ts`, unless the alias lets them through. */

const modelChoice = {
  model: optional(
    Type.String({
      description:
        "One of GET /api/models. Without it the job type's or the team's default is used.",
    }),
  ),
  model_group: optional(
    Type.String({ description: "Another name for `model`; with both, the same." }),
  ),
};

/** What OpenAI's clients send along; the path decides. That another value is refused is said by a rule, which names the other path. */
const streamFlag = (streams: boolean) => ({
  stream: optional(
    Type.Boolean({
      enum: [streams],
      description:
        "Must agree with the endpoint: `llm-call-stream` and `create-and-call-stream` stream, the others do not.",
    }),
  ),
});

/** What OpenAI's clients send along beside the parameters of the model; `usage` says when a stream has it. */
const sentAlong = (usage: string) => ({
  stream_options: optional(
    Type.Object({ include_usage: optional(Type.Boolean()) }, { additionalProperties: true }),
    usage,
  ),
  store: optional(
    Type.Boolean({ description: "Accepted for compatibility; nothing is stored upstream." }),
  ),
});

const callDetails = {
  ...sentAlong(
    "Accepted for compatibility; the last chunk of a stream has the usage here whatever it says.",
  ),
  purpose: optional(Purpose),
  call_metadata: optional(Metadata),
};

const jobCall = (streams: boolean) =>
  Type.Object({
    ...chatParameters,
    ...streamFlag(streams),
    ...modelChoice,
    ...callDetails,
    metadata: optional(Metadata, "OpenAI's name for call_metadata: send one of them."),
  });

export const JobCall = jobCall(false);
export const StreamedJobCall = jobCall(true);
export type JobCall = Given<Static<typeof JobCall>>;

const createAndCall = (streams: boolean) =>
  Type.Object({
    job_type: JobType,
    team_id: optional(Type.String({ description: "When given, the key's own team." })),
    user_id: optional(UserId),
    external_task_id: optional(ExternalTaskId),
    metadata: optional(Metadata),
    ...chatParameters,
    ...streamFlag(streams),
    ...modelChoice,
    ...callDetails,
  });

export const CreateAndCall = createAndCall(false);
export const CreateAndStream = createAndCall(true);
export type CreateAndCall = Given<Static<typeof CreateAndCall>>;

export const OpenAiChat = Type.Object({
  ...chatParameters,
  model: optional(Type.String({ description: "One of GET /v1/models." })),
  stream: optional(Type.Boolean()),
  ...sentAlong("The last chunk of a stream has the usage only if `include_usage` asks for it."),
  metadata: optional(Metadata),
});
export type OpenAiChat = Given<Static<typeof OpenAiChat>>;

const TokenId = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });

export const OpenAiEmbeddings = Type.Object({
  input: Type.Union(
    [
      Type.String({ minLength: 1 }),
      Type.Array(Type.String(), { minItems: 1, maxItems: 2048 }),
      Type.Array(TokenId, { minItems: 1 }),
      Type.Array(Type.Array(TokenId), { minItems: 1, maxItems: 2048 }),
    ],
    { description: "Text, texts, or tokens." },
  ),
  model: optional(Type.String({ description: "One of GET /v1/models." })),
  dimensions: optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  encoding_format: optional(Type.Union([Type.Literal("float"), Type.Literal("base64")])),
  user: optional(EndUser),
});
export type OpenAiEmbeddings = Given<Static<typeof OpenAiEmbeddings>>;

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
    billing: Type.Object(
      {
        credits_charged: Type.Union([Type.Number(), Type.Null()]),
        credits_remaining: Type.Union([Type.Number(), Type.Null()]),
      },
      { description: "Null while the end of the job is not booked yet, for want of a database." },
    ),
  }),
]);

export const StreamText = Type.String({ description: "Server-Sent Events as OpenAI sends them." });

export const OpenAiModel = Type.Object({
  id: Type.String({ description: "The name to send as `model`." }),
  object: Type.Literal("model"),
  created: Type.Integer({ description: "Seconds since 1970." }),
  owned_by: Type.String(),
});

export const OpenAiModelList = Type.Object({
  object: Type.Literal("list"),
  data: Type.Array(OpenAiModel),
});
