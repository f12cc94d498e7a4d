import { and, asc, count, eq, inArray, ne, or, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import {
  modelAccessGroupMembers,
  modelAccessGroups,
  modelAliases,
  teamAccessGroups,
  teams,
} from "../../db/schema/index.ts";
import { byName, contains, type NamePage } from "./name-page.ts";

export type GroupRow = typeof modelAccessGroups.$inferSelect;

/** Whether the id was free. */
export async function insertGroup(
  transaction: Drizzle,
  row: { id: string; name: string; at: Date },
): Promise<boolean> {
  const inserted = await transaction
    .insert(modelAccessGroups)
    .values({ id: row.id, name: row.name, createdAt: row.at })
    .onConflictDoNothing()
    .returning({ id: modelAccessGroups.id });
  return inserted.length > 0;
}

/** The group, locked against changes and new grants until the transaction ends. */
export async function lockGroup(transaction: Drizzle, id: string): Promise<GroupRow | undefined> {
  const [row] = await transaction
    .select()
    .from(modelAccessGroups)
    .where(eq(modelAccessGroups.id, id))
    .for("update");
  return row;
}

export async function selectGroup(drizzle: Drizzle, id: string): Promise<GroupRow | undefined> {
  const [row] = await drizzle.select().from(modelAccessGroups).where(eq(modelAccessGroups.id, id));
  return row;
}

/** A page of groups by id. */
export async function selectGroups(drizzle: Drizzle, page: NamePage): Promise<GroupRow[]> {
  const { beyond, order, inOrder } = byName(modelAccessGroups.id, page.start);
  const found = or(
    contains(modelAccessGroups.name, page.search),
    contains(modelAccessGroups.id, page.search),
  );
  const rows = await drizzle
    .select()
    .from(modelAccessGroups)
    .where(and(found, beyond))
    .orderBy(order)
    .limit(page.limit);
  return inOrder(rows);
}

/** Renames a group and raises its version. */
export async function updateGroup(transaction: Drizzle, id: string, name: string): Promise<void> {
  await transaction
    .update(modelAccessGroups)
    .set({ name, version: sql`${modelAccessGroups.version} + 1` })
    .where(eq(modelAccessGroups.id, id));
}

/** Group id → the aliases in it, by name. */
export async function selectMembers(
  drizzle: Drizzle,
  groupIds: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await drizzle
    .select({ groupId: modelAccessGroupMembers.groupId, alias: modelAliases.name })
    .from(modelAccessGroupMembers)
    .innerJoin(modelAliases, eq(modelAliases.id, modelAccessGroupMembers.aliasId))
    .where(inArray(modelAccessGroupMembers.groupId, [...groupIds]))
    .orderBy(asc(modelAliases.name));
  const members = new Map<string, string[]>();
  for (const { groupId, alias } of rows) {
    members.set(groupId, [...(members.get(groupId) ?? []), alias]);
  }
  return members;
}

/** Makes these aliases the members of a group, by id. */
export async function replaceMembers(
  transaction: Drizzle,
  groupId: string,
  aliasIds: readonly string[],
): Promise<void> {
  await transaction
    .delete(modelAccessGroupMembers)
    .where(eq(modelAccessGroupMembers.groupId, groupId));
  if (aliasIds.length === 0) return;
  await transaction
    .insert(modelAccessGroupMembers)
    .values(aliasIds.map((aliasId) => ({ groupId, aliasId })));
}

/** Alias → its id, for those that exist; they stay until the transaction ends. */
export async function lockAliasIds(
  transaction: Drizzle,
  names: readonly string[],
): Promise<Map<string, string>> {
  const rows = await transaction
    .select({ id: modelAliases.id, name: modelAliases.name })
    .from(modelAliases)
    .where(inArray(modelAliases.name, [...names]))
    .for("key share");
  return new Map(rows.map((row) => [row.name, row.id]));
}

const granted = and(eq(teams.id, teamAccessGroups.teamId), ne(teams.status, "deleted"));

/** Group id → how many teams it is granted to. */
export async function countGrants(
  drizzle: Drizzle,
  groupIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await drizzle
    .select({ groupId: teamAccessGroups.groupId, teams: count() })
    .from(teamAccessGroups)
    .innerJoin(teams, granted)
    .where(inArray(teamAccessGroups.groupId, [...groupIds]))
    .groupBy(teamAccessGroups.groupId);
  return new Map(rows.map((row) => [row.groupId, row.teams]));
}

/** Teams that a group is granted to, by id; at most `limit`. */
export async function selectGrantedTeams(
  drizzle: Drizzle,
  groupId: string,
  limit: number,
): Promise<string[]> {
  const rows = await drizzle
    .select({ teamId: teamAccessGroups.teamId })
    .from(teamAccessGroups)
    .innerJoin(teams, granted)
    .where(eq(teamAccessGroups.groupId, groupId))
    .orderBy(asc(teamAccessGroups.teamId))
    .limit(limit);
  return rows.map((row) => row.teamId);
}

/** Deletes a group, with what is left of grants to deleted teams. */
export async function deleteGroup(transaction: Drizzle, id: string): Promise<void> {
  await transaction.delete(teamAccessGroups).where(eq(teamAccessGroups.groupId, id));
  await transaction.delete(modelAccessGroups).where(eq(modelAccessGroups.id, id));
}
