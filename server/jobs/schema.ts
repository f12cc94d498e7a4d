import { type Static, Type } from "@sinclair/typebox";
import { amount } from "../http/amounts.ts";
import { optional } from "../http/optional.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { ExternalTaskId, JobType, Metadata, UserId } from "./fields.ts";
import { instant, nullable } from "../http/shapes.ts";

/** Wire shapes of jobs as teams see them: neither costs nor the models behind an alias. */

export const JobIdParameter = Type.String({
  description: "Id of a job, as its creation answered it.",
  examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
});

export const JobStatus = Type.Union(
  [
    Type.Literal("pending"),
    Type.Literal("in_progress"),
    Type.Literal("completed"),
    Type.Literal("failed"),
    Type.Literal("cancelled"),
    Type.Literal("expired"),
  ],
  { description: "pending → in_progress → completed, failed, cancelled or expired." },
);
export type JobStatus = Static<typeof JobStatus>;

export const JobCreate = Type.Object(
  {
    team_id: optional(Type.String({ description: "When given, the key's own team." })),
    job_type: JobType,
    user_id: optional(UserId),
    external_task_id: optional(ExternalTaskId),
    metadata: optional(Metadata),
    max_credits: optional(
      amount({
        exclusiveMinimum: 0,
        description:
          "The most that this job is to be charged, in credits. Kept with the job; enforced once jobs are charged.",
        examples: [5],
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [{ job_type: "invoice_check", user_id: "u-118", metadata: { invoice: "2026-118" } }],
  },
);

const jobId = "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10";
const createdAt = "2026-11-23T12:00:00.000Z";

export const JobCreated = Type.Object(
  { job_id: Type.String(), team_id: Type.String(), status: JobStatus, created_at: instant },
  { examples: [{ job_id: jobId, team_id: "routing", status: "pending", created_at: createdAt }] },
);

export const JobComplete = Type.Object(
  {
    status: Type.Union([Type.Literal("completed"), Type.Literal("failed")]),
    metadata: optional(Metadata),
    result: Type.Optional(
      Type.Unknown({ description: "What came of it: any JSON, at most 64 KiB." }),
    ),
    error_message: optional(
      Type.String({ maxLength: 2000, description: "Why it failed, in your own words." }),
    ),
  },
  {
    additionalProperties: false,
    examples: [{ status: "completed", result: { valid: true } }],
  },
);

export const JobCancel = Type.Object({}, { additionalProperties: false, examples: [{}] });

const summaryExample = {
  total_calls: 2,
  successful_calls: 2,
  failed_calls: 0,
  total_tokens: 1540,
  avg_latency_ms: 2310,
  duration_seconds: 4.12,
  calls_in_flight: 0,
};
const billingExample = { credits_charged: 0, credits_remaining: 100 };

const JobSummary = Type.Object(
  {
    total_calls: Type.Integer(),
    successful_calls: Type.Integer(),
    failed_calls: Type.Integer(),
    total_tokens: Type.Integer({ description: "Input and output of ended calls." }),
    avg_latency_ms: nullable(Type.Integer(), "Of ended calls; null when there are none."),
    duration_seconds: Type.Number({ description: "From the job's creation to its end." }),
    calls_in_flight: Type.Integer({
      description: "Calls that had not ended when this was told; they still count for the job.",
    }),
  },
  { $id: "JobSummary", examples: [summaryExample] },
);

const JobBilling = Type.Object(
  {
    credits_charged: Type.Number({ description: "For this job so far." }),
    credits_remaining: Type.Number({ description: "The team's balance." }),
  },
  { $id: "JobBilling", examples: [billingExample] },
);

export const JobEnded = Type.Object(
  {
    job_id: Type.String(),
    status: JobStatus,
    completed_at: instant,
    summary: JobSummary,
    billing: JobBilling,
  },
  {
    examples: [
      {
        job_id: jobId,
        status: "completed",
        completed_at: "2026-11-23T12:00:04.120Z",
        summary: summaryExample,
        billing: billingExample,
      },
    ],
  },
);
export type JobEnded = Static<typeof JobEnded>;

const jobExample = {
  job_id: jobId,
  team_id: "routing",
  job_type: "invoice_check",
  user_id: "u-118",
  external_task_id: null,
  status: "completed",
  max_credits: null,
  total_calls: 2,
  successful_calls: 2,
  failed_calls: 0,
  calls_in_flight: 0,
  total_tokens: 1540,
  credits_charged: 0,
  created_at: createdAt,
  ended_at: "2026-11-23T12:00:04.120Z",
};

export const JobView = Type.Object(
  {
    job_id: Type.String(),
    team_id: Type.String(),
    job_type: Type.String(),
    user_id: nullable(Type.String()),
    external_task_id: nullable(Type.String()),
    status: JobStatus,
    max_credits: nullable(Type.Number()),
    total_calls: Type.Integer(),
    successful_calls: Type.Integer(),
    failed_calls: Type.Integer(),
    calls_in_flight: Type.Integer(),
    total_tokens: Type.Integer(),
    credits_charged: Type.Number(),
    created_at: instant,
    ended_at: nullable(instant),
  },
  { $id: "Job", examples: [jobExample] },
);
export type JobView = Static<typeof JobView>;

export const JobPage = pageOf(JobView, [jobExample]);

export const JobDetail = Type.Object(
  {
    ...JobView.properties,
    avg_latency_ms: nullable(Type.Integer()),
    metadata: Metadata,
    result: Type.Unknown({ description: "As `complete` gave it; null without one." }),
    error_message: nullable(Type.String()),
  },
  {
    examples: [
      {
        ...jobExample,
        avg_latency_ms: 2310,
        metadata: { invoice: "2026-118" },
        result: { valid: true },
        error_message: null,
      },
    ],
  },
);
export type JobDetail = Static<typeof JobDetail>;

export const JobQuery = Type.Object(
  {
    ...pageQuery,
    status: Type.Optional(JobStatus),
    job_type: Type.Optional(JobType),
    user_id: Type.Optional(UserId),
    external_task_id: Type.Optional(ExternalTaskId),
    created_after: Type.Optional(
      Type.String({ format: "date-time", description: "Created at this instant or later." }),
    ),
    created_before: Type.Optional(
      Type.String({ format: "date-time", description: "Created before this instant." }),
    ),
  },
  { additionalProperties: false },
);
export type JobQuery = Static<typeof JobQuery>;

const metadataExamples = [{ invoice: "2026-118", reviewer: null }];

/**
 * RFC 7396: given fields replace, null removes, objects merge. A field named `metadata` is one like any other: refusing it
 * would make a patch that the standard allows impossible.
 */
export const MetadataPatch = Type.Record(Type.String(), Type.Unknown(), {
  description:
    "A JSON Merge Patch (RFC 7396) of the metadata, which is not wrapped in `metadata`: null removes a field, objects merge.",
  examples: metadataExamples,
});

export const JobMetadata = Type.Object(
  { job_id: Type.String(), metadata: Metadata },
  { examples: [{ job_id: jobId, metadata: { invoice: "2026-118" } }] },
);

const callExample = {
  call_id: "019aaf3c-6b10-7a52-8c3d-0d6f0e6f2b11",
  status: "succeeded",
  model: "chat-fast",
  endpoint: "chat",
  stream: false,
  purpose: "extract",
  metadata: null,
  input_tokens: 1200,
  cached_input_tokens: 0,
  output_tokens: 340,
  reasoning_tokens: 0,
  credits_charged: 0,
  latency_ms: 2310,
  first_token_ms: null,
  finish_reason: "stop",
  error_code: null,
  created_at: "2026-11-23T12:00:00.200Z",
  ended_at: "2026-11-23T12:00:02.510Z",
};

export const CallView = Type.Object(
  {
    call_id: Type.String(),
    status: Type.Union([
      Type.Literal("in_flight"),
      Type.Literal("succeeded"),
      Type.Literal("failed"),
      Type.Literal("aborted"),
    ]),
    model: Type.String(),
    endpoint: Type.Union([
      Type.Literal("chat"),
      Type.Literal("embeddings"),
      Type.Literal("responses"),
    ]),
    stream: Type.Boolean(),
    purpose: nullable(Type.String()),
    metadata: nullable(Metadata),
    input_tokens: nullable(Type.Integer()),
    cached_input_tokens: nullable(Type.Integer()),
    output_tokens: nullable(Type.Integer()),
    reasoning_tokens: nullable(Type.Integer()),
    credits_charged: Type.Number(),
    latency_ms: nullable(Type.Integer()),
    first_token_ms: nullable(Type.Integer(), "Only of streams."),
    finish_reason: nullable(Type.String()),
    error_code: nullable(Type.String()),
    created_at: instant,
    ended_at: nullable(instant),
  },
  { $id: "Call", examples: [callExample] },
);
export type CallView = Static<typeof CallView>;

export const CallPage = pageOf(CallView, [callExample]);
export const CallQuery = Type.Object(pageQuery, { additionalProperties: false });
