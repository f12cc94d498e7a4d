import { Type, type Static } from "@sinclair/typebox";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { Name, Version } from "../organizations/schema.ts";
import { instantOrNull } from "../http/shapes.ts";

const count = (description: string, example: number) =>
  Type.Union([Type.Integer({ minimum: 1, maximum: 2_147_483_647 }), Type.Null()], {
    description: `${description}; null = no limit.`,
    examples: [example],
  });

const limits = {
  requests_per_minute: count("Requests a minute", 600),
  tokens_per_minute: count("Tokens a minute", 200_000),
  concurrent_calls: count("Calls in flight at once", 20),
};
const limitsExample = { requests_per_minute: 600, tokens_per_minute: null, concurrent_calls: 20 };

/** The limits of a team or a key as they are read. */
export const Limits = Type.Object(limits, { $id: "Limits", examples: [limitsExample] });
export type Limits = Static<typeof Limits>;

/** As they are set: the whole at once, what is left out has no limit. */
export const LimitsChange = Type.Object(
  {
    requests_per_minute: Type.Optional(limits.requests_per_minute),
    tokens_per_minute: Type.Optional(limits.tokens_per_minute),
    concurrent_calls: Type.Optional(limits.concurrent_calls),
  },
  {
    additionalProperties: false,
    description: "Replaces the whole; what is left out has no limit.",
    examples: [limitsExample],
  },
);
export type LimitsChange = Static<typeof LimitsChange>;

const IpAllowList = Type.Array(Type.String({ minLength: 1, maxLength: 50 }), {
  maxItems: 100,
  description:
    "Addresses and CIDR blocks, IPv4 or IPv6, from which the key may be used; empty = from anywhere.",
  examples: [["203.0.113.0/24", "2001:db8::/32"]],
});

const AllowedOrigins = Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
  maxItems: 50,
  description:
    "Origins of pages from which the key may be used, and for which it may make browser tokens; empty = no pages.",
  examples: [["https://app.example.com"]],
});

export const KeyIdParameter = Type.String({
  description: "Id of a virtual key.",
  examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
});

const Mode = Type.Union([Type.Literal("live"), Type.Literal("test")], {
  description:
    "`test`: works in the team's sandbox, with jobs, credits and usage of its own, answered by the built-in provider.",
});

export const KeyCreate = Type.Object(
  {
    name: Type.Optional(Type.String({ ...Name, default: "key" })),
    mode: Type.Optional(Type.Union(Mode.anyOf, { ...Mode, default: "live" })),
    expires_at: Type.Optional(
      Type.String({ format: "date-time", description: "In the future; absent = never." }),
    ),
    ip_allow_list: Type.Optional(IpAllowList),
    allowed_origins: Type.Optional(AllowedOrigins),
    limits: Type.Optional(LimitsChange),
  },
  { additionalProperties: false, examples: [{ name: "production" }] },
);

export const KeyChange = Type.Object(
  {
    name: Type.Optional(Name),
    expires_at: Type.Optional(instantOrNull("In the future; null = never.")),
    ip_allow_list: Type.Optional(IpAllowList),
    allowed_origins: Type.Optional(AllowedOrigins),
    limits: Type.Optional(LimitsChange),
    version: Type.Optional(Version),
  },
  {
    additionalProperties: false,
    examples: [{ ip_allow_list: ["203.0.113.0/24"], version: 1 }],
  },
);

export const DEFAULT_GRACE_SECONDS = 86_400;

export const KeyRotation = Type.Object(
  {
    grace_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2_592_000,
        default: DEFAULT_GRACE_SECONDS,
        description:
          "How long the old key goes on working, unless it ends sooner by itself; a day when absent, 0 = not at all.",
        examples: [3600],
      }),
    ),
    expires_at: Type.Optional(
      Type.String({
        format: "date-time",
        description: "When the new key expires, in the future; absent = never.",
      }),
    ),
  },
  { additionalProperties: false, examples: [{ grace_seconds: 3600 }] },
);

const keyCreatedExample = {
  key_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  team_id: "routing",
  name: "production",
  key: "sk-0000000000000000000000000000000000000000000",
  expires_at: null,
};

export const KeyCreated = Type.Object(
  {
    key_id: Type.String(),
    team_id: Type.String(),
    name: Type.String(),
    key: Type.String({ description: "The secret. It is shown this once." }),
    expires_at: instantOrNull("Null = never."),
  },
  { examples: [keyCreatedExample] },
);

export const KeyRotated = Type.Object(
  {
    ...KeyCreated.properties,
    rotated_from: Type.String({ description: "The old key." }),
    old_key_works_until: Type.String({ format: "date-time" }),
  },
  {
    examples: [
      {
        ...keyCreatedExample,
        rotated_from: "019aaf3c-5b10-7c11-9d1b-2f9d1b6d2a10",
        old_key_works_until: "2026-11-23T13:00:00.000Z",
      },
    ],
  },
);

const keyExample = {
  key_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  team_id: "routing",
  name: "production",
  mode: "live",
  status: "active",
  prefix: "sk-Ab3d",
  last_four: "x9_Q",
  ip_allow_list: ["203.0.113.0/24"],
  allowed_origins: [],
  limits: limitsExample,
  created_at: "2026-11-23T12:00:00.000Z",
  expires_at: null,
  revoked_at: null,
  last_used_at: "2026-11-23T12:04:00.000Z",
  rotated_from: null,
  version: 1,
};

/** A key as it is read: never the secret. */
export const KeyView = Type.Object(
  {
    key_id: Type.String(),
    team_id: Type.String(),
    name: Type.String(),
    mode: Mode,
    status: Type.Union([Type.Literal("active"), Type.Literal("expired"), Type.Literal("revoked")]),
    prefix: Type.String({ description: "Its first characters." }),
    last_four: Type.String({ description: "Its last characters." }),
    ip_allow_list: IpAllowList,
    allowed_origins: AllowedOrigins,
    limits: Limits,
    created_at: Type.String({ format: "date-time" }),
    expires_at: instantOrNull("Null = never."),
    revoked_at: instantOrNull("Null = not revoked."),
    last_used_at: instantOrNull("To the minute; null = never used."),
    rotated_from: Type.Union([Type.String(), Type.Null()], {
      description: "The key that it took over from.",
    }),
    version: Type.Integer({ description: "Raised by every change." }),
  },
  { $id: "Key", examples: [keyExample] },
);
export type KeyView = Static<typeof KeyView>;

export const KeyList = pageOf(KeyView, [keyExample]);

export const KeyQuery = Type.Object(pageQuery, { additionalProperties: false });
