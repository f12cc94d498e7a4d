import type { Context } from "../context.ts";
import { idempotencyClaim } from "../http/idempotency.ts";
import { given } from "../http/optional.ts";
import { type Operation, teamOperation } from "../http/operation.ts";
import { creditsToMicros } from "../kernel/money.ts";
import { requireOwnTeam } from "../keys/own-team.ts";
import type { PlanCatalog } from "../pricing/catalog.ts";
import { createJob, endJob } from "./lifecycle.ts";
import { listCalls, listJobs, readJob } from "./listing.ts";
import { patchMetadata } from "./metadata.ts";
import {
  CallPage,
  CallQuery,
  JobCancel,
  JobComplete,
  JobCreate,
  JobCreated,
  JobDetail,
  JobEnded,
  JobIdParameter,
  JobMetadata,
  JobPage,
  JobQuery,
  MetadataPatch,
} from "./schema.ts";

const tag = "Jobs";
const params = { job_id: JobIdParameter };
const jobIdHeader = { "x-job-id": "The job.", "x-credits-remaining": "The team's balance." };

export interface JobParts {
  context: Context;
  plans: Pick<PlanCatalog, "jobStart">;
  calls: { jobEnded(jobId: string): void };
}

/** The life of a job, but for the calls in it. */
export function jobOperations(parts: JobParts): readonly Operation[] {
  return [...lifecycleOperations(parts), ...readingOperations(parts.context)];
}

function lifecycleOperations({ context, plans, calls }: JobParts): readonly Operation[] {
  return [
    teamOperation(
      "POST",
      "/api/jobs/create",
      {
        operationId: "createJob",
        summary: "Create a job",
        description:
          "Begins one business operation. Then make calls in it, and complete it. A job that is left idle expires.",
        tag,
        body: JobCreate,
        idempotent: true,
        startsWork: true,
        success: {
          status: 201,
          description: "The new job.",
          schema: JobCreated,
          headers: jobIdHeader,
        },
        problems: ["not_found", "amount_invalid", "insufficient_credits", "job_limit_exceeded"],
      },
      ({ principal, body: sent, request }) => {
        const body = given(sent);
        requireOwnTeam(principal, body.team_id);
        const input = {
          type: body.job_type,
          userId: body.user_id,
          externalTaskId: body.external_task_id,
          metadata: body.metadata,
          maxCreditsMicros:
            body.max_credits === undefined
              ? undefined
              : creditsToMicros(body.max_credits, "max_credits"),
        };
        const claim = idempotencyClaim({ principalId: principal.teamId, request, body });
        return createJob(context, plans, principal, input, claim);
      },
    ),

    teamOperation(
      "POST",
      "/api/jobs/:job_id/complete",
      {
        operationId: "completeJob",
        summary: "Complete a job",
        description:
          "Ends the job as completed or failed, at once: it takes no more calls, and its streams stop. `metadata` adds fields to the job's, in place of those of the same name. Asking for the same end again answers the same; another end is refused with 409 and the summary.",
        tag,
        params,
        body: JobComplete,
        idempotent: true,
        success: {
          description: "The job's end, with its summary and billing.",
          schema: JobEnded,
          headers: jobIdHeader,
        },
        problems: ["not_found", "job_ended", "job_expired"],
      },
      ({ principal, params: { job_id: jobId }, body: sent, request }) => {
        const body = given(sent);
        const { status, metadata, result, error_message: errorMessage } = body;
        const claim = idempotencyClaim({ principalId: principal.teamId, request, body });
        const input = { jobId, status, metadata, result, errorMessage };
        return endJob(context, calls, principal, input, claim);
      },
    ),

    teamOperation(
      "POST",
      "/api/jobs/:job_id/cancel",
      {
        operationId: "cancelJob",
        summary: "Cancel a job",
        description:
          "Ends the job as cancelled, at once: it takes no more calls, its streams stop, and other calls in flight run out. No body is needed.",
        tag,
        params,
        body: JobCancel,
        idempotent: true,
        success: {
          description: "The job's end, with its summary and billing.",
          schema: JobEnded,
          headers: jobIdHeader,
        },
        problems: ["not_found", "job_ended", "job_expired"],
      },
      ({ principal, params: { job_id: jobId }, body, request }) => {
        const claim = idempotencyClaim({ principalId: principal.teamId, request, body });
        return endJob(context, calls, principal, { jobId, status: "cancelled" }, claim);
      },
    ),

    teamOperation(
      "PATCH",
      "/api/jobs/:job_id/metadata",
      {
        operationId: "patchJobMetadata",
        summary: "Change a job's metadata",
        description:
          "A JSON Merge Patch (RFC 7396): given fields replace, null removes, objects merge. The body is the patch itself, not an object that holds it in `metadata`. It works in every state of the job.",
        tag,
        params,
        body: MetadataPatch,
        success: { description: "The whole metadata.", schema: JobMetadata },
        problems: ["not_found"],
      },
      async ({ principal, params: { job_id }, body }) => ({
        job_id,
        metadata: await patchMetadata(context, principal, job_id, body),
      }),
    ),
  ];
}

function readingOperations(context: Context): readonly Operation[] {
  return [
    teamOperation(
      "GET",
      "/api/jobs",
      {
        operationId: "listJobs",
        summary: "List jobs",
        description: "Your team's jobs, newest first. Filters go together.",
        tag,
        query: JobQuery,
        success: { description: "A page of jobs.", schema: JobPage },
      },
      ({ principal, query }) => listJobs(context, principal, query),
    ),

    teamOperation(
      "GET",
      "/api/jobs/:job_id",
      {
        operationId: "getJob",
        summary: "Get a job",
        description: "With metadata, result and totals so far.",
        tag,
        params,
        success: { description: "The job.", schema: JobDetail },
        problems: ["not_found"],
      },
      ({ principal, params: { job_id } }) => readJob(context, principal, job_id),
    ),

    teamOperation(
      "GET",
      "/api/jobs/:job_id/calls",
      {
        operationId: "listCalls",
        summary: "List a job's calls",
        description: "Newest first, with tokens and latency.",
        tag,
        params,
        query: CallQuery,
        success: { description: "A page of calls.", schema: CallPage },
        problems: ["not_found"],
      },
      ({ principal, params: { job_id }, query }) => listCalls(context, principal, job_id, query),
    ),
  ];
}
