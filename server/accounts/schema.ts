import { Type, type Static } from "@sinclair/typebox";
import { instant, instantOrNull, nullable, textOrNull } from "../http/shapes.ts";
import { Name } from "../organizations/schema.ts";
import type { Area } from "./areas.ts";

const closed = { additionalProperties: false };

export const RoleName = Type.Union(
  [
    Type.Literal("owner"),
    Type.Literal("admin"),
    Type.Literal("billing"),
    Type.Literal("support"),
    Type.Literal("viewer"),
  ],
  {
    description:
      "By rank: owner, admin, then billing (wallets, plans, budgets) beside support (keys, state of tenants), viewer (reads).",
    examples: ["support"],
  },
);

export const Email = Type.String({
  maxLength: 254,
  pattern: '^[^\\s@<>",;\\\\]+@[^\\s@<>",;\\\\]+$',
  said: "an e-mail address",
  description: "An e-mail address; upper and lower case are one.",
  examples: ["ada@example.com"],
});

const NewPassword = Type.String({
  minLength: 12,
  maxLength: 200,
  description: "12 to 200 characters of any kind.",
  examples: ["correct horse battery staple"],
});

/** What is compared and not stored may be of any form. */
const Password = Type.String({
  minLength: 1,
  maxLength: 1000,
  description: "The account's password.",
  examples: ["correct horse battery staple"],
});

const LinkToken = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "What stands behind `#token=` in the link.",
  examples: ["0000000000000000000000000000000000000000000"],
});

const Code = Type.String({
  minLength: 1,
  maxLength: 40,
  description: "Six digits of the authenticator app, or a backup code. Each is good once.",
  examples: ["123456"],
});

const scopesOf = <Name extends Area>(area: Name) =>
  [Type.Literal(`${area}:read` as const), Type.Literal(`${area}:write` as const)] as const;

export const ScopeName = Type.Union(
  [
    ...scopesOf("tenants"),
    ...scopesOf("money"),
    ...scopesOf("models"),
    ...scopesOf("jobs"),
    ...scopesOf("reports"),
    ...scopesOf("platform"),
    ...scopesOf("accounts"),
  ],
  { examples: ["tenants:read"] },
);

const id = "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10";
const madeAt = "2026-11-23T12:00:00.000Z";
const endsAt = "2026-11-24T00:00:00.000Z";
const password = "correct horse battery staple";
const link_token = "0000000000000000000000000000000000000000000";

/** Who the caller is. */
export const Session = Type.Object(
  {
    kind: Type.Union([Type.Literal("session"), Type.Literal("token"), Type.Literal("cli")], {
      description: "How the caller proved itself.",
    }),
    role: RoleName,
    scopes: nullable(Type.Array(ScopeName), "Of a token; null = whatever the role may."),
    account: nullable(
      Type.Object({ account_id: Type.String(), email: Type.String(), name: Type.String() }),
      "Whose session it is; null = a token or command.",
    ),
    expires_at: instantOrNull("Null = it does not end by itself."),
  },
  {
    $id: "Session",
    examples: [
      {
        ...{ kind: "session", role: "owner", scopes: null, expires_at: endsAt },
        account: { account_id: id, email: "ada@example.com", name: "Ada Byron" },
      },
    ],
  },
);
export type Session = Static<typeof Session>;

export const SetupState = Type.Object(
  { owner_exists: Type.Boolean({ description: "False = a set-up link makes the first owner." }) },
  { examples: [{ owner_exists: true }] },
);
export type SetupState = Static<typeof SetupState>;

export const SetUp = Type.Object(
  { setup_token: LinkToken, email: Email, name: Name, password: NewPassword },
  {
    ...closed,
    examples: [{ setup_token: link_token, email: "ada@example.com", name: "Ada Byron", password }],
  },
);
export type SetUp = Static<typeof SetUp>;

export const SignIn = Type.Object(
  {
    // Of any form: what is no account's is refused as a wrong password is.
    email: Type.String({ minLength: 1, maxLength: 254, description: "As the account has it." }),
    password: Password,
    code: Type.Optional(Code),
  },
  { ...closed, examples: [{ email: "ada@example.com", password, code: "123456" }] },
);
export type SignIn = Static<typeof SignIn>;

export const LinkView = Type.Object(
  {
    url: Type.String({ description: "Open it in a browser. It works once." }),
    expires_at: instant,
  },
  {
    $id: "Link",
    examples: [{ url: `http://127.0.0.1:3002/setup#token=${link_token}`, expires_at: endsAt }],
  },
);
export type LinkView = Static<typeof LinkView>;

