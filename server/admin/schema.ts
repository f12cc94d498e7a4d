import { Type, type Static } from "@sinclair/typebox";
import { CallView } from "../calls/schema.ts";
import { ExternalTaskId, line, UserId } from "../jobs/fields.ts";
import { searchQuery } from "../jobs/search/schema.ts";
import { nullable } from "../http/shapes.ts";

/** Wire shapes of the admin API on :3002. Money in USD and credits as JSON numbers, times ISO 8601 UTC. */

const GatewayChildView = Type.Object({
  pid: nullable(Type.Integer()),
  port: Type.Integer(),
  state: Type.Union([
    Type.Literal("starting"),
    Type.Literal("ready"),
    Type.Literal("draining"),
    Type.Literal("exited"),
  ]),
  calls_in_flight: Type.Integer(),
  restarts: Type.Integer(),
  started_at: nullable(Type.String({ format: "date-time" })),
  last_exit: nullable(Type.String()),
});

export const Status = Type.Object({
  version: Type.String(),
  /** The database's time when this was read. */
  now: Type.String({ format: "date-time" }),
  started_at: Type.String({ format: "date-time" }),
  api: Type.Object({
    /** Where teams reach the API, e.g. http://127.0.0.1:8003 */
    url: Type.String(),
    state: Type.Union([Type.Literal("ready"), Type.Literal("starting"), Type.Literal("stopping")]),
    calls_in_flight: Type.Integer(),
  }),
  database: Type.Object({
    state: Type.Union([Type.Literal("starting"), Type.Literal("ready"), Type.Literal("failed")]),
    mode: Type.Union([Type.Literal("embedded"), Type.Literal("external")]),
    server_version: nullable(Type.String()),
    migration: nullable(
      Type.String({ description: "Name of the newest migration that was applied." }),
    ),
    problem: nullable(Type.String()),
  }),
  gateway: Type.Object({
    state: Type.Union([
      Type.Literal("waiting"),
      Type.Literal("installing"),
      Type.Literal("starting"),
      Type.Literal("ready"),
      Type.Literal("updating"),
      Type.Literal("restarting"),
      Type.Literal("failed"),
      Type.Literal("stopped"),
    ]),
    mode: Type.Union([Type.Literal("managed"), Type.Literal("binary"), Type.Literal("external")]),
    version: nullable(Type.String()),
    problem: nullable(Type.String()),
    install: nullable(
      Type.Object({ percent: Type.Integer({ minimum: 0, maximum: 100 }), step: Type.String() }),
    ),
    wanted_config: nullable(Type.Integer()),
    served_config: nullable(Type.Integer()),
    children: Type.Array(GatewayChildView),
    log_tail: Type.Array(Type.String()),
  }),
  counts: Type.Object({
    organizations: Type.Integer(),
    teams: Type.Integer(),
    models: Type.Integer(),
    jobs: Type.Integer(),
  }),
});
export type Status = Static<typeof Status>;

export const JobView = Type.Object({
  job_id: Type.String(),
  team_id: Type.String(),
  team_name: Type.String(),
  organization_id: Type.String(),
  organization_name: Type.String(),
  key_id: nullable(Type.String()),
  job_type: Type.String(),
  user_id: nullable(Type.String()),
  external_task_id: nullable(Type.String()),
  reference: nullable(Type.String(), "Its `X-Job-Ref`."),
  status: Type.Union([
    Type.Literal("pending"),
    Type.Literal("in_progress"),
    Type.Literal("completed"),
    Type.Literal("failed"),
    Type.Literal("cancelled"),
    Type.Literal("expired"),
  ]),
  total_calls: Type.Integer(),
  successful_calls: Type.Integer(),
  failed_calls: Type.Integer(),
  calls_in_flight: Type.Integer(),
  total_tokens: Type.Integer(),
  provider_cost_usd: Type.Number(),
  credits_charged: Type.Number(),
  credits_refunded: Type.Number({ description: "Given back of it." }),
  credits_held: Type.Number({ description: "Set aside for it now." }),
  charged_over_hold: Type.Boolean({ description: "Its charge was more than what was held." }),
  created_at: Type.String({ format: "date-time" }),
  ended_at: nullable(Type.String({ format: "date-time" })),
});
export type JobView = Static<typeof JobView>;

