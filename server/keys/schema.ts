import { Type, type Static } from "@sinclair/typebox";
import { Name } from "../organizations/schema.ts";

const instantOrNull = (description: string) =>
  Type.Union([Type.String({ format: "date-time" }), Type.Null()], { description });

export const KeyCreate = Type.Object(
  {
    name: Type.Optional(Type.String({ ...Name, default: "key" })),
    expires_at: Type.Optional(
      Type.String({ format: "date-time", description: "In the future; absent = never." }),
    ),
  },
  { additionalProperties: false, examples: [{ name: "production" }] },
);

export const KeyCreated = Type.Object(
  {
    key_id: Type.String(),
    team_id: Type.String(),
    name: Type.String(),
    key: Type.String({ description: "The secret. It is shown this once." }),
    expires_at: instantOrNull("Null = never."),
  },
  {
    examples: [
      {
        key_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
        team_id: "routing",
        name: "production",
        key: "sk-0000000000000000000000000000000000000000000",
        expires_at: null,
      },
    ],
  },
);

/** A key as lists show it: never the secret. */
export const KeyView = Type.Object({
  key_id: Type.String(),
  name: Type.String(),
  last_four: Type.String(),
  created_at: Type.String({ format: "date-time" }),
  expires_at: instantOrNull("Null = never."),
  revoked_at: instantOrNull("Null = not revoked."),
  last_used_at: instantOrNull("To the minute; null = never used."),
});
export type KeyView = Static<typeof KeyView>;
