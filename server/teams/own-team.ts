import { Type, type Static } from "@sinclair/typebox";
import { TeamBudgetView } from "../budgets/schema.ts";
import { WalletView } from "../credits/schema.ts";
import { callLimitExample, CallLimitView } from "../limits/schema.ts";

/** The wire shapes of the team API: what a key sees of its own team. */

const ownTeamExample = {
  team_id: "routing",
  name: "Routing",
  status: "active",
  resumes_at: null,
  default_model: "chat-fast",
  job_type_models: {},
  plan: "A completed job costs 1 credit. Failed and cancelled jobs are free; of those with successful calls, 10 a month.",
  limits: { metadata_bytes: 16384, calls: [callLimitExample] },
  budgets: [
    {
      scope: "team",
      kind: "hard",
      period: "month",
      used_percent: 16.7,
      resets_at: "2026-12-01T00:00:00.000Z",
    },
  ],
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
    plan: Type.String({ description: "How jobs and calls are charged now, in words." }),
    limits: Type.Object({
      metadata_bytes: Type.Integer({ description: "The largest metadata of a job." }),
      calls: Type.Array(CallLimitView, {
        description:
          "How much may be called at once and in any 60 seconds, and what is left: by the team, and by this key. Empty = no limits.",
      }),
    }),
    budgets: Type.Array(TeamBudgetView, {
      description:
        "The budgets that calls with this key are under: its own, the team's, the organization's.",
    }),
    wallet: WalletView,
  },
  { $id: "Team", examples: [ownTeamExample] },
);
export type OwnTeamView = Static<typeof OwnTeam>;

export const Me = Type.Object(
  {
    key: Type.Object({
      key_id: Type.String(),
      name: Type.String(),
      mode: Type.Union([Type.Literal("live"), Type.Literal("test")], {
        description:
          "`test`: jobs, credits and usage are a sandbox's, and the built-in provider answers.",
      }),
    }),
    team: OwnTeam,
  },
  {
    examples: [
      {
        key: { key_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10", name: "production", mode: "live" },
        team: ownTeamExample,
      },
    ],
  },
);
