import { sqlState } from "../../db/sql-state.ts";
import type { Drizzle } from "../../db/client.ts";
import type { Context } from "../context.ts";
import { parseUuid, type Page, readPage } from "../http/pagination.ts";
import { DomainError } from "../kernel/errors.ts";
import { isUuid } from "../kernel/ids.ts";
import * as store from "./search/store.ts";

export { toFilter } from "./search/filter.ts";
export type { CallRow, FoundCall, JobFilter, JobRow } from "./search/store.ts";

type PageQuery = { limit?: number; cursor?: string };

/** Of a search over everything; no transaction lives longer than 30 s. */
const LONGEST_READ_SECONDS = 20;

/** Jobs newest first, for teams and admins alike. Throws `invalid_request` for a cursor, and for a search that reads too much. */
export function searchJobs<View>(
  context: Context,
  query: PageQuery,
  filter: store.JobFilter,
  toView: (job: store.JobRow) => View,
): Promise<Page<View>> {
  return readPage(query, {
    of: `jobs of ${filter.teamId ?? "all"}`,
    read: (start, limit) =>
      bounded(context, (drizzle) => store.selectJobs(drizzle, filter, { start, limit })),
    keyOf: (job) => job.id,
    parseKey: parseUuid,
    toItem: toView,
  });
}

/** How many jobs a count reads at most. */
const MOST_COUNTED = 100_000;

/** The newest jobs by stretch of time and state. Throws `invalid_request` for a search that reads too much. */
export async function countJobs(
  context: Context,
  filter: store.JobFilter,
  of: { fromMs: number; stretchMs: number },
): Promise<{ counts: { stretch: number; status: string; jobs: number }[]; oldest: Date | null }> {
  const counts = await bounded(context, (drizzle) =>
    store.countJobs(drizzle, filter, { ...of, most: MOST_COUNTED }),
  );
  const all = counts.reduce((sum, { jobs }) => sum + jobs, 0);
  const oldest = Math.min(...counts.map((count) => count.oldest.getTime()));
  return { counts, oldest: all < MOST_COUNTED ? null : new Date(oldest) };
}

/** Calls of all jobs, newest first. Throws as `searchJobs` does. */
export function searchCalls<View>(
  context: Context,
  query: PageQuery,
  filter: store.CallFilter,
  toView: (call: store.FoundCall) => View,
): Promise<Page<View>> {
  return readPage(query, {
    of: "calls",
    read: (start, limit) =>
      bounded(context, (drizzle) => store.selectCalls(drizzle, filter, { start, limit })),
    keyOf: (call) => call.id,
    parseKey: parseUuid,
    toItem: toView,
  });
}

/** A job's calls, newest first. Throws `invalid_request` for a cursor. */
export function pageOfCalls<View>(
  context: Context,
  query: PageQuery,
  job: { id: string; createdAt: Date },
  toView: (call: store.CallRow) => View,
): Promise<Page<View>> {
  return readPage(query, {
    of: `calls of ${job.id}`,
    read: (start, limit) => store.selectCallsOf(context.database.drizzle, job, { start, limit }),
    keyOf: (call) => call.id,
    parseKey: parseUuid,
    toItem: toView,
  });
}

/** One job, of one team where a team asks; undefined = there is none. */
export async function findJob(
  context: Context,
  of: { jobId: string; teamId?: string },
): Promise<store.JobRow | undefined> {
  if (!isUuid(of.jobId)) return undefined;
  const [job] = await store.selectJobs(context.database.drizzle, of, {
    start: undefined,
    limit: 1,
  });
  return job;
}

/** One call; undefined = there is none. */
export async function findCall(
  context: Context,
  callId: string,
): Promise<store.FoundCall | undefined> {
  if (!isUuid(callId)) return undefined;
  const [call] = await store.selectCalls(
    context.database.drizzle,
    { callId },
    { start: undefined, limit: 1 },
  );
  return call;
}

/** The newest calls of a job, at most `limit`, oldest of them first. */
export async function newestCalls(
  context: Context,
  job: { id: string; createdAt: Date },
  limit: number,
): Promise<store.CallRow[]> {
  const calls = await store.selectCallsOf(context.database.drizzle, job, {
    start: undefined,
    limit,
  });
  return calls.reverse();
}

async function bounded<Rows>(
  context: Context,
  read: (drizzle: Drizzle) => Promise<Rows>,
): Promise<Rows> {
  try {
    return await context.database.drizzle.transaction(async (transaction) => {
      await store.limitReading(transaction, LONGEST_READ_SECONDS);
      return read(transaction);
    });
  } catch (error) {
    // query_canceled
    if (sqlState(error) !== "57014") throw error;
    throw new DomainError(
      "invalid_request",
      `This search would read for more than ${LONGEST_READ_SECONDS} s: narrow it by time, team or key.`,
      { cause: error },
    );
  }
}
