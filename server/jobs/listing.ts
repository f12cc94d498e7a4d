import { accountOf } from "../sandbox/sandbox.ts";
import type { Context } from "../context.ts";
import type { Page } from "../http/pagination.ts";
import { microsToCredits } from "../kernel/money.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import { averageMs, jobNotFound } from "./lifecycle.ts";
import type { CallView, JobDetail, JobQuery, JobView } from "./schema.ts";
import {
  type CallRow,
  findJob,
  type JobFilter,
  type JobRow,
  pageOfCalls,
  searchJobs,
} from "./search.ts";

/** A team's jobs, newest first. Throws `invalid_request` for a cursor that is not ours. */
export function listJobs(
  context: Context,
  principal: TeamPrincipal,
  query: JobQuery,
): Promise<Page<JobView>> {
  const instant = (text: string | undefined) => (text === undefined ? undefined : new Date(text));
  const filter: JobFilter = {
    teamId: principal.teamId,
    status: query.status,
    jobType: query.job_type,
    userId: query.user_id,
    externalTaskId: query.external_task_id,
    createdFrom: instant(query.created_after),
    createdBefore: instant(query.created_before),
  };
  return searchJobs(context, query, filter, toJobView);
}

/** Throws `not_found`, for another team's job as for none. */
export async function readJob(
  context: Context,
  principal: TeamPrincipal,
  jobId: string,
): Promise<JobDetail> {
  const job = await requireJob(context, principal, jobId);
  return {
    ...toJobView(job),
    avg_latency_ms: averageMs(job.latencyMs, job.succeededCalls + job.failedCalls),
    metadata: job.metadata,
    result: job.result ?? null,
    error_message: job.errorMessage,
  };
}

/** A job's calls, newest first. Throws `not_found`, `invalid_request` for a cursor. */
export async function listCalls(
  context: Context,
  principal: TeamPrincipal,
  jobId: string,
  query: { limit?: number; cursor?: string },
): Promise<Page<CallView>> {
  const job = await requireJob(context, principal, jobId);
  return pageOfCalls(context, query, job, toCallView);
}

async function requireJob(
  context: Context,
  principal: TeamPrincipal,
  jobId: string,
): Promise<JobRow> {
  const job = await findJob(context, { jobId, teamId: principal.teamId });
  if (!job) throw jobNotFound();
  return job;
}

function toJobView(job: JobRow): JobView {
  return {
    job_id: job.id,
    team_id: accountOf(job.teamId),
    job_type: job.type,
    user_id: job.userId,
    external_task_id: job.externalTaskId,
    // The table's check constraint admits no other.
    status: job.status as JobView["status"],
    max_credits: job.maxCredits === null ? null : microsToCredits(job.maxCredits),
    total_calls: job.calls,
    successful_calls: job.succeededCalls,
    failed_calls: job.failedCalls,
    calls_in_flight: job.callsInFlight,
    total_tokens: Number(job.inputTokens + job.outputTokens),
    credits_charged: microsToCredits(job.charged),
    created_at: job.createdAt.toISOString(),
    ended_at: job.endedAt?.toISOString() ?? null,
  };
}

/** Without the provider's model, its words about an error, and every cost. */
function toCallView(call: CallRow): CallView {
  return {
    call_id: call.id,
    status: call.status as CallView["status"],
    model: call.alias,
    endpoint: call.endpoint as CallView["endpoint"],
    stream: call.stream,
    purpose: call.purpose,
    metadata: call.metadata,
    input_tokens: call.inputTokens,
    cached_input_tokens: call.cachedInputTokens,
    output_tokens: call.outputTokens,
    reasoning_tokens: call.reasoningTokens,
    credits_charged: microsToCredits(call.charged),
    latency_ms: call.latencyMs,
    first_token_ms: call.firstTokenMs,
    finish_reason: call.finishReason,
    error_code: call.errorCode,
    created_at: call.createdAt.toISOString(),
    ended_at: call.endedAt?.toISOString() ?? null,
  };
}
