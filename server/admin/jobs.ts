import type { Context } from "../context.ts";
import { type PageStart, readPage } from "../http/pagination.ts";
import { DomainError } from "../kernel/errors.ts";
import { isUuid } from "../kernel/ids.ts";
import { microsToCredits, nanosToUsd } from "../kernel/money.ts";
import type { CallView, JobDetail, JobPage, JobView } from "./schema.ts";
import { selectCalls, selectJob, selectJobs, type CallRow, type JobRow } from "./store.ts";

/** The newest calls that one job's answer carries. */
const CALL_LIMIT = 500;

/** Jobs of all teams with what they cost, newest first. Throws `invalid_request` for a cursor that is none. */
export function listJobs(
  context: Context,
  query: {
    team?: string;
    status?: JobView["status"];
    limit?: number;
    cursor?: string;
  },
): Promise<JobPage> {
  return readPage(query, {
    read: (start: PageStart<string> | undefined, limit) =>
      selectJobs(context.database.drizzle, {
        filter: { teamId: query.team, status: query.status },
        start,
        limit,
      }),
    keyOf: (job) => job.id,
    parseKey: (text): string | undefined => (isUuid(text) ? text : undefined),
    toItem: toJobView,
  });
}

/** One job with its newest 500 calls in the order of their start. Throws `not_found`. */
export async function readJob(context: Context, jobId: string): Promise<JobDetail> {
  const job = isUuid(jobId) ? await selectJob(context.database.drizzle, jobId) : undefined;
  if (!job) throw new DomainError("not_found", "There is no job with this id.");
  const calls = await selectCalls(context.database.drizzle, job, CALL_LIMIT);
  return {
    ...toJobView(job),
    metadata: job.metadata,
    result: job.result ?? null,
    error_message: job.errorMessage,
    calls: calls.map(toCallView),
  };
}

function toJobView(job: JobRow): JobView {
  return {
    job_id: job.id,
    team_id: job.teamId,
    organization_id: job.organizationId,
    job_type: job.type,
    user_id: job.userId,
    external_task_id: job.externalTaskId,
    // The table's check constraint admits no other.
    status: job.status as JobView["status"],
    total_calls: job.calls,
    successful_calls: job.succeededCalls,
    failed_calls: job.failedCalls,
    calls_in_flight: job.callsInFlight,
    total_tokens: Number(job.inputTokens + job.outputTokens),
    provider_cost_usd: nanosToUsd(job.providerCostNanos),
    credits_charged: microsToCredits(job.charged),
    created_at: job.createdAt.toISOString(),
    ended_at: job.endedAt?.toISOString() ?? null,
  };
}

function toCallView(call: CallRow): CallView {
  return {
    call_id: call.id,
    status: call.status as CallView["status"],
    model: call.alias,
    target: call.target,
    stream: call.stream,
    purpose: call.purpose,
    input_tokens: call.inputTokens,
    cached_input_tokens: call.cachedInputTokens,
    output_tokens: call.outputTokens,
    reasoning_tokens: call.reasoningTokens,
    provider_cost_usd: usd(call.providerCostNanos),
    litellm_cost_usd: usd(call.litellmCostNanos),
    cost_flags: call.costFlags as CallView["cost_flags"],
    latency_ms: call.latencyMs,
    first_token_ms: call.firstTokenMs,
    error_code: call.errorCode,
    error_message: call.errorMessage,
    created_at: call.createdAt.toISOString(),
    ended_at: call.endedAt?.toISOString() ?? null,
  };
}

const usd = (nanos: bigint | null) => (nanos === null ? null : nanosToUsd(nanos));
