import { and, asc, desc, eq, gt, gte, isNull, lt, lte, min, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { Drizzle } from "../../../db/client.ts";
import { jobs, llmCalls, teams } from "../../../db/schema/index.ts";
import type { PageStart } from "../../http/pagination.ts";
import { highestIdUntil, lowestIdFrom } from "../../kernel/ids.ts";

export type JobRow = typeof jobs.$inferSelect & { organizationId: string };
export type CallRow = typeof llmCalls.$inferSelect;
/** A call, and what of its job is shown with it. */
export type FoundCall = CallRow & { organizationId: string; jobType: string };

/** What jobs and calls alike are searched by; what is left out admits all. */
export interface Filter {
  teamId?: string | undefined;
  organizationId?: string | undefined;
  keyId?: string | undefined;
  jobType?: string | undefined;
  status?: string | undefined;
  /** That the call, or any call of the job, used. */
  alias?: string | undefined;
  createdFrom?: Date | undefined;
  /** The first instant that is not included. */
  createdBefore?: Date | undefined;
  minCostNanos?: bigint | undefined;
  maxCostNanos?: bigint | undefined;
  minCharged?: bigint | undefined;
  maxCharged?: bigint | undefined;
  /** With a cost flag, or charged over its hold. */
  flagged?: boolean | undefined;
  /** The id of a job or a call: the job, the job of the call, the call, the calls of the job. */
  id?: string | undefined;
}

export interface JobFilter extends Filter {
  jobId?: string | undefined;
  userId?: string | undefined;
  externalTaskId?: string | undefined;
  /** The client's own name of it: by `X-Job-Ref` or as its external task. */
  reference?: string | undefined;
}

export interface CallFilter extends Filter {
  callId?: string | undefined;
  target?: string | undefined;
  errorCode?: string | undefined;
}

export interface PageOfRows {
  start: PageStart<string> | undefined;
  limit: number;
}

/** Work of test keys is found by those who name it, and by its own key. */
const notTests = ({ callId, id, jobId, teamId }: JobFilter & CallFilter): SQL | undefined =>
  (callId ?? id ?? jobId ?? teamId) === undefined ? isNull(teams.testOf) : undefined;

/** Jobs beyond a job, those nearest to it, always newest first. */
export async function selectJobs(
  drizzle: Drizzle,
  filter: JobFilter,
  page: PageOfRows,
): Promise<JobRow[]> {
  const newer = page.start?.towards === "newer";
  const rows = await drizzle
    .select({ job: jobs, organizationId: teams.organizationId })
    .from(jobs)
    .innerJoin(teams, eq(teams.id, jobs.teamId))
    .where(and(notTests(filter), ...jobConditions(filter), beyond(jobs.id, page.start)))
    .orderBy(newer ? asc(jobs.id) : desc(jobs.id))
    .limit(page.limit);
  const found = rows.map(({ job, organizationId }) => ({ ...job, organizationId }));
  return newer ? found.reverse() : found;
}

/** Calls beyond a call, those nearest to it, always newest first. */
export async function selectCalls(
  drizzle: Drizzle,
  filter: CallFilter,
  page: PageOfRows,
): Promise<FoundCall[]> {
  const newer = page.start?.towards === "newer";
  const rows = await drizzle
    .select({ call: llmCalls, organizationId: teams.organizationId, jobType: jobs.type })
    .from(llmCalls)
    .innerJoin(jobs, eq(jobs.id, llmCalls.jobId))
    .innerJoin(teams, eq(teams.id, llmCalls.teamId))
    .where(and(notTests(filter), ...callConditions(filter), beyond(llmCalls.id, page.start)))
    .orderBy(newer ? asc(llmCalls.id) : desc(llmCalls.id))
    .limit(page.limit);
  const found = rows.map(({ call, ...rest }) => ({ ...call, ...rest }));
  return newer ? found.reverse() : found;
}

/** A job's calls beyond a call, newest first. The job's time lets the partitions before it be left out. */
export async function selectCallsOf(
  drizzle: Drizzle,
  job: { id: string; createdAt: Date },
  page: PageOfRows,
): Promise<CallRow[]> {
  const newer = page.start?.towards === "newer";
  const rows = await drizzle
    .select()
    .from(llmCalls)
    .where(
      and(
        eq(llmCalls.jobId, job.id),
        gte(llmCalls.id, lowestIdFrom(job.createdAt)),
        beyond(llmCalls.id, page.start),
      ),
    )
    .orderBy(newer ? asc(llmCalls.id) : desc(llmCalls.id))
    .limit(page.limit);
  return newer ? rows.reverse() : rows;
}

/** The newest jobs by stretch of time and state; a stretch is its number from `fromMs` on. */
export async function countJobs(
  drizzle: Drizzle,
  filter: JobFilter,
  of: { fromMs: number; stretchMs: number; most: number },
): Promise<{ stretch: number; status: string; jobs: number; oldest: Date }[]> {
  const newest = drizzle
    .select({ createdAt: jobs.createdAt, status: jobs.status })
    .from(jobs)
    .innerJoin(teams, eq(teams.id, jobs.teamId))
    .where(and(notTests(filter), ...jobConditions(filter)))
    .orderBy(desc(jobs.id))
    .limit(of.most)
    .as("newest");
  const ms = sql`extract(epoch from ${newest.createdAt}) * 1000 - ${of.fromMs}::numeric`;
  return drizzle
    .select({
      stretch: sql<number>`floor((${ms}) / ${of.stretchMs}::numeric)::int`,
      status: newest.status,
      jobs: sql<number>`count(*)::int`,
      oldest: min(newest.createdAt).mapWith(jobs.createdAt),
    })
    .from(newest)
    .groupBy(sql`1`, newest.status);
}

/**
 * A statement that reads for this long is ended: its search was too wide. What no index finds may be looked for by two more
 * processes, which our own server starts for nothing else.
 */
export async function limitReading(transaction: Drizzle, seconds: number): Promise<void> {
  await transaction.execute(
    sql.raw(
      `select set_config('statement_timeout', '${seconds}s', true), set_config('max_parallel_workers_per_gather', '2', true)`,
    ),
  );
}

function jobConditions(filter: JobFilter): (SQL | undefined)[] {
  const { alias, id } = filter;
  return [
    is(jobs.id, filter.jobId),
    is(jobs.teamId, filter.teamId),
    is(teams.organizationId, filter.organizationId),
    is(jobs.keyId, filter.keyId),
    is(jobs.type, filter.jobType),
    is(jobs.status, filter.status),
    // An index finds those that go on, which are few among all.
    filter.status && running.has(filter.status) ? isNull(jobs.endedAt) : undefined,
    is(jobs.userId, filter.userId),
    is(jobs.externalTaskId, filter.externalTaskId),
    filter.reference === undefined
      ? undefined
      : or(eq(jobs.reference, filter.reference), eq(jobs.externalTaskId, filter.reference)),
    ...createdWithin(jobs, filter),
    costWithin(filter),
    ...within(jobs.charged, filter.minCharged, filter.maxCharged),
    alias === undefined ? undefined : withCall(filter, sql`${llmCalls.alias} = ${alias}`),
    filter.flagged === undefined
      ? undefined
      : sql`(${jobs.chargedOverHold} or ${withCall(filter, sql`${llmCalls.costFlags} <> '{}'`)}) = ${filter.flagged}`,
    id === undefined
      ? undefined
      : sql`${jobs.id} = any (array[${id}::uuid, (select job_id from llm_calls where id = ${id}::uuid)])`,
  ];
}

/** An index finds jobs that have ended by their cost, another one those that go on, which are few. */
function costWithin({ minCostNanos: least, maxCostNanos: most }: Filter): SQL | undefined {
  if (least === undefined && most === undefined) return undefined;
  return or(
    and(...within(jobs.endedCostNanos, least, most)),
    and(isNull(jobs.endedAt), ...within(jobs.providerCostNanos, least, most)),
  );
}

const running: ReadonlySet<string> = new Set(["pending", "in_progress"]);

/**
 * Whether a job has such a call. Within a span of time its calls are read once, for all jobs; else those of each job, until a
 * page is full. Bounds on the id leave out the partitions from before.
 */
function withCall({ createdFrom }: Filter, condition: SQL): SQL {
  return createdFrom
    ? sql`${jobs.id} in (select ${llmCalls.jobId} from ${llmCalls}
        where ${llmCalls.id} >= ${lowestIdFrom(createdFrom)} and ${condition})`
    : sql`exists (select 1 from ${llmCalls} where ${llmCalls.jobId} = ${jobs.id}
        and ${llmCalls.id} >= first_uuid_v7_v1(${jobs.createdAt} - interval '1 minute') and ${condition})`;
}

function callConditions(filter: CallFilter): (SQL | undefined)[] {
  const { id } = filter;
  return [
    is(llmCalls.id, filter.callId),
    is(llmCalls.teamId, filter.teamId),
    is(teams.organizationId, filter.organizationId),
    is(llmCalls.keyId, filter.keyId),
    is(jobs.type, filter.jobType),
    is(llmCalls.status, filter.status),
    is(llmCalls.alias, filter.alias),
    is(llmCalls.target, filter.target),
    is(llmCalls.errorCode, filter.errorCode),
    ...createdWithin(llmCalls, filter),
    ...within(llmCalls.providerCostNanos, filter.minCostNanos, filter.maxCostNanos),
    ...within(llmCalls.charged, filter.minCharged, filter.maxCharged),
    filter.flagged === undefined
      ? undefined
      : sql`(${llmCalls.costFlags} <> '{}') = ${filter.flagged}`,
    id === undefined ? undefined : sql`(${llmCalls.id} = ${id} or ${llmCalls.jobId} = ${id})`,
  ];
}

const is = (column: PgColumn, value: string | undefined) =>
  value === undefined ? undefined : eq(column, value);

const within = (column: PgColumn, least: bigint | undefined, most: bigint | undefined) => [
  least === undefined ? undefined : gte(column, least),
  most === undefined ? undefined : lte(column, most),
];

/** The bounds on the id let the index find the span; those on the time are exact. */
function createdWithin(
  table: typeof jobs | typeof llmCalls,
  { createdFrom, createdBefore }: Filter,
): (SQL | undefined)[] {
  return [
    createdFrom && gte(table.id, lowestIdFrom(createdFrom)),
    createdFrom && gte(table.createdAt, createdFrom),
    createdBefore && lt(table.id, highestIdUntil(createdBefore)),
    createdBefore && lt(table.createdAt, createdBefore),
  ];
}

function beyond(id: PgColumn, start: PageStart<string> | undefined): SQL | undefined {
  return start && (start.towards === "newer" ? gt(id, start.key) : lt(id, start.key));
}
