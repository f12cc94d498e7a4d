import { Type, type Static } from "@sinclair/typebox";
import { Slug } from "../organizations/schema.ts";

const Mode = Type.Union([Type.Literal("chat"), Type.Literal("embedding")]);

const price = (kind: string) =>
  Type.Number({
    description: `USD per million ${kind} tokens. Absent = from the gateway's price book. 0 is a price.`,
  });

export const ModelCreate = Type.Object(
  {
    alias: Type.String({
      pattern: "^[A-Za-z0-9._:/-]{1,128}$",
      said: "of 1 to 128 letters, digits and ._:/-",
      description: "The name that teams use.",
    }),
    model: Type.String({
      pattern: "^[!-~]{1,200}$",
      said: "of 1 to 200 ASCII characters without spaces",
      description: "The gateway's name of the model, provider/model.",
    }),
    api_base: Type.Optional(
      Type.String({
        pattern: "^[!-~]{1,500}$",
        said: "of 1 to 500 ASCII characters without spaces",
        description: "Base URL of the provider.",
      }),
    ),
    api_key: Type.Optional(
      Type.String({
        pattern: "^[!-~]{1,4096}$",
        said: "of 1 to 4096 ASCII characters without spaces",
        description: "The provider's key. Stored encrypted; no answer ever shows it.",
        writeOnly: true,
      }),
    ),
    input_price: Type.Optional(price("input")),
    output_price: Type.Optional(price("output")),
    group: Type.Optional(
      Type.String({ ...Slug, description: "Access group, made at need; absent = `default`." }),
    ),
    mode: Type.Optional(Mode),
  },
  {
    additionalProperties: false,
    examples: [
      { alias: "chat-fast", model: "openai/gpt-5-mini", input_price: 0.25, output_price: 2 },
    ],
  },
);

const PriceSource = Type.Union([Type.Literal("operator"), Type.Literal("book")]);

export const ModelCreated = Type.Object(
  {
    alias: Type.String(),
    mode: Mode,
    group: Type.String(),
    price_source: PriceSource,
    input_price: Type.Number(),
    output_price: Type.Number(),
  },
  {
    examples: [
      {
        alias: "chat-fast",
        mode: "chat",
        group: "default",
        price_source: "operator",
        input_price: 0.25,
        output_price: 2,
      },
    ],
  },
);

const PriceOrNull = Type.Union([Type.Number(), Type.Null()], {
  description: "USD per million tokens; null = not known.",
});

export const ModelView = Type.Object({
  alias: Type.String(),
  mode: Mode,
  status: Type.Union([Type.Literal("active"), Type.Literal("disabled")]),
  groups: Type.Array(Type.String()),
  targets: Type.Array(
    Type.Object({
      model: Type.String(),
      weight: Type.Integer(),
      price_source: PriceSource,
      input_price: PriceOrNull,
      output_price: PriceOrNull,
    }),
  ),
  created_at: Type.String({ format: "date-time" }),
});
export type ModelView = Static<typeof ModelView>;

export const ModelList = Type.Object(
  { data: Type.Array(ModelView) },
  {
    examples: [
      {
        data: [
          {
            alias: "chat-fast",
            mode: "chat",
            status: "active",
            groups: ["default"],
            targets: [
              {
                model: "openai/gpt-5-mini",
                weight: 1,
                price_source: "operator",
                input_price: 0.25,
                output_price: 2,
              },
            ],
            created_at: "2026-11-23T12:00:00.000Z",
          },
        ],
      },
    ],
  },
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
