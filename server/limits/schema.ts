import { type Static, Type } from "@sinclair/typebox";
import { nullable } from "../http/shapes.ts";

const use = (what: string) =>
  nullable(
    Type.Object({
      limit: Type.Integer({ description: `${what}.`, examples: [600] }),
      remaining: Type.Integer({ description: "How much of it is left now.", examples: [588] }),
    }),
    "Null = no such limit.",
  );

export const callLimitExample = {
  scope: "team",
  requests_per_minute: { limit: 600, remaining: 588 },
  tokens_per_minute: null,
  concurrent_calls: { limit: 20, remaining: 17 },
};

/** What a team or a key may do, and what is left of it. */
export const CallLimitView = Type.Object(
  {
    scope: Type.Union([Type.Literal("team"), Type.Literal("key")], {
      description: "Whose limits they are: of all keys of the team together, or of this key.",
      examples: ["team"],
    }),
    requests_per_minute: use("Requests in any 60 seconds"),
    tokens_per_minute: use("Tokens in any 60 seconds"),
    concurrent_calls: use("Calls in flight at once"),
  },
  { $id: "CallLimit", examples: [callLimitExample] },
);
export type CallLimitView = Static<typeof CallLimitView>;
