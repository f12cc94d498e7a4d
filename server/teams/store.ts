import { and, asc, eq, ne } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { teams } from "../../db/schema/index.ts";

export type TeamRow = typeof teams.$inferSelect;

/** Whether the id was free. */
export async function insertTeam(
  transaction: Drizzle,
  row: { id: string; organizationId: string; name: string; at: Date },
): Promise<boolean> {
  const { at, ...columns } = row;
  const inserted = await transaction
    .insert(teams)
    .values({ ...columns, createdAt: at, updatedAt: at })
    .onConflictDoNothing()
    .returning({ id: teams.id });
  return inserted.length > 0;
}

/** The team, unless it is deleted. */
export async function selectTeam(drizzle: Drizzle, id: string): Promise<TeamRow | undefined> {
  const [row] = await drizzle
    .select()
    .from(teams)
    .where(and(eq(teams.id, id), ne(teams.status, "deleted")));
  return row;
}

/** All but deleted ones, by name; of one organization when it is given. */
export function selectTeams(
  drizzle: Drizzle,
  filter: { organizationId?: string | undefined; limit: number },
): Promise<TeamRow[]> {
  return drizzle
    .select()
    .from(teams)
    .where(
      and(
        ne(teams.status, "deleted"),
        filter.organizationId === undefined
          ? undefined
          : eq(teams.organizationId, filter.organizationId),
      ),
    )
    .orderBy(asc(teams.name), asc(teams.id))
    .limit(filter.limit);
}
