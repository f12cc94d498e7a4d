import { Type, type Static } from "@sinclair/typebox";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { Name, Slug, Version } from "../organizations/schema.ts";
import { AliasName } from "./fields.ts";
import { SearchText } from "./schema.ts";

const Aliases = Type.Array(AliasName, {
  maxItems: 1_000,
  description: "Aliases of models.",
  examples: [["chat-fast"]],
});

const example = {
  group_id: "premium",
  name: "Premium",
  models: ["chat-fast", "chat-large"],
  team_count: 3,
  version: 1,
  created_at: "2026-11-23T12:00:00.000Z",
};

export const GroupView = Type.Object(
  {
    group_id: Type.String(),
    name: Type.String(),
    models: Type.Array(Type.String(), { description: "The aliases in it, by name." }),
    team_count: Type.Integer({ description: "Teams that it is granted to." }),
    version: Type.Integer(),
    created_at: Type.String({ format: "date-time" }),
  },
  { examples: [example] },
);
export type GroupView = Static<typeof GroupView>;

export const GroupList = pageOf(GroupView, [example]);

export const GroupQuery = Type.Object(
  { ...pageQuery, search: Type.Optional(SearchText) },
  { additionalProperties: false },
);

export const GroupCreate = Type.Object(
  {
    name: Name,
    id: Type.Optional(
      Type.String({
        ...Slug,
        description: "Made from the name when absent. It never changes.",
      }),
    ),
    models: Type.Optional(Aliases),
  },
  { additionalProperties: false, examples: [{ name: "Premium", models: ["chat-fast"] }] },
);

export const GroupChange = Type.Object(
  {
    name: Type.Optional(Name),
    models: Type.Optional(
      Type.Array(AliasName, {
        maxItems: 1_000,
        description: "Replaces all aliases in it.",
        examples: [["chat-fast"]],
      }),
    ),
    version: Type.Optional(Version),
  },
  { additionalProperties: false, examples: [{ name: "Premium models", version: 1 }] },
);

export const GroupModels = Type.Object(
  { models: Type.Array(AliasName, { minItems: 1, maxItems: 1_000, examples: [["chat-fast"]] }) },
  { additionalProperties: false, examples: [{ models: ["chat-large"] }] },
);
