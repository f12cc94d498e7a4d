import { and, asc, eq, gt, gte, inArray, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { jobs, llmCalls, organizations, teamPeriods, teams } from "../../db/schema/index.ts";
import { highestIdUntil, lowestIdFrom } from "../kernel/ids.ts";

/** Whose jobs of which span: created from an instant on, before another. */
export interface Scope {
  from: Date;
  to: Date;
  organizationId: string | undefined;
  /** Undefined = all. */
  teamIds: readonly string[] | undefined;
}

export type JobRow = Awaited<ReturnType<typeof selectPastJobs>>[number];

const ofScope = (scope: Scope) =>
  and(
    isNull(teams.testOf),
    scope.organizationId === undefined ? undefined : eq(teams.organizationId, scope.organizationId),
    scope.teamIds && inArray(teams.id, [...scope.teamIds]),
  );

/** Jobs of a span beyond a job, in the order of their ids, which is that of their creation. */
export function selectPastJobs(
  drizzle: Drizzle,
  scope: Scope,
  page: { after: string | undefined; limit: number },
) {
  return drizzle
    .select({
      id: jobs.id,
      teamId: jobs.teamId,
      type: jobs.type,
      status: jobs.status,
      createdAt: jobs.createdAt,
      endedAt: jobs.endedAt,
      lastActivityAt: jobs.lastActivityAt,
      calls: jobs.calls,
      callsInFlight: jobs.callsInFlight,
      succeededCalls: jobs.succeededCalls,
      outputTokens: jobs.outputTokens,
      costNanos: jobs.providerCostNanos,
      charged: jobs.charged,
      single: sql<boolean>`coalesce(${jobs.terms} -> 'single' = 'true', false)`,
    })
    .from(jobs)
    .innerJoin(teams, eq(teams.id, jobs.teamId))
    .where(
      and(
        ofScope(scope),
        gte(jobs.id, lowestIdFrom(scope.from)),
        gte(jobs.createdAt, scope.from),
        lt(jobs.id, highestIdUntil(scope.to)),
        lt(jobs.createdAt, scope.to),
        page.after === undefined ? undefined : gt(jobs.id, page.after),
      ),
    )
    .orderBy(asc(jobs.id))
    .limit(page.limit);
}

/** Ended calls of some jobs beyond a call; none is older than `from`, so that earlier partitions are left out. */
export function selectPastCalls(
  drizzle: Drizzle,
  of: { jobIds: readonly string[]; from: Date },
  page: { after: string | undefined; limit: number },
) {
  return drizzle
    .select({
      id: llmCalls.id,
      jobId: llmCalls.jobId,
      endpoint: llmCalls.endpoint,
      status: llmCalls.status,
      lost: llmCalls.lost,
      target: llmCalls.target,
      inputTokens: llmCalls.inputTokens,
      cachedInputTokens: llmCalls.cachedInputTokens,
      cacheWriteTokens: llmCalls.cacheWriteTokens,
      outputTokens: llmCalls.outputTokens,
      reasoningTokens: llmCalls.reasoningTokens,
      costNanos: llmCalls.providerCostNanos,
      cacheHit: llmCalls.cacheHit,
      // Of a hit alone it is asked what the call would have cost.
      priceSnapshot: sql<unknown>`case when ${llmCalls.cacheHit} then ${llmCalls.priceSnapshot} end`,
    })
    .from(llmCalls)
    .where(
      and(
        inArray(llmCalls.jobId, [...of.jobIds]),
        gte(llmCalls.id, lowestIdFrom(of.from)),
        isNotNull(llmCalls.endedAt),
        page.after === undefined ? undefined : gt(llmCalls.id, page.after),
      ),
    )
    .orderBy(asc(llmCalls.id))
    .limit(page.limit);
}

/** Fees that were really taken for periods which began in the span, by team, in micro-credits. */
export async function selectFees(
  drizzle: Drizzle,
  scope: Scope,
): Promise<{ teamId: string; micros: bigint }[]> {
  const rows = await drizzle
    .select({
      teamId: teamPeriods.teamId,
      micros: sql<string>`sum(${teamPeriods.feeCharged})::text`,
    })
    .from(teamPeriods)
    .innerJoin(teams, eq(teams.id, teamPeriods.teamId))
    .where(
      and(
        ofScope(scope),
        isNotNull(teamPeriods.feeCharged),
        gte(teamPeriods.startsAt, scope.from),
        lt(teamPeriods.startsAt, scope.to),
      ),
    )
    .groupBy(teamPeriods.teamId);
  return rows.map(({ teamId, micros }) => ({ teamId, micros: BigInt(micros) }));
}

/** What some teams and their organizations are called. */
export function selectNames(drizzle: Drizzle, teamIds: readonly string[]) {
  return drizzle
    .select({
      teamId: teams.id,
      name: teams.name,
      organizationId: teams.organizationId,
      organizationName: organizations.name,
    })
    .from(teams)
    .innerJoin(organizations, eq(organizations.id, teams.organizationId))
    .where(inArray(teams.id, [...teamIds]));
}
