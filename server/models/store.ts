import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import {
  modelAccessGroupMembers,
  modelAccessGroups,
  modelAliases,
  modelAliasTargets,
  providerCredentials,
  teamAccessGroups,
  teams,
} from "../../db/schema/index.ts";

export type AliasRow = typeof modelAliases.$inferSelect;
export type TargetRow = typeof modelAliasTargets.$inferSelect;

/** Makes sure that a group exists; its name is its id at first. */
export async function ensureGroup(transaction: Drizzle, id: string, at: Date): Promise<void> {
  await transaction
    .insert(modelAccessGroups)
    .values({ id, name: id, createdAt: at })
    .onConflictDoNothing();
}

/** Which of these groups exist. */
export async function selectGroupIds(
  transaction: Drizzle,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await transaction
    .select({ id: modelAccessGroups.id })
    .from(modelAccessGroups)
    .where(inArray(modelAccessGroups.id, [...ids]));
  return rows.map((row) => row.id);
}

export async function insertGroupMember(
  transaction: Drizzle,
  row: { groupId: string; aliasId: string },
): Promise<void> {
  await transaction.insert(modelAccessGroupMembers).values(row);
}

export async function insertGrants(
  transaction: Drizzle,
  teamId: string,
  groupIds: readonly string[],
): Promise<void> {
  await transaction
    .insert(teamAccessGroups)
    .values(groupIds.map((groupId) => ({ teamId, groupId })));
}

export async function deleteGrants(transaction: Drizzle, teamId: string): Promise<void> {
  await transaction.delete(teamAccessGroups).where(eq(teamAccessGroups.teamId, teamId));
}

/** The active aliases that groups hold together, by name. */
export function selectAliasesOfGroups(
  transaction: Drizzle,
  groupIds: readonly string[],
): Promise<{ name: string; mode: string }[]> {
  return transaction
    .selectDistinct({ name: modelAliases.name, mode: modelAliases.mode })
    .from(modelAliases)
    .innerJoin(modelAccessGroupMembers, eq(modelAccessGroupMembers.aliasId, modelAliases.id))
    .where(
      and(
        inArray(modelAccessGroupMembers.groupId, [...groupIds]),
        eq(modelAliases.status, "active"),
      ),
    )
    .orderBy(asc(modelAliases.name));
}

/** The groups granted to a team, sorted. */
export async function selectGrantedGroups(drizzle: Drizzle, teamId: string): Promise<string[]> {
  const rows = await drizzle
    .select({ groupId: teamAccessGroups.groupId })
    .from(teamAccessGroups)
    .where(eq(teamAccessGroups.teamId, teamId))
    .orderBy(asc(teamAccessGroups.groupId));
  return rows.map((row) => row.groupId);
}

/** The active aliases that the groups granted to a team hold, and whose team it is. */
export function selectGrantedAliases(
  drizzle: Drizzle,
  teamId: string,
): Promise<{ name: string; organizationId: string }[]> {
  return drizzle
    .selectDistinct({ name: modelAliases.name, organizationId: teams.organizationId })
    .from(teamAccessGroups)
    .innerJoin(teams, eq(teams.id, teamAccessGroups.teamId))
    .innerJoin(
      modelAccessGroupMembers,
      eq(modelAccessGroupMembers.groupId, teamAccessGroups.groupId),
    )
    .innerJoin(
      modelAliases,
      and(eq(modelAliases.id, modelAccessGroupMembers.aliasId), eq(modelAliases.status, "active")),
    )
    .where(eq(teamAccessGroups.teamId, teamId));
}

export interface AliasWithTarget {
  alias: AliasRow;
  /** Null = the alias has no target. */
  target: TargetRow | null;
  credential: {
    id: string;
    name: string;
    sealedKey: Uint8Array | null;
    apiBase: string | null;
    organizationId: string | null;
    enabled: boolean;
  } | null;
}

/** Every alias with each of its targets in order of position, aliases by name. */
export function selectAliases(drizzle: Drizzle): Promise<AliasWithTarget[]> {
  return drizzle
    .select({
      alias: modelAliases,
      target: modelAliasTargets,
      credential: {
        id: providerCredentials.id,
        name: providerCredentials.name,
        sealedKey: providerCredentials.sealedKey,
        apiBase: providerCredentials.apiBase,
        organizationId: providerCredentials.organizationId,
        enabled: providerCredentials.enabled,
      },
    })
    .from(modelAliases)
    .leftJoin(modelAliasTargets, eq(modelAliasTargets.aliasId, modelAliases.id))
    .leftJoin(providerCredentials, eq(providerCredentials.id, modelAliasTargets.credentialId))
    .orderBy(asc(modelAliases.name), asc(modelAliasTargets.position));
}

/** The counter of the models' configuration. Read before the rows, so that what is served is never older than its version. */
export async function selectModelsVersion(drizzle: Drizzle): Promise<number> {
  const [row] = await drizzle
    .select({
      version: sql<string>`coalesce((select version from config_versions where kind = 'models'), 0)::text`,
    })
    .from(sql`(select 1) one`);
  return Number(row!.version);
}
