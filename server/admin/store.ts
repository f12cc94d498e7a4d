import { and, eq, gt, isNull, lt, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { SANDBOX_ORGANIZATION } from "../../db/sandbox.ts";
import { adminSessions, apiTokens, setupLinks } from "../../db/schema/index.ts";

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
      organizations: sql<number>`(select count(*) from organizations where status <> 'deleted' and id <> ${SANDBOX_ORGANIZATION})::float8`,
      teams: sql<number>`(select count(*) from teams where status <> 'deleted' and test_of is null)::float8`,
      models: sql<number>`(select count(*) from model_aliases)::float8`,
      jobs: sql<number>`case when c.reltuples > 100000 then c.reltuples::float8
        else (select count(*) from jobs)::float8 end`,
    })
    .from(sql`pg_class c`)
    .where(sql`c.oid = 'jobs'::regclass`);
  return row!;
}
