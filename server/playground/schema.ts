import { Type, type Static } from "@sinclair/typebox";
import { chatParameters } from "../gateway/chat-parameters.ts";
import { optional } from "../http/optional.ts";

/** What is asked as a team: the parameters of its own calls. */
export const PlaygroundCall = Type.Object(
  {
    ...chatParameters,
    model: optional(
      Type.String({
        description: "One of the team's models; the team's own choice when absent.",
        examples: ["chat-fast"],
      }),
    ),
    stream: optional(Type.Boolean({ description: "As Server-Sent Events." })),
  },
  { additionalProperties: false },
);
export type PlaygroundCall = Static<typeof PlaygroundCall>;

export const playgroundExample = {
  model: "chat-fast",
  messages: [{ role: "user", content: "Say hello." }],
};
