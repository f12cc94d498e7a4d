import { Type, type Static } from "@sinclair/typebox";
import { slugPattern } from "../kernel/slugs.ts";

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

export const OrganizationCreate = Type.Object(
  {
    name: Name,
    id: Type.Optional(
      Type.String({
        ...Slug,
        description: "Made from the name when absent. It never changes.",
      }),
    ),
  },
  { additionalProperties: false, examples: [{ name: "Aperture Freight" }] },
);

export const OrganizationCreated = Type.Object(
  { organization_id: Slug, name: Name },
  { examples: [{ organization_id: "aperture-freight", name: "Aperture Freight" }] },
);

export const OrganizationView = Type.Object({
  organization_id: Type.String(),
  name: Type.String(),
  status: Type.Union([Type.Literal("active"), Type.Literal("suspended"), Type.Literal("deleted")]),
  team_count: Type.Integer(),
  created_at: Type.String({ format: "date-time" }),
});
export type OrganizationView = Static<typeof OrganizationView>;

export const OrganizationList = Type.Object(
  { data: Type.Array(OrganizationView) },
  {
    examples: [
      {
        data: [
          {
            organization_id: "aperture-freight",
            name: "Aperture Freight",
            status: "active",
            team_count: 1,
            created_at: "2026-11-23T12:00:00.000Z",
          },
        ],
      },
    ],
  },
);
