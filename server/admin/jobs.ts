import { type Author, recordAudit } from "../audit/audit.ts";
import type { JobHistogram } from "../analytics/schema.ts";
import type { Context } from "../context.ts";
import { toCallView } from "../calls/view.ts";
import { DomainError } from "../kernel/errors.ts";
import { cancelWithin } from "../jobs/lifecycle.ts";
import {
  countJobs,
  findJob,
  type JobFilter,
  type JobRow,
  newestCalls,
  searchJobs,
  toFilter,
} from "../jobs/search.ts";
import { microsToCredits, nanosToUsd } from "../kernel/money.ts";
import {
  pageWithTenantNames,
  type WithoutTenantNames,
  withTenantNames,
} from "../organizations/tenant-names.ts";
import type { JobDetail, JobHistogramQuery, JobPage, JobQuery, JobView } from "./schema.ts";

/** The newest calls that one job's answer carries. */
const CALL_LIMIT = 500;

/** Jobs of all teams with what they cost, newest first. Throws `invalid_request` for a cursor that is none, or a search too wide. */
export async function listJobs(context: Context, query: JobQuery): Promise<JobPage> {
  const page = await searchJobs(context, query, filterOf(query), toJobView);
  return pageWithTenantNames(context.database.drizzle, page);
}

function filterOf(query: JobHistogramQuery): JobFilter {
  return {
    ...toFilter(query),
    status: query.status,
    userId: query.user_id,
    externalTaskId: query.external_task_id,
    reference: query.reference,
  };
}

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** Lengths of a stretch that people read at ease. */
const stretchesMs = [1, 5, 15, 30, 60, 180, 360, 720, 1_440, 7 * 1_440, 30 * 1_440].map(
  (minutes) => minutes * MINUTE_MS,
);
const MOST_STRETCHES = 48;

/** The jobs that the list shows, by stretch of time and state. Throws as the list does. */
export async function readHistogram(
  context: Context,
  query: JobHistogramQuery,
): Promise<JobHistogram> {
  const asked = filterOf(query);
  const toMs = asked.createdBefore?.getTime() ?? context.clock.now();
  const fromMs = asked.createdFrom?.getTime() ?? toMs - 30 * DAY_MS;
  const stretchMs =
    stretchesMs.find((length) => (toMs - fromMs) / length <= MOST_STRETCHES) ??
    Math.ceil((toMs - fromMs) / MOST_STRETCHES / DAY_MS) * DAY_MS;
  // Whole stretches of UTC, so that a day is a day.
  const firstMs = fromMs - (fromMs % stretchMs);
  const filter = { ...asked, createdFrom: new Date(fromMs), createdBefore: new Date(toMs) };
  const { counts, oldest } = await countJobs(context, filter, { fromMs: firstMs, stretchMs });
  const buckets = Array.from({ length: Math.ceil((toMs - firstMs) / stretchMs) }, (_, stretch) => {
    const of = (...states: string[]) =>
      counts
        .filter((count) => count.stretch === stretch && states.includes(count.status))
        .reduce((sum, { jobs }) => sum + jobs, 0);
    return {
      starts_at: new Date(firstMs + stretch * stretchMs).toISOString(),
      running: of("pending", "in_progress"),
      completed: of("completed"),
      failed: of("failed"),
      cancelled: of("cancelled"),
      expired: of("expired"),
    };
  });
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    bucket_seconds: stretchMs / 1_000,
    counted_from: oldest?.toISOString() ?? null,
    buckets,
  };
}

/**
 * Ends a job of any team as cancelled. Its streams stop as every instance hears of it by heartbeat. Throws `not_found`, and
 * `job_ended` or `job_expired` when it has another end.
 */
export async function cancelJob(
  context: Context,
  author: Author,
  input: { jobId: string; reason: string | undefined },
): Promise<void> {
  const job = await findJob(context, { jobId: input.jobId });
  if (!job) throw new DomainError("not_found", "There is no job with this id.");
  const { teamId, organizationId } = job;
  await context.database.drizzle.transaction(async (transaction) => {
    // Its team may have cancelled it since it was read.
    if (!(await cancelWithin(context, transaction, { jobId: job.id, teamId }))) return;
    await recordAudit(transaction, new Date(context.clock.now()), author, {
      action: "job.cancel",
      subject: { kind: "job", id: job.id },
      organizationId,
      teamId,
      before: { status: job.status },
      after: { status: "cancelled", ...(input.reason && { reason: input.reason }) },
    });
  });
}

/** One job with its newest 500 calls in the order of their start. Throws `not_found`. */
export async function readJob(context: Context, jobId: string): Promise<JobDetail> {
  const job = await findJob(context, { jobId });
  if (!job) throw new DomainError("not_found", "There is no job with this id.");
  const calls = await newestCalls(context, job, CALL_LIMIT);
  const [view] = await withTenantNames(context.database.drizzle, [toJobView(job)]);
  return {
    ...view!,
    metadata: job.metadata,
    result: job.result ?? null,
    error_message: job.errorMessage,
    calls: calls.map(toCallView),
  };
}

function toJobView(job: JobRow): WithoutTenantNames<JobView> {
  return {
    job_id: job.id,
    team_id: job.teamId,
    organization_id: job.organizationId,
    job_type: job.type,
    key_id: job.keyId,
    user_id: job.userId,
    external_task_id: job.externalTaskId,
    reference: job.reference,
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
