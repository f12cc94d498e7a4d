import { Type, type Static } from "@sinclair/typebox";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { Name, Slug, Version } from "../organizations/schema.ts";
import { ApiBase, ApiKey } from "./fields.ts";
import { SearchText } from "./schema.ts";
import { nullable } from "../http/shapes.ts";

const example = {
  credential_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  name: "OpenAI, production",
  has_key: true,
  last_four: "x9Qf",
  api_base: null,
  organization_id: null,
  organization_name: null,
  enabled: true,
  models: ["chat-fast"],
  version: 1,
  created_at: "2026-11-23T12:00:00.000Z",
  updated_at: "2026-11-23T12:00:00.000Z",
};

export const CredentialView = Type.Object(
  {
    credential_id: Type.String(),
    name: Type.String(),
    has_key: Type.Boolean({ description: "False: the provider is asked without a key." }),
    last_four: nullable(
      Type.String(),
      "The last characters of the key; null for a short one and for none.",
    ),
    api_base: nullable(Type.String(), "Base URL of the provider; null = its usual one."),
    organization_id: nullable(
      Type.String(),
      "Only calls of this organization's teams use it; null = everyone's.",
    ),
    organization_name: nullable(Type.String()),
    enabled: Type.Boolean({
      description: "False: the targets that use it take no calls.",
    }),
    models: Type.Array(Type.String(), { description: "Aliases with a target that uses it." }),
    version: Type.Integer(),
    created_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time" }),
  },
  { examples: [example] },
);
export type CredentialView = Static<typeof CredentialView>;

export const CredentialList = pageOf(CredentialView, [example]);

export const CredentialQuery = Type.Object(
  {
    ...pageQuery,
    search: Type.Optional(SearchText),
    organization_id: Type.Optional(
      Type.String({ ...Slug, description: "Only those of this organization." }),
    ),
  },
  { additionalProperties: false },
);

export const CredentialCreate = Type.Object(
  {
    name: Name,
    api_key: Type.Optional(ApiKey),
    api_base: Type.Optional(ApiBase),
    organization_id: Type.Optional(
      Type.String({
        ...Slug,
        description: "Only calls of this organization's teams use it. Absent = everyone's.",
      }),
    ),
    enabled: Type.Optional(Type.Boolean({ description: "True when absent." })),
  },
  {
    additionalProperties: false,
    examples: [{ name: "OpenAI, production", api_key: "sk-of-the-provider" }],
  },
);

export const CredentialChange = Type.Object(
  {
    name: Type.Optional(Name),
    api_key: Type.Optional(nullable(ApiKey, "A new key of the provider; null = none is wanted.")),
    api_base: Type.Optional(nullable(ApiBase, "Null = the provider's usual one.")),
    enabled: Type.Optional(Type.Boolean()),
    version: Type.Optional(Version),
  },
  { additionalProperties: false, examples: [{ enabled: false, version: 1 }] },
);

export const CredentialTest = Type.Object(
  {
    provider: Type.Optional(
      Type.String({
        pattern: "^[a-z0-9_]{1,64}$",
        said: "of 1 to 64 lower-case letters, digits and _",
        description:
          "The provider as model strings begin with it; absent = that of a target that uses the credential, else `openai`.",
        examples: ["anthropic"],
      }),
    ),
  },
  { additionalProperties: false, examples: [{ provider: "openai" }] },
);

export const CredentialTestResult = Type.Object(
  {
    result: Type.Union(
      [
        Type.Literal("ok"),
        Type.Literal("refused"),
        Type.Literal("unreachable"),
        Type.Literal("unsupported"),
      ],
      {
        description:
          "`ok`: the provider took the key. `refused`: it did not. `unreachable`: no answer that tells. `unsupported`: it has nothing to ask for that costs nothing.",
      },
    ),
    provider: Type.String(),
    http_status: nullable(Type.Integer(), "What the provider answered; null = nothing."),
    detail: Type.String({ description: "In a sentence. Never the key." }),
  },
  {
    examples: [
      {
        result: "ok",
        provider: "openai",
        http_status: 200,
        detail: "The provider took the key.",
      },
    ],
  },
);
export type CredentialTestResult = Static<typeof CredentialTestResult>;
