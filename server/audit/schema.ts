import { Type, type Static } from "@sinclair/typebox";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { nullable } from "../http/shapes.ts";

const text = (description: string, example: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 200, description, examples: [example] }));
const instant = (description: string, example: string) =>
  Type.Optional(Type.String({ format: "date-time", description, examples: [example] }));

const filters = {
  search: text(
    "Only what has this text in action, subject, actor, tenant or address, in any case.",
    "suspend",
  ),
  actor: text("Only what this one did: `cli`, `user:<id>`, `api-token:<id>`, `system`.", "cli"),
  action: text("Only this action; one that ends in a dot is a whole kind.", "team.suspend"),
  subject: text("Only what was done to it: its id, or `kind:id`.", "team:routing"),
  team: text("Only what concerns this team.", "routing"),
  organization: text("Only what concerns this organization.", "aperture-freight"),
  from: instant("From then on.", "2026-11-01T00:00:00Z"),
  to: instant("Before then.", "2026-12-01T00:00:00Z"),
};

export const AuditFilterQuery = Type.Object(filters, { additionalProperties: false });
export type AuditFilterQuery = Static<typeof AuditFilterQuery>;

export const AuditQuery = Type.Object(
  { ...pageQuery, ...filters },
  { additionalProperties: false },
);
export type AuditQuery = Static<typeof AuditQuery>;

const fields = (description: string) =>
  Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], { description });

const entryExample = {
  audit_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  created_at: "2026-11-23T12:00:00.000Z",
  actor: "cli",
  actor_name: null,
  address: "127.0.0.1",
  request_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  action: "team.suspend",
  subject_kind: "team",
  subject_id: "routing",
  organization_id: "aperture-freight",
  organization_name: "Aperture Freight",
  team_id: "routing",
  team_name: "Routing",
  before: { status: "active", status_reason: null },
  after: { status: "suspended", status_reason: "invoice 2026-118 unpaid" },
};

/** Who did something, in every answer that tells it. */
export const actorFields = {
  actor: Type.String({
    description: "Who did it: `user:<id>`, `api-token:<id>`, `key:<id>`, `cli`, `system`.",
  }),
  actor_name: nullable(
    Type.String(),
    "E-mail of an account, also of a removed one; name of a token or a key. Null = of none.",
  ),
};

export const AuditEntryView = Type.Object(
  {
    audit_id: Type.String(),
    created_at: Type.String({ format: "date-time" }),
    ...actorFields,
    address: nullable(Type.String(), "Where from; null = the server itself."),
    request_id: nullable(Type.String(), "As in the log; null = no request."),
    action: Type.String(),
    subject_kind: Type.String(),
    subject_id: Type.String(),
    organization_id: nullable(Type.String(), "Whose; null = the platform's."),
    organization_name: nullable(Type.String()),
    team_id: nullable(Type.String(), "Whose; null = of no team."),
    team_name: nullable(Type.String()),
    before: fields("What changed, as it was; null = it did not exist."),
    after: fields("What changed, as it is; null = it is gone."),
  },
  { $id: "AuditEntry", examples: [entryExample] },
);
export type AuditEntryView = Static<typeof AuditEntryView>;

export const AuditPage = pageOf(AuditEntryView, [entryExample]);
