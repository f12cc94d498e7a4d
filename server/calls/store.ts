import { and, desc, eq, gte, inArray, isNull, lt, ne, sql, type SQL } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { callCancellations, jobs, llmCalls, teams } from "../../db/schema/index.ts";
import type { FoundCall } from "../jobs/search.ts";
import { firstUuidV7 } from "../kernel/ids.ts";

/** What a live tail is narrowed to in the database. */
export interface LiveFilter {
  teamId: string | undefined;
  alias: string | undefined;
}

/** The newest calls whose ids are of an instant or later. */
export function selectCallsSince(
  drizzle: Drizzle,
  since: Date,
  filter: LiveFilter,
  limit: number,
): Promise<FoundCall[]> {
  return select(
    drizzle,
    [gte(llmCalls.id, firstUuidV7(since.getTime())), ...narrowed(filter)],
    limit,
  );
}

/** The newest calls in flight; no index finds them, so they are looked for among the calls since the oldest of them. */
export function selectCallsInFlight(
  drizzle: Drizzle,
  filter: LiveFilter,
  limit: number,
): Promise<FoundCall[]> {
  return select(drizzle, [inFlight(), ...narrowed(filter)], limit);
}

/** Those of some calls that have ended. */
export function selectEnded(drizzle: Drizzle, ids: readonly string[]): Promise<FoundCall[]> {
  return select(
    drizzle,
    [inArray(llmCalls.id, [...ids]), ne(llmCalls.status, "in_flight")],
    ids.length,
  );
}

const inFlight = () =>
  and(gte(llmCalls.id, sql`(select oldest_call_in_flight_v1())`), eq(llmCalls.status, "in_flight"));

const narrowed = ({ teamId, alias }: LiveFilter) => [
  teamId === undefined ? undefined : eq(llmCalls.teamId, teamId),
  alias === undefined ? undefined : eq(llmCalls.alias, alias),
];

async function select(
  drizzle: Drizzle,
  conditions: (SQL | undefined)[],
  limit: number,
): Promise<FoundCall[]> {
  const rows = await drizzle
    .select({ call: llmCalls, organizationId: teams.organizationId, jobType: jobs.type })
    .from(llmCalls)
    .innerJoin(jobs, eq(jobs.id, llmCalls.jobId))
    .innerJoin(teams, eq(teams.id, llmCalls.teamId))
    .where(and(isNull(teams.testOf), ...conditions))
    .orderBy(desc(llmCalls.id))
    .limit(limit);
  return rows.map(({ call, ...rest }) => ({ ...call, ...rest }));
}

/** Asks for a stream to be stopped; asking twice changes nothing. */
export async function insertCancellation(
  drizzle: Drizzle,
  callId: string,
  at: Date,
): Promise<void> {
  await drizzle
    .insert(callCancellations)
    .values({ callId, createdAt: at })
    .onConflictDoNothing({ target: callCancellations.callId });
}

export async function deleteCancellations(drizzle: Drizzle, before: Date): Promise<void> {
  await drizzle.delete(callCancellations).where(lt(callCancellations.createdAt, before));
}
