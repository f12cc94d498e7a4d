import { Type, type Static } from "@sinclair/typebox";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { Slug, Version } from "../organizations/schema.ts";
import {
  AliasName,
  aliasFields,
  ApiBase,
  ApiKey,
  Limits,
  Mode,
  Status,
  targetFields,
  Timeouts,
} from "./fields.ts";
import { priceExample, priceViewFields } from "./price-fields.ts";
import { instant, nullable } from "../http/shapes.ts";

const TargetChange = Type.Object(
  {
    target_id: Type.Optional(
      Type.String({ format: "uuid", description: "The target that this one replaces." }),
    ),
    ...targetFields,
  },
  { additionalProperties: false },
);

export const ModelCreate = Type.Object(
  {
    alias: AliasName,
    ...aliasFields,
    ...targetFields,
    api_base: Type.Optional(ApiBase),
    api_key: Type.Optional(ApiKey),
    group: Type.Optional(
      Type.String({ ...Slug, description: "Access group, made at need; absent = `default`." }),
    ),
  },
  {
    additionalProperties: false,
    examples: [
      { alias: "chat-fast", model: "openai/gpt-5-mini", input_price: 0.25, output_price: 2 },
    ],
  },
);

const PriceSource = Type.Union([Type.Literal("operator"), Type.Literal("book")], {
  description: "Whether the prices were given or come from the gateway's price book.",
});

export const ModelCreated = Type.Object(
  {
    alias: Type.String(),
    mode: Mode,
    group: Type.String(),
    price_source: PriceSource,
    input_price: Type.Number(),
    output_price: Type.Number(),
    version: Type.Integer(),
  },
  {
    examples: [
      {
        ...{ alias: "chat-fast", mode: "chat", group: "default", price_source: "operator" },
        ...{ input_price: 0.25, output_price: 2, version: 1 },
      },
    ],
  },
);

export const ModelChange = Type.Object(
  {
    ...aliasFields,
    targets: Type.Optional(
      Type.Array(TargetChange, {
        minItems: 1,
        maxItems: 20,
        description:
          "Replaces all targets, in this order. One with a `target_id` stays the same target; one without prices takes those of the price book.",
      }),
    ),
    version: Type.Optional(Version),
  },
  {
    additionalProperties: false,
    examples: [{ version: 1, cache_ttl_seconds: 3_600, default_output_tokens: 1_024 }],
  },
);

export const TargetView = Type.Object({
  target_id: Type.String(),
  model: Type.String(),
  credential_id: nullable(Type.String(), "Null = it takes none."),
  organization_id: nullable(Type.String(), "Serves this organization's teams only; null = all."),
  enabled: Type.Boolean({ description: "False: its credential is switched off." }),
  weight: Type.Integer(),
  order: Type.Integer({ description: "1 = takes the calls; more = a fallback." }),
  timeout_ms: Type.Integer(),
  retries: Type.Integer(),
  price_source: PriceSource,
  ...priceViewFields,
});

export const ModelView = Type.Object(
  {
    alias: Type.String(),
    mode: Mode,
    status: Status,
    groups: Type.Array(Type.String()),
    targets: Type.Array(TargetView),
    default_output_tokens: nullable(Type.Integer(), "Null = 4,096 in the worst case."),
    max_output_tokens: nullable(Type.Integer(), "Null = the model's own."),
    min_output_tokens: Type.Integer(),
    reasoning: Type.Boolean(),
    cache_ttl_seconds: Type.Integer(),
    limits: Limits,
    timeouts: Timeouts,
    extra_params: Type.Array(Type.String()),
    version: Type.Integer(),
    created_at: instant,
    updated_at: instant,
  },
  {
    examples: [
      {
        ...{ alias: "chat-fast", mode: "chat", status: "active", groups: ["default"] },
        targets: [
          {
            ...{ target_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10", model: "openai/gpt-5-mini" },
            ...{ credential_id: null, organization_id: null, enabled: true },
            ...{ weight: 1, order: 1, timeout_ms: 600_000, retries: 2, price_source: "operator" },
            ...priceExample,
          },
        ],
        ...{ default_output_tokens: null, max_output_tokens: null, min_output_tokens: 256 },
        ...{
          reasoning: false,
          cache_ttl_seconds: 0,
          limits: {},
          timeouts: {},
          extra_params: [],
          version: 1,
        },
        created_at: "2026-11-23T12:00:00.000Z",
        updated_at: "2026-11-23T12:00:00.000Z",
      },
    ],
  },
);
export type ModelView = Static<typeof ModelView>;

const { examples: modelExamples } = ModelView as { examples?: unknown[] };
export const ModelList = pageOf(ModelView, modelExamples ?? []);

export const SearchText = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: "^[^\\u0000-\\u001f\\u007f]+$",
  said: "without control characters",
  description: "Only those with this in their name, in any case.",
  examples: ["fast"],
});

export const ModelQuery = Type.Object(
  {
    ...pageQuery,
    search: Type.Optional(SearchText),
    status: Type.Optional(Status),
    group: Type.Optional(Type.String({ ...Slug, description: "Only those in this group." })),
  },
  { additionalProperties: false },
);

/** What a team sees of its models: names and limits, never what stands behind them. */
export const GrantedModels = Type.Object(
  {
    data: Type.Array(
      Type.Object({
        model: Type.String({ description: "What calls name." }),
        mode: Mode,
        is_default: Type.Boolean({ description: "Used by chat calls that name none." }),
        max_output_tokens: Type.Union([Type.Integer(), Type.Null()], {
          description: "The largest output limit of a call; null = the model's own.",
        }),
      }),
    ),
  },
  {
    examples: [
      { data: [{ model: "chat-fast", mode: "chat", is_default: true, max_output_tokens: null }] },
    ],
  },
);
