import { Type, type Static } from "@sinclair/typebox";

export const CallBodiesView = Type.Object(
  {
    call_id: Type.String(),
    request: Type.Unknown({ description: "The parameters that went upstream, as JSON." }),
    response: Type.Unknown({
      description:
        "What came back: of a stream its events in order, of another call the body; text where that was no JSON. Null = nothing came.",
    }),
    created_at: Type.String({ format: "date-time" }),
  },
  {
    examples: [
      {
        call_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a11",
        request: { messages: [{ role: "user", content: "Where is my parcel?" }] },
        response: { choices: [{ message: { role: "assistant", content: "In Lisbon." } }] },
        created_at: "2026-11-23T12:00:00.000Z",
      },
    ],
  },
);
export type CallBodiesView = Static<typeof CallBodiesView>;
