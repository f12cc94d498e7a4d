import { type Static, Type } from "@sinclair/typebox";
import { pageOf } from "../http/pagination.ts";
import { line } from "../jobs/fields.ts";
import { searchQuery } from "../jobs/search/schema.ts";
import { nullable } from "../http/shapes.ts";

/** Wire shapes of calls as admins see them. */

export const CallView = Type.Object({
  call_id: Type.String(),
  status: Type.Union([
    Type.Literal("in_flight"),
    Type.Literal("succeeded"),
    Type.Literal("failed"),
    Type.Literal("aborted"),
  ]),
  model: Type.String({ description: "The alias that the team used." }),
  target: nullable(Type.String({ description: "The provider's model that answered." })),
  stream: Type.Boolean(),
  endpoint: Type.String({ description: "`chat`, `embeddings` or `responses`." }),
  purpose: nullable(Type.String()),
  input_tokens: nullable(Type.Integer()),
  cached_input_tokens: nullable(Type.Integer()),
  output_tokens: nullable(Type.Integer()),
  reasoning_tokens: nullable(Type.Integer()),
  provider_cost_usd: nullable(Type.Number()),
  credits_charged: Type.Number({
    description: "Charged for the call itself; 0 where the job is charged as a whole.",
  }),
  cache_hit: Type.Boolean({ description: "Answered from the response cache." }),
  litellm_cost_usd: nullable(Type.Number()),
  cost_flags: Type.Array(
    Type.Union([
      Type.Literal("unpriced"),
      Type.Literal("estimated"),
      Type.Literal("differs"),
      Type.Literal("over_hold"),
    ]),
  ),
  latency_ms: nullable(Type.Integer()),
  first_token_ms: nullable(Type.Integer()),
  error_code: nullable(Type.String()),
  error_message: nullable(Type.String()),
  created_at: Type.String({ format: "date-time" }),
  ended_at: nullable(Type.String({ format: "date-time" })),
});
export type CallView = Static<typeof CallView>;

/** A call among those of all jobs. */
export const FoundCallView = Type.Composite([
  CallView,
  Type.Object({
    job_id: Type.String(),
    job_type: Type.String(),
    team_id: Type.String(),
    team_name: Type.String(),
    organization_id: Type.String(),
    organization_name: Type.String(),
    key_id: nullable(Type.String()),
    lost: Type.Boolean({
      description:
        "The server that carried it out was gone before the end; its cost is an estimate.",
    }),
  }),
]);
export type FoundCallView = Static<typeof FoundCallView>;

const Attempt = Type.Object({
  target_id: Type.String(),
  target: nullable(
    Type.String({ description: "The provider's model; null = not there any more." }),
  ),
  status: nullable(
    Type.Integer({ description: "200 = it answered, or began a stream; null = no status came." }),
  ),
  ms: nullable(Type.Integer()),
});

export const CallDetail = Type.Composite([
  FoundCallView,
  Type.Object({
    attempts: nullable(
      Type.Array(Attempt, {
        description:
          "The targets that were tried, in order, where that says more than `target`: several attempts, a fallback that answered in place of targets left out for a while, the one of several that failed. Empty = not known: a gateway of your own does not tell.",
      }),
    ),
    cache_write_tokens: nullable(Type.Integer()),
    finish_reason: nullable(Type.String()),
    metadata: nullable(Type.Record(Type.String(), Type.Unknown())),
    price_snapshot: Type.Unknown({
      description: "The prices it was opened with, in nano-dollars per million tokens.",
    }),
    worst_cost_usd: nullable(
      Type.Number({ description: "What it could cost at most; null = a target has no price." }),
    ),
    credits_held: Type.Number({ description: "Set aside for it when it began." }),
    cost_held_usd: nullable(
      Type.Number({
        description: "Held of the job's cap and of hard budgets; null = neither applies.",
      }),
    ),
    instance_id: Type.String({ description: "The server that carried it out." }),
  }),
]);
export type CallDetail = Static<typeof CallDetail>;

export const callExample: FoundCallView = {
  call_id: "019aaf3c-6b10-7a52-8c3d-0d6f0e6f2b11",
  job_id: "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10",
  job_type: "invoice_check",
  team_id: "routing",
  team_name: "Routing",
  organization_id: "aperture-freight",
  organization_name: "Aperture Freight",
  key_id: "019aaf3c-1c00-7d11-9d1b-2f9d1b6d2a44",
  status: "succeeded",
  model: "chat-fast",
  target: "openai/gpt-5-mini",
  stream: false,
  endpoint: "chat",
  purpose: "extract",
  input_tokens: 1200,
  cached_input_tokens: 0,
  output_tokens: 340,
  reasoning_tokens: 0,
  provider_cost_usd: 0.000982,
  credits_charged: 0,
  cache_hit: false,
  litellm_cost_usd: 0.000982,
  cost_flags: [],
  latency_ms: 2310,
  first_token_ms: null,
  error_code: null,
  error_message: null,
  lost: false,
  created_at: "2026-11-23T12:00:00.200Z",
  ended_at: "2026-11-23T12:00:02.510Z",
};

export const callDetailExample: CallDetail = {
  ...callExample,
  attempts: [
    {
      target_id: "019aaf30-0000-7d11-9d1b-2f9d1b6d2a55",
      target: "anthropic/claude-haiku-4-5",
      ...{ status: 529, ms: 410 },
    },
    {
      target_id: "019aaf30-0000-7d11-9d1b-2f9d1b6d2a56",
      target: "openai/gpt-5-mini",
      ...{ status: 200, ms: 1880 },
    },
  ],
  cache_write_tokens: 0,
  finish_reason: "stop",
  metadata: null,
  price_snapshot: {
    targets: [{ target: "openai/gpt-5-mini", input: "250000000", output: "2000000000" }],
  },
  worst_cost_usd: 0.0085,
  credits_held: 0,
  cost_held_usd: null,
  instance_id: "019aaf30-0000-7d11-9d1b-2f9d1b6d2a44",
};

export const CallPage = pageOf(FoundCallView, [callExample]);

/** What a live tail can be narrowed to. */
const narrowing = {
  team: searchQuery.team,
  alias: searchQuery.alias,
  status: Type.Optional(
    Type.Union(CallView.properties.status.anyOf, {
      description: "Only calls in this state.",
      examples: ["failed"],
    }),
  ),
};

export const CallQuery = Type.Object(
  {
    ...searchQuery,
    ...narrowing,
    target: Type.Optional(
      line(300, "Only answered by this model of a provider.", "openai/gpt-5-mini"),
    ),
    error_code: Type.Optional(line(100, "Only failed in this way.", "upstream_error")),
  },
  { additionalProperties: false },
);
export type CallQuery = Static<typeof CallQuery>;

export const LiveQuery = Type.Object(narrowing, { additionalProperties: false });
export type LiveQuery = Static<typeof LiveQuery>;
