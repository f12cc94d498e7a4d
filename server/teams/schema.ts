import { Type, type Static } from "@sinclair/typebox";
import { Credits, WalletView } from "../credits/schema.ts";
import { KeyView } from "../keys/schema.ts";
import { Name, Slug } from "../organizations/schema.ts";

export const TeamCreate = Type.Object(
  {
    name: Name,
    organization_id: Slug,
    id: Type.Optional(
      Type.String({ ...Slug, description: "Made from the name when absent. It never changes." }),
    ),
    credits: Type.Optional(
      Type.Number({ ...Credits, description: "First allocation. Absent or 0 = an empty wallet." }),
    ),
    groups: Type.Optional(
      Type.Array(Slug, {
        maxItems: 50,
        description: "Model access groups; absent or empty = `default`.",
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [{ name: "Routing", organization_id: "aperture-freight", credits: 1000 }],
  },
);

export const TeamCreated = Type.Object(
  {
    team_id: Type.String(),
    organization_id: Type.String(),
    groups: Type.Array(Type.String()),
    key_id: Type.String(),
    key: Type.String({ description: "The secret of the first key. It is shown this once." }),
  },
  {
    examples: [
      {
        team_id: "routing",
        organization_id: "aperture-freight",
        groups: ["default"],
        key_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
        key: "sk-0000000000000000000000000000000000000000000",
      },
    ],
  },
);

export const TeamView = Type.Object({
  team_id: Type.String(),
  organization_id: Type.String(),
  name: Type.String(),
  status: Type.Union([
    Type.Literal("active"),
    Type.Literal("suspended"),
    Type.Literal("paused"),
    Type.Literal("deleted"),
  ]),
  created_at: Type.String({ format: "date-time" }),
});
export type TeamView = Static<typeof TeamView>;

const team = {
  team_id: "routing",
  organization_id: "aperture-freight",
  name: "Routing",
  status: "active",
  created_at: "2026-11-23T12:00:00.000Z",
};

export const TeamList = Type.Object(
  { data: Type.Array(TeamView) },
  { examples: [{ data: [team] }] },
);

export const TeamDetailView = Type.Object(
  {
    ...TeamView.properties,
    default_alias: Type.Union([Type.String(), Type.Null()]),
    groups: Type.Array(Type.String()),
    wallet: WalletView,
    keys: Type.Array(KeyView),
  },
  {
    examples: [
      {
        ...team,
        default_alias: null,
        groups: ["default"],
        wallet: { balance: 1000, held: 0, available: 1000, credit_limit: 0 },
        keys: [],
      },
    ],
  },
);
export type TeamDetailView = Static<typeof TeamDetailView>;

export const TeamFilter = Type.Object(
  {
    organization_id: Type.Optional(
      Type.String({ ...Slug, description: "Only teams of this organization." }),
    ),
  },
  { additionalProperties: false },
);
