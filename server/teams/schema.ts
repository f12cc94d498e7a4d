import { Type, type Static } from "@sinclair/typebox";
import { amount } from "../http/amounts.ts";
import { WalletView } from "../credits/schema.ts";
import { pageOf } from "../http/pagination.ts";
import { line, Metadata } from "../jobs/fields.ts";
import { KeyView, Limits, LimitsChange } from "../keys/schema.ts";
import { listQuery, Name, OrganizationStatus, Slug, Version } from "../organizations/schema.ts";
import { instantOrNull, nullable, textOrNull } from "../http/shapes.ts";

export const TeamCreate = Type.Object(
  {
    name: Name,
    organization_id: Slug,
    id: Type.Optional(
      Type.String({ ...Slug, description: "Made from the name when absent. It never changes." }),
    ),
    credits: Type.Optional(
      amount({
        description: "Credits of the first allocation. Absent or 0 = an empty wallet.",
        examples: [1000],
      }),
    ),
    groups: Type.Optional(
      Type.Array(Slug, {
        maxItems: 50,
        description: "Model access groups; absent or empty = `default`.",
      }),
    ),
    metadata: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: "What you want to keep with it, such as your own id of it; at most 16 KiB.",
        examples: [{ crm: 4711 }],
      }),
    ),
    limits: Type.Optional(LimitsChange),
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

const TeamStatus = Type.Union(
  [
    Type.Literal("active"),
    Type.Literal("suspended"),
    Type.Literal("paused"),
    Type.Literal("deleted"),
  ],
  {
    description: "Its own state; that of its organization covers it. A pause that is over is none.",
    examples: ["active"],
  },
);
export type TeamStatus = Static<typeof TeamStatus>;

const teamExample = {
  team_id: "routing",
  organization_id: "aperture-freight",
  name: "Routing",
  status: "active",
  status_reason: null,
  paused_until: null,
  organization_status: "active",
  default_alias: null,
  created_at: "2026-11-23T12:00:00.000Z",
  updated_at: "2026-11-23T12:00:00.000Z",
  version: 1,
};

export const TeamView = Type.Object(
  {
    team_id: Type.String(),
    organization_id: Type.String(),
    name: Type.String(),
    status: TeamStatus,
    status_reason: textOrNull("Why it is not active; null = no reason given."),
    paused_until: instantOrNull("Of a pause; null = until somebody resumes it."),
    organization_status: OrganizationStatus,
    default_alias: textOrNull("The model of chat calls that name none; null = none set."),
    created_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time" }),
    version: Type.Integer({ description: "Raised by every change." }),
  },
  { $id: "TeamOfOrganization", examples: [teamExample] },
);
export type TeamView = Static<typeof TeamView>;

const listedExample = {
  ...teamExample,
  organization_name: "Aperture Freight",
  balance: 1000,
  available: 990,
  low_balance: false,
  charged_by_day: Array.from({ length: 30 }, (_, index) => index % 4),
  last_used_at: "2026-11-23T12:04:00.000Z",
};

/** A team as the list shows it. */
export const ListedTeamView = Type.Object(
  {
    ...TeamView.properties,
    organization_name: Type.String(),
    balance: Type.Number({ description: "Credits, as of the wallet's last change." }),
    available: nullable(Type.Number(), "balance + credit_limit − held; null = unlimited."),
    low_balance: Type.Boolean({
      description:
        "Less is available than nothing, or than its low-balance threshold, else the platform's.",
    }),
    charged_by_day: Type.Array(Type.Number(), {
      description:
        "Credits that jobs were charged, by the UTC day of their creation: the last 30 days, today last, up to a minute ago.",
    }),
    last_used_at: instantOrNull("Of the key used last, to the minute; null = none was used."),
  },
  { $id: "ListedTeam", examples: [listedExample] },
);
export type ListedTeamView = Static<typeof ListedTeamView>;

export const TeamList = pageOf(ListedTeamView, [listedExample]);

const TeamSort = Type.Union(
  [...listQuery.sort.anyOf, Type.Literal("balance"), Type.Literal("-balance")],
  { description: "`-` = descending; by name when absent.", examples: ["balance"] },
);
export type TeamSort = Static<typeof TeamSort>;

