import { and, asc, desc, eq, gt, gte, isNull, lt, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import {
  adminSessions,
  apiTokens,
  jobs,
  llmCalls,
  setupLinks,
  teams,
} from "../../db/schema/index.ts";
import { lowestIdFrom } from "../kernel/ids.ts";

export async function insertSetupLink(
  drizzle: Drizzle,
  row: { tokenHash: Uint8Array; createdAt: Date; expiresAt: Date },
): Promise<void> {
  await drizzle.insert(setupLinks).values(row);
}

/** Uses a link up; false = it is unknown, used or expired. Of two at once, one succeeds. */
export async function useSetupLink(
  transaction: Drizzle,
  tokenHash: Uint8Array,
  at: Date,
): Promise<boolean> {
  const used = await transaction
    .update(setupLinks)
    .set({ usedAt: at })
    .where(
      and(
        eq(setupLinks.tokenHash, tokenHash),
        isNull(setupLinks.usedAt),
        gt(setupLinks.expiresAt, at),
      ),
    )
    .returning({ createdAt: setupLinks.createdAt });
  return used.length > 0;
}

/** Deletes links and sessions that have expired, so that neither table grows for ever. */
export async function deleteOutdated(drizzle: Drizzle, at: Date): Promise<void> {
  await drizzle.delete(setupLinks).where(lt(setupLinks.expiresAt, at));
  await drizzle.delete(adminSessions).where(lt(adminSessions.expiresAt, at));
}

export async function insertSession(
  transaction: Drizzle,
  row: { id: string; tokenHash: Uint8Array; createdAt: Date; expiresAt: Date },
): Promise<void> {
  await transaction.insert(adminSessions).values(row);
}

export async function selectSession(
  drizzle: Drizzle,
  tokenHash: Uint8Array,
): Promise<typeof adminSessions.$inferSelect | undefined> {
  const [row] = await drizzle
    .select()
    .from(adminSessions)
    .where(eq(adminSessions.tokenHash, tokenHash));
  return row;
}

export async function revokeSession(drizzle: Drizzle, id: string, at: Date): Promise<void> {
  await drizzle
    .update(adminSessions)
    .set({ revokedAt: at })
    .where(and(eq(adminSessions.id, id), isNull(adminSessions.revokedAt)));
}

export async function insertApiToken(
  drizzle: Drizzle,
  row: { id: string; name: string; tokenHash: Uint8Array; lastFour: string; createdAt: Date },
): Promise<void> {
  await drizzle.insert(apiTokens).values(row);
}

export async function selectApiToken(
  drizzle: Drizzle,
  tokenHash: Uint8Array,
): Promise<typeof apiTokens.$inferSelect | undefined> {
  const [row] = await drizzle.select().from(apiTokens).where(eq(apiTokens.tokenHash, tokenHash));
  return row;
}

/** How many there are of each. Jobs are estimated by the planner's figure once there are many: a count would read them all. */
export async function selectCounts(
  drizzle: Drizzle,
): Promise<{ organizations: number; teams: number; models: number; jobs: number }> {
  const [row] = await drizzle
    .select({
      organizations: sql<number>`(select count(*) from organizations where status <> 'deleted')::float8`,
      teams: sql<number>`(select count(*) from teams where status <> 'deleted')::float8`,
      models: sql<number>`(select count(*) from model_aliases)::float8`,
      jobs: sql<number>`case when c.reltuples > 100000 then c.reltuples::float8
        else (select count(*) from jobs)::float8 end`,
    })
    .from(sql`pg_class c`)
    .where(sql`c.oid = 'jobs'::regclass`);
  return row!;
}

export type JobRow = typeof jobs.$inferSelect & { organizationId: string };

export interface JobFilter {
  teamId?: string | undefined;
  status?: string | undefined;
}

/** Jobs older or newer than one (exclusive), those nearest to it, always newest first. */
export async function selectJobs(
  drizzle: Drizzle,
  page: {
    filter: JobFilter;
    start: { key: string; towards: "older" | "newer" } | undefined;
    limit: number;
  },
): Promise<JobRow[]> {
  const { filter, start } = page;
  const newer = start?.towards === "newer";
  const rows = await drizzle
    .select({ job: jobs, organizationId: teams.organizationId })
    .from(jobs)
    .innerJoin(teams, eq(teams.id, jobs.teamId))
    .where(
      and(
        filter.teamId === undefined ? undefined : eq(jobs.teamId, filter.teamId),
        filter.status === undefined ? undefined : eq(jobs.status, filter.status),
        start && (newer ? gt(jobs.id, start.key) : lt(jobs.id, start.key)),
      ),
    )
    .orderBy(newer ? asc(jobs.id) : desc(jobs.id))
    .limit(page.limit);
  const found = rows.map((row) => ({ ...row.job, organizationId: row.organizationId }));
  return newer ? found.reverse() : found;
}

export async function selectJob(drizzle: Drizzle, jobId: string): Promise<JobRow | undefined> {
  const [row] = await drizzle
    .select({ job: jobs, organizationId: teams.organizationId })
    .from(jobs)
    .innerJoin(teams, eq(teams.id, jobs.teamId))
    .where(eq(jobs.id, jobId));
  return row && { ...row.job, organizationId: row.organizationId };
}

export type CallRow = typeof llmCalls.$inferSelect;

/** The newest calls of a job, at most `limit`, oldest of them first. The job's time lets the partitions before it be left out. */
export async function selectCalls(
  drizzle: Drizzle,
  job: { id: string; createdAt: Date },
  limit: number,
): Promise<CallRow[]> {
  const rows = await drizzle
    .select()
    .from(llmCalls)
    .where(and(eq(llmCalls.jobId, job.id), gte(llmCalls.id, lowestIdFrom(job.createdAt))))
    .orderBy(desc(llmCalls.id))
    .limit(limit);
  return rows.reverse();
}
