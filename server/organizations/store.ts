import { and, asc, count, eq, ne } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { organizations, teams } from "../../db/schema/index.ts";

export type OrganizationRow = typeof organizations.$inferSelect;

/** Whether the id was free. */
export async function insertOrganization(
  transaction: Drizzle,
  row: { id: string; name: string; at: Date },
): Promise<boolean> {
  const inserted = await transaction
    .insert(organizations)
    .values({ id: row.id, name: row.name, createdAt: row.at, updatedAt: row.at })
    .onConflictDoNothing()
    .returning({ id: organizations.id });
  return inserted.length > 0;
}

/** The organization's status, locked against a change until the transaction ends; undefined = there is none. */
export async function lockOrganizationStatus(
  transaction: Drizzle,
  id: string,
): Promise<string | undefined> {
  const [row] = await transaction
    .select({ status: organizations.status })
    .from(organizations)
    .where(eq(organizations.id, id))
    .for("share");
  return row?.status;
}

export type OrganizationListRow = OrganizationRow & { teamCount: number };

/** All but deleted ones, by name; at most `limit`. */
export async function selectOrganizations(
  drizzle: Drizzle,
  limit: number,
): Promise<OrganizationListRow[]> {
  const rows = await drizzle
    .select({ organization: organizations, teamCount: count(teams.id) })
    .from(organizations)
    .leftJoin(teams, and(eq(teams.organizationId, organizations.id), ne(teams.status, "deleted")))
    .where(ne(organizations.status, "deleted"))
    .groupBy(organizations.id)
    .orderBy(asc(organizations.name), asc(organizations.id))
    .limit(limit);
  return rows.map((row) => ({ ...row.organization, teamCount: row.teamCount }));
}
