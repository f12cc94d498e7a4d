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

/** The wire shapes of the team API: what a key sees of its own team. */
export const TeamIdParameter = Type.String({
  description: "The key's own team.",
  examples: ["routing"],
});

const ownTeamExample = {
  team_id: "routing",
  name: "Routing",
  status: "active",
  resumes_at: null,
  default_model: "chat-fast",
  job_type_models: {},
  plan: "Jobs and calls are not charged.",
  limits: { metadata_bytes: 16384 },
  wallet: { balance: 1000, held: 0, available: 1000, credit_limit: 0 },
};

export const OwnTeam = Type.Object(
  {
    team_id: Type.String(),
    name: Type.String(),
    status: Type.Union([Type.Literal("active"), Type.Literal("paused")]),
    resumes_at: Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
      description: "Of a paused team; null = when somebody resumes it.",
    }),
    default_model: Type.Union([Type.String(), Type.Null()], {
      description: "Used by chat calls that name no model.",
    }),
    job_type_models: Type.Record(Type.String(), Type.String(), {
      description: "Job type → the model of its calls that name none.",
    }),
    plan: Type.String({ description: "How jobs are charged, in words." }),
    limits: Type.Object({ metadata_bytes: Type.Integer() }),
    wallet: WalletView,
  },
  { $id: "Team", examples: [ownTeamExample] },
);
export type OwnTeamView = Static<typeof OwnTeam>;

export const Me = Type.Object(
  { key: Type.Object({ key_id: Type.String(), name: Type.String() }), team: OwnTeam },
  {
    examples: [
      {
        key: { key_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10", name: "production" },
        team: ownTeamExample,
      },
    ],
  },
);