export const JobDetail = Type.Composite([
  JobView,
  Type.Object({
    metadata: Type.Record(Type.String(), Type.Unknown()),
    result: Type.Unknown(),
    error_message: nullable(Type.String()),
    calls: Type.Array(CallView),
  }),
]);
export type JobDetail = Static<typeof JobDetail>;

export const JobPage = Type.Object({
  data: Type.Array(JobView),
  next: nullable(Type.String({ description: "Cursor of the next (older) page." })),
  prev: nullable(Type.String({ description: "Cursor of the previous (newer) page." })),
});
export type JobPage = Static<typeof JobPage>;

export const JobQuery = Type.Object(
  {
    ...searchQuery,
    status: Type.Optional(
      Type.Union(JobView.properties.status.anyOf, {
        description: "Only jobs in this state.",
        examples: ["completed"],
      }),
    ),
    user_id: Type.Optional(UserId),
    external_task_id: Type.Optional(ExternalTaskId),
    reference: Type.Optional(
      line(
        200,
        "Only of this `X-Job-Ref` or external task id: whatever the client calls it.",
        "ticket-4711",
      ),
    ),
  },
  { additionalProperties: false },
);
export type JobQuery = Static<typeof JobQuery>;

const gatewayConfigExample = {
  version: 12,
  text: "model_list:\n  - model_name: chat-fast\n",
};

export const GatewayConfigView = Type.Object(
  {
    version: nullable(Type.Integer(), "Of the models; null = none are known yet."),
    text: nullable(
      Type.String(),
      "YAML, with names of environment variables in place of keys; null for a gateway of your own.",
    ),
  },
  { examples: [gatewayConfigExample] },
);
export type GatewayConfigView = Static<typeof GatewayConfigView>;

const bookPrice = (of: string) => nullable(Type.Number(), `USD per million ${of}; null = unknown.`);

export const BookModelView = Type.Object({
  model: Type.String({ description: "As targets name it." }),
  mode: nullable(Type.String(), "`chat`, `embedding`, …"),
  input_price: bookPrice("input tokens"),
  output_price: bookPrice("output tokens"),
  max_output_tokens: nullable(Type.Integer()),
});
export type BookModelView = Static<typeof BookModelView>;

export const PriceBookView = Type.Object(
  {
    data: Type.Array(BookModelView),
    total: Type.Integer({ description: "Models that match, also beyond `limit`." }),
    known: Type.Boolean({ description: "False: the gateway's price book cannot be read yet." }),
  },
  {
    examples: [
      {
        data: [
          {
            model: "openai/gpt-5-mini",
            mode: "chat",
            input_price: 0.25,
            output_price: 2,
            max_output_tokens: 128_000,
          },
        ],
        total: 1,
        known: true,
      },
    ],
  },
);

export type PriceBookView = Static<typeof PriceBookView>;

export const PriceBookQuery = Type.Object(
  {
    search: Type.Optional(
      Type.String({
        maxLength: 200,
        description: "Only models with all of these words in their name.",
        examples: ["gpt mini"],
      }),
    ),
    mode: Type.Optional(
      Type.String({ maxLength: 40, description: "Only of this mode.", examples: ["chat"] }),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, description: "50 when absent.", examples: [20] }),
    ),
  },
  { additionalProperties: false },
);

const { limit: _limit, cursor: _cursor, ...narrowing } = JobQuery.properties;
export const JobHistogramQuery = Type.Object(narrowing, { additionalProperties: false });
export type JobHistogramQuery = Static<typeof JobHistogramQuery>;

export const JobCancel = Type.Object(
  { reason: Type.Optional(line(500, "Why, for the audit log.", "Runs in circles")) },
  { additionalProperties: false, examples: [{ reason: "Runs in circles" }] },
);