export const LinkRead = Type.Object(
  { token: LinkToken },
  { ...closed, examples: [{ token: link_token }] },
);

export const InvitedView = Type.Object(
  { email: Type.String(), role: RoleName, expires_at: instant },
  { examples: [{ email: "grace@example.com", role: "support", expires_at: endsAt }] },
);
export type InvitedView = Static<typeof InvitedView>;

export const InvitationAccept = Type.Object(
  { token: LinkToken, name: Name, password: NewPassword },
  { ...closed, examples: [{ token: link_token, name: "Grace Hopper", password }] },
);
export type InvitationAccept = Static<typeof InvitationAccept>;

export const PasswordSet = Type.Object(
  { token: LinkToken, password: NewPassword },
  { ...closed, examples: [{ token: link_token, password }] },
);
export type PasswordSet = Static<typeof PasswordSet>;

const accountFields = {
  account_id: Type.String(),
  email: Type.String(),
  name: Type.String(),
  role: RoleName,
  second_factor: Type.Boolean({ description: "Whether signing in asks for a code too." }),
  awaits_password: Type.Boolean({
    description: "True = nobody can sign in until a reset link has set a password.",
  }),
  created_at: instant,
  last_sign_in_at: instantOrNull("Null = never."),
  version: Type.Integer({ description: "To be sent with a change." }),
};
export const accountExample = {
  ...{ account_id: id, email: "ada@example.com", name: "Ada Byron", role: "owner" },
  ...{ second_factor: true, awaits_password: false, created_at: madeAt, last_sign_in_at: madeAt },
  version: 1,
};

export const AccountView = Type.Object(accountFields, {
  $id: "Account",
  examples: [accountExample],
});
export type AccountView = Static<typeof AccountView>;

export const OwnAccountView = Type.Object(
  {
    ...accountFields,
    backup_codes: Type.Integer({ description: "How many are left." }),
  },
  { $id: "OwnAccount", examples: [{ ...accountExample, backup_codes: 10 }] },
);
export type OwnAccountView = Static<typeof OwnAccountView>;

export const OwnAccountChange = Type.Object(
  { name: Name },
  { ...closed, examples: [{ name: "Ada Lovelace" }] },
);

export const PasswordChange = Type.Object(
  { password: Password, new_password: NewPassword },
  { ...closed, examples: [{ password, new_password: "nine lives of a green cat" }] },
);
export type PasswordChange = Static<typeof PasswordChange>;

export const PasswordProof = Type.Object(
  { password: Password },
  { ...closed, examples: [{ password }] },
);

export const Enrolment = Type.Object(
  {
    secret: Type.String({ description: "To type into the app." }),
    uri: Type.String({ description: "To show as a QR code." }),
  },
  {
    examples: [
      {
        secret: "NQ7NN2Q6VU6RT5Q63SL2AJZJMHCE6PZJ",
        uri: "otpauth://totp/Admin:ada%40example.com?secret=NQ7NN2Q6VU6RT5Q63SL2AJZJMHCE6PZJ&issuer=Admin",
      },
    ],
  },
);
export type Enrolment = Static<typeof Enrolment>;

export const CodeProof = Type.Object({ code: Code }, { ...closed, examples: [{ code: "123456" }] });

export const BackupCodes = Type.Object(
  {
    backup_codes: Type.Array(Type.String(), {
      description: "Each is good once in place of a code. They are shown this once.",
    }),
  },
  { examples: [{ backup_codes: ["abcd-efgh-ijkm-npqr"] }] },
);
export type BackupCodes = Static<typeof BackupCodes>;

export const SessionView = Type.Object({
  session_id: Type.String(),
  current: Type.Boolean({ description: "Whether it is the one that asks." }),
  address: textOrNull("Where it was opened from; null = not known."),
  user_agent: textOrNull("What the browser called itself."),
  created_at: instant,
  last_seen_at: instantOrNull("To the minute."),
  expires_at: instant,
});
export type SessionView = Static<typeof SessionView>;

export const SessionList = Type.Object(
  { data: Type.Array(SessionView) },
  {
    examples: [
      {
        data: [
          {
            ...{ session_id: id, current: true, address: "203.0.113.7", user_agent: "Firefox" },
            ...{ created_at: madeAt, last_seen_at: madeAt, expires_at: endsAt },
          },
        ],
      },
    ],
  },
);
export type SessionList = Static<typeof SessionList>;