const JobTypeAliases = Type.Record(Type.String(), Type.String({ minLength: 1, maxLength: 128 }), {
  description: "Job type → the model of its chat calls that name none.",
  examples: [{ invoice_check: "chat-fast" }],
});

export const TeamDetailView = Type.Object(
  {
    ...TeamView.properties,
    job_type_aliases: JobTypeAliases,
    limits: Limits,
    metadata: Metadata,
    groups: Type.Array(Type.String()),
    wallet: WalletView,
    keys: Type.Array(KeyView),
  },
  {
    examples: [
      {
        ...teamExample,
        job_type_aliases: {},
        limits: { requests_per_minute: null, tokens_per_minute: null, concurrent_calls: null },
        metadata: {},
        groups: ["default"],
        wallet: { balance: 1000, held: 0, available: 1000, credit_limit: 0 },
        keys: [],
      },
    ],
  },
);
export type TeamDetailView = Static<typeof TeamDetailView>;

export const TeamQuery = Type.Object(
  {
    ...listQuery,
    search: Type.Optional(
      line(
        200,
        "Only those with this in their name or id, or their organization's name, in any case.",
        "freight",
      ),
    ),
    sort: Type.Optional(TeamSort),
    organization_id: Type.Optional(
      Type.String({ ...Slug, description: "Only teams of this organization." }),
    ),
    status: Type.Optional(
      Type.Union(TeamStatus.anyOf, {
        description: "Only those in this state; all but deleted ones when absent.",
        examples: ["paused"],
      }),
    ),
    plan: Type.Optional(
      Type.String({
        ...Slug,
        description: "Only those with this plan of their own, now or later.",
      }),
    ),
    group: Type.Optional(
      Type.String({
        ...Slug,
        description: "Only those that this model access group is granted to.",
      }),
    ),
    alias: Type.Optional(line(128, "Only those that may use this model alias.", "chat-fast")),
    balance: Type.Optional(
      Type.Literal("low", { description: "Only those whose `low_balance` is true." }),
    ),
  },
  { additionalProperties: false },
);

const aliases = {
  default_alias: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: 128 }), Type.Null()], {
      description: "The model of chat calls that name none, one that is granted; null = none.",
      examples: ["chat-fast"],
    }),
  ),
  job_type_aliases: Type.Optional(
    Type.Record(Type.String(), Type.String({ minLength: 1, maxLength: 128 }), {
      description:
        "Job type → the model of its chat calls that name none, one that is granted. Replaces the whole.",
      examples: [{ invoice_check: "chat-fast" }],
    }),
  ),
};

export const TeamChange = Type.Object(
  {
    name: Type.Optional(Name),
    metadata: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: "Replaces the whole; at most 16 KiB.",
      }),
    ),
    ...aliases,
    limits: Type.Optional(LimitsChange),
    version: Type.Optional(Version),
  },
  { additionalProperties: false, examples: [{ default_alias: "chat-fast", version: 1 }] },
);
export type TeamChange = Static<typeof TeamChange>;

export const TeamAccess = Type.Object(
  {
    team_id: Type.String(),
    groups: Type.Array(Type.String(), { description: "The groups granted." }),
    models: Type.Array(Type.String(), { description: "The active models that they hold." }),
    default_alias: textOrNull("The model of chat calls that name none; null = none set."),
    job_type_aliases: JobTypeAliases,
    version: Type.Integer({ description: "Of the team." }),
  },
  {
    examples: [
      {
        team_id: "routing",
        groups: ["default"],
        models: ["chat-fast", "vectors"],
        default_alias: "chat-fast",
        job_type_aliases: {},
        version: 2,
      },
    ],
  },
);
export type TeamAccess = Static<typeof TeamAccess>;

export const TeamAccessChange = Type.Object(
  {
    groups: Type.Array(Slug, {
      maxItems: 50,
      description: "All groups that the team is granted from now on; empty = no models.",
    }),
    ...aliases,
    version: Type.Optional(Version),
  },
  { additionalProperties: false, examples: [{ groups: ["default", "large"], version: 2 }] },
);
export type TeamAccessChange = Static<typeof TeamAccessChange>;

/** The wire shapes of the team API: what a key sees of its own team. */
export const TeamIdParameter = Type.String({
  description: "The key's own team.",
  examples: ["routing"],
});
