import type { Context } from "../context.ts";
import { toCallView } from "../calls/view.ts";
import { DomainError } from "../kernel/errors.ts";
import {
  findJob,
  type JobFilter,
  type JobRow,
  newestCalls,
  searchJobs,
  toFilter,
} from "../jobs/search.ts";
import { microsToCredits, nanosToUsd } from "../kernel/money.ts";
import type { JobDetail, JobPage, JobQuery, JobView } from "./schema.ts";

/** The newest calls that one job's answer carries. */
const CALL_LIMIT = 500;

/** Jobs of all teams with what they cost, newest first. Throws `invalid_request` for a cursor that is none, or a search too wide. */
export function listJobs(context: Context, query: JobQuery): Promise<JobPage> {
  const filter: JobFilter = {
    ...toFilter(query),
    status: query.status,
    userId: query.user_id,
    externalTaskId: query.external_task_id,
  };
  return searchJobs(context, query, filter, toJobView);
}

/** One job with its newest 500 calls in the order of their start. Throws `not_found`. */
export async function readJob(context: Context, jobId: string): Promise<JobDetail> {
  const job = await findJob(context, { jobId });
  if (!job) throw new DomainError("not_found", "There is no job with this id.");
  const calls = await newestCalls(context, job, CALL_LIMIT);
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
    key_id: job.keyId,
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
    credits_refunded: microsToCredits(job.refunded),
    credits_held: microsToCredits(job.held),
    charged_over_hold: job.chargedOverHold,
    created_at: job.createdAt.toISOString(),
    ended_at: job.endedAt?.toISOString() ?? null,
  };
}
