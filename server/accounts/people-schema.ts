import { Type, type Static } from "@sinclair/typebox";
import { instant, instantOrNull, nullable, textOrNull } from "../http/shapes.ts";
import { Name } from "../organizations/schema.ts";
import { accountExample, AccountView, Email, RoleName, ScopeName } from "./schema.ts";

const closed = { additionalProperties: false };
const id = "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10";
const madeAt = "2026-11-23T12:00:00.000Z";
const endsAt = "2026-11-24T00:00:00.000Z";
const link_token = "0000000000000000000000000000000000000000000";

export const AccountList = Type.Object(
  { data: Type.Array(AccountView) },
  { examples: [{ data: [accountExample] }] },
);
export type AccountList = Static<typeof AccountList>;

export const RoleChange = Type.Object(
  { role: RoleName, version: Type.Integer({ description: "Of the account as it was read." }) },
  { ...closed, examples: [{ role: "admin", version: 1 }] },
);
export type RoleChange = Static<typeof RoleChange>;

export const InvitationCreate = Type.Object(
  { email: Email, role: RoleName },
  { ...closed, examples: [{ email: "grace@example.com", role: "support" }] },
);
export type InvitationCreate = Static<typeof InvitationCreate>;

const invitationExample = {
  ...{ invitation_id: id, email: "grace@example.com", role: "support", invited_by: `user:${id}` },
  ...{ created_at: madeAt, expires_at: endsAt },
};

export const InvitationView = Type.Object(
  {
    invitation_id: Type.String(),
    email: Type.String(),
    role: RoleName,
    invited_by: Type.String({ description: "As the audit log names it." }),
    created_at: instant,
    expires_at: instant,
  },
  { $id: "Invitation", examples: [invitationExample] },
);
export type InvitationView = Static<typeof InvitationView>;

export const InvitationList = Type.Object(
  { data: Type.Array(InvitationView) },
  { examples: [{ data: [invitationExample] }] },
);
export type InvitationList = Static<typeof InvitationList>;

export const InvitationCreated = Type.Object(
  { invitation_id: Type.String(), url: Type.String(), expires_at: instant },
  {
    examples: [
      {
        invitation_id: id,
        url: `http://127.0.0.1:3002/invitation#token=${link_token}`,
        expires_at: endsAt,
      },
    ],
  },
);
export type InvitationCreated = Static<typeof InvitationCreated>;

export const TokenCreate = Type.Object(
  {
    name: Name,
    role: Type.Optional(RoleName),
    scopes: Type.Optional(
      Type.Array(ScopeName, {
        minItems: 1,
        uniqueItems: true,
        description:
          "Areas that it is limited to, for reading or for changes, which includes reading; whatever the role may when absent.",
      }),
    ),
    expires_at: Type.Optional(
      Type.String({ format: "date-time", description: "It does not end by itself when absent." }),
    ),
  },
  {
    ...closed,
    examples: [{ name: "billing sync", role: "billing", scopes: ["money:read", "reports:read"] }],
  },
);
export type TokenCreate = Static<typeof TokenCreate>;

const tokenExample = {
  ...{ token_id: id, name: "billing sync", last_four: "0000", role: "billing" },
  ...{ scopes: ["money:read"], made_by: "ada@example.com", created_at: madeAt },
  ...{ expires_at: endsAt, last_used_at: null },
};

export const TokenView = Type.Object(
  {
    token_id: Type.String(),
    name: Type.String(),
    last_four: Type.String(),
    role: RoleName,
    scopes: nullable(Type.Array(ScopeName), "Null = whatever the role may."),
    made_by: textOrNull("E-mail of whose account made it; null = a command on the server."),
    created_at: instant,
    expires_at: instantOrNull("Null = it does not end by itself."),
    last_used_at: instantOrNull("To the minute; null = never."),
  },
  { $id: "ApiToken", examples: [tokenExample] },
);
export type TokenView = Static<typeof TokenView>;

export const TokenList = Type.Object(
  { data: Type.Array(TokenView) },
  { examples: [{ data: [tokenExample] }] },
);
export type TokenList = Static<typeof TokenList>;

export const TokenCreated = Type.Object(
  {
    token_id: Type.String(),
    name: Type.String(),
    role: RoleName,
    token: Type.String({ description: "The secret. It is shown this once." }),
  },
  {
    examples: [{ token_id: id, name: "billing sync", role: "billing", token: `slt-${link_token}` }],
  },
);
export type TokenCreated = Static<typeof TokenCreated>;
