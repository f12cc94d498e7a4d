import { Type, type Static } from "@sinclair/typebox";
import { actorFields } from "../audit/schema.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { line, Metadata } from "../jobs/fields.ts";
import { slugPattern } from "../kernel/slugs.ts";
import { instant, nullable } from "../http/shapes.ts";

/** A name for people: one line with something in it. */
export const Name = Type.String({
  minLength: 1,
  maxLength: 200,
  // Control characters would break terminals, and PostgreSQL stores no NUL.
  pattern: "^(?=.*\\S)[^\\u0000-\\u001f\\u007f]+$",
  said: "not blank and without control characters",
  description: "One line, not blank.",
  examples: ["Aperture Freight"],
});

/** The id of an organization, a team or an access group. */
export const Slug = Type.String({
  pattern: slugPattern,
  said: "of 1 to 63 lower-case letters, digits and inner hyphens",
  description: "1 to 63 lower-case letters, digits and inner hyphens.",
  examples: ["aperture-freight"],
});

/** What a change was made from. */
export const Version = Type.Integer({
  minimum: 1,
  maximum: 2_147_483_647,
  description:
    "The version that the change was made from; any other is refused. Absent = change it whatever it is.",
  examples: [3],
});

export const Reason = line(500, "Why, for the history.", "invoice 2026-118 unpaid");

/** What both kinds of tenants are listed by. */
export const listQuery = {
  ...pageQuery,
  search: Type.Optional(
    line(200, "Only those with this in their name or id, in any case.", "freight"),
  ),
  sort: Type.Optional(
    Type.Union(
      [
        Type.Literal("name"),
        Type.Literal("-name"),
        Type.Literal("created_at"),
        Type.Literal("-created_at"),
      ],
      { description: "`-` = descending; by name when absent.", examples: ["-created_at"] },
    ),
  ),
};
export type ListSort = "name" | "-name" | "created_at" | "-created_at";

export const OrganizationCreate = Type.Object(
  {
    name: Name,
    id: Type.Optional(
      Type.String({ ...Slug, description: "Made from the name when absent. It never changes." }),
    ),
    metadata: Type.Optional(Metadata),
  },
  { additionalProperties: false, examples: [{ name: "Aperture Freight" }] },
);

export const OrganizationCreated = Type.Object(
  { organization_id: Slug, name: Name },
  { examples: [{ organization_id: "aperture-freight", name: "Aperture Freight" }] },
);

const organizationExample = {
  organization_id: "aperture-freight",
  name: "Aperture Freight",
  status: "active",
  status_reason: null,
  paused_until: null,
  metadata: {},
  team_count: 1,
  balance: 1000,
  created_at: "2026-11-23T12:00:00.000Z",
  updated_at: "2026-11-23T12:00:00.000Z",
  version: 1,
};

export const OrganizationStatus = Type.Union(
  [
    Type.Literal("active"),
    Type.Literal("suspended"),
    Type.Literal("paused"),
    Type.Literal("deleted"),
  ],
  {
    description: "Covers all teams of the organization. A pause that is over is none.",
    examples: ["active"],
  },
);
export type OrganizationStatus = Static<typeof OrganizationStatus>;

export const OrganizationView = Type.Object(
  {
    organization_id: Type.String(),
    name: Type.String(),
    status: OrganizationStatus,
    status_reason: nullable(Type.String(), "Why it is not active; null = no reason given."),
    paused_until: nullable(instant, "Of a pause; null = until somebody resumes it."),
    metadata: Metadata,
    team_count: Type.Integer({ description: "Teams that are not deleted." }),
    balance: Type.Number({ description: "Credits of these teams together." }),
    created_at: instant,
    updated_at: instant,
    version: Type.Integer({ description: "Raised by every change." }),
  },
  { $id: "Organization", examples: [organizationExample] },
);
export type OrganizationView = Static<typeof OrganizationView>;

export const OrganizationList = pageOf(OrganizationView, [organizationExample]);

export const OrganizationQuery = Type.Object(
  {
    ...listQuery,
    status: Type.Optional(
      Type.Union(OrganizationStatus.anyOf, {
        description: "Only those in this state; all but deleted ones when absent.",
        examples: ["suspended"],
      }),
    ),
    plan: Type.Optional(
      Type.String({
        ...Slug,
        description: "Only those with this plan of their own, now or later.",
      }),
    ),
  },
  { additionalProperties: false },
);

export const OrganizationChange = Type.Object(
  {
    name: Type.Optional(Name),
    metadata: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: "Replaces the whole; at most 16 KiB.",
      }),
    ),
    version: Type.Optional(Version),
  },
  { additionalProperties: false, examples: [{ name: "Aperture Freight Ltd", version: 1 }] },
);

export const StatusReason = Type.Object(
  { reason: Type.Optional(Reason) },
  { additionalProperties: false, examples: [{ reason: "invoice 2026-118 unpaid" }] },
);

export const Pause = Type.Object(
  {
    until: Type.Optional(
      Type.String({
        format: "date-time",
        description: "When it ends by itself, in the future; absent = when somebody resumes it.",
      }),
    ),
    reason: Type.Optional(Reason),
  },
  {
    additionalProperties: false,
    examples: [{ until: "2026-12-01T00:00:00.000Z", reason: "trial over" }],
  },
);

export const DeleteQuery = Type.Object(
  { reason: Type.Optional(Reason) },
  { additionalProperties: false },
);

const statusChangeExample = {
  status: "suspended",
  paused_until: null,
  reason: "invoice 2026-118 unpaid",
  actor: "cli",
  actor_name: null,
  created_at: "2026-11-23T12:00:00.000Z",
};

export const StatusChangeView = Type.Object({
  status: Type.String({ description: "The state from then on." }),
  paused_until: nullable(instant, "Of a pause; null = until somebody resumes it."),
  reason: nullable(Type.String(), "Null = none given."),
  ...actorFields,
  created_at: instant,
});
export type StatusChangeView = Static<typeof StatusChangeView>;

export const StatusHistory = pageOf(StatusChangeView, [statusChangeExample]);

export const PageQuery = Type.Object(pageQuery, { additionalProperties: false });
