import { sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { SANDBOX_ORGANIZATION } from "../../db/sandbox.ts";

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
