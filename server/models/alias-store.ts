import { and, asc, eq, inArray, ne, or, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import {
  modelAccessGroupMembers,
  modelAliases,
  modelAliasTargets,
  providerCredentials,
  teams,
} from "../../db/schema/index.ts";
import type { AliasSettings } from "./alias-settings.ts";
import { byName, contains, type NamePage } from "./name-page.ts";
import type { AliasRow, TargetRow } from "./store.ts";
import type { CredentialScope } from "./variants.ts";

/** The new alias; undefined = its name was taken. */
export async function insertAlias(
  transaction: Drizzle,
  row: { id: string; name: string; at: Date } & Partial<AliasSettings>,
): Promise<AliasRow | undefined> {
  const { at, ...columns } = row;
  const [inserted] = await transaction
    .insert(modelAliases)
    .values({ ...columns, createdAt: at, updatedAt: at })
    .onConflictDoNothing()
    .returning();
  return inserted;
}

export async function insertTargets(
  transaction: Drizzle,
  rows: readonly TargetRow[],
): Promise<void> {
  await transaction.insert(modelAliasTargets).values([...rows]);
}

/** Makes these the targets of an alias. */
export async function replaceTargets(
  transaction: Drizzle,
  aliasId: string,
  rows: readonly TargetRow[],
): Promise<void> {
  await transaction.delete(modelAliasTargets).where(eq(modelAliasTargets.aliasId, aliasId));
  await insertTargets(transaction, rows);
}

/** Changes settings and raises the version. */
export async function updateAlias(
  transaction: Drizzle,
  id: string,
  settings: Partial<AliasSettings>,
  at: Date,
): Promise<void> {
  await transaction
    .update(modelAliases)
    .set({ ...settings, updatedAt: at, version: sql`${modelAliases.version} + 1` })
    .where(eq(modelAliases.id, id));
}

/** Deletes an alias with its targets. */
export async function deleteAlias(transaction: Drizzle, id: string): Promise<void> {
  await transaction.delete(modelAliases).where(eq(modelAliases.id, id));
}

/** The alias of a name; locked, if asked, until the transaction ends. */
export function selectAliasRows(
  drizzle: Drizzle,
  of: { name: string; lock?: boolean },
): Promise<AliasRow[]> {
  const query = drizzle.select().from(modelAliases).where(eq(modelAliases.name, of.name));
  return of.lock ? query.for("update") : query;
}

/** A page of aliases by name; searched in their names and in those of the models behind them. */
export async function selectAliasPage(
  drizzle: Drizzle,
  page: NamePage & { status: string | undefined; group: string | undefined },
): Promise<AliasRow[]> {
  const { search, status, group } = page;
  const { beyond, order, inOrder } = byName(modelAliases.name, page.start);
  const behind = drizzle
    .select({ id: modelAliasTargets.aliasId })
    .from(modelAliasTargets)
    .where(contains(modelAliasTargets.model, search));
  const inGroup = drizzle
    .select({ id: modelAccessGroupMembers.aliasId })
    .from(modelAccessGroupMembers)
    .where(eq(modelAccessGroupMembers.groupId, group ?? ""));
  const rows = await drizzle
    .select()
    .from(modelAliases)
    .where(
      and(
        search === undefined
          ? undefined
          : or(contains(modelAliases.name, search), inArray(modelAliases.id, behind)),
        status === undefined ? undefined : eq(modelAliases.status, status),
        group === undefined ? undefined : inArray(modelAliases.id, inGroup),
        beyond,
      ),
    )
    .orderBy(order)
    .limit(page.limit);
  return inOrder(rows);
}

/** The targets of aliases in order of position, each with the scope of its credential. */
export async function selectTargets(
  drizzle: Drizzle,
  aliasIds: readonly string[],
): Promise<(TargetRow & { credential: CredentialScope | null })[]> {
  const rows = await drizzle
    .select({
      target: modelAliasTargets,
      credential: {
        organizationId: providerCredentials.organizationId,
        enabled: providerCredentials.enabled,
      },
    })
    .from(modelAliasTargets)
    .leftJoin(providerCredentials, eq(providerCredentials.id, modelAliasTargets.credentialId))
    .where(inArray(modelAliasTargets.aliasId, [...aliasIds]))
    .orderBy(asc(modelAliasTargets.position));
  return rows.map(({ target, credential }) => ({ ...target, credential }));
}

/** Alias id → the groups that hold it, sorted. */
export async function selectMemberships(
  drizzle: Drizzle,
  aliasIds: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await drizzle
    .select()
    .from(modelAccessGroupMembers)
    .where(inArray(modelAccessGroupMembers.aliasId, [...aliasIds]))
    .orderBy(asc(modelAccessGroupMembers.groupId));
  const groups = new Map<string, string[]>();
  for (const row of rows) {
    groups.set(row.aliasId, [...(groups.get(row.aliasId) ?? []), row.groupId]);
  }
  return groups;
}

/** Teams whose default an alias is, and teams that have it set for a job type; at most `limit` of each. */
export async function selectNamingTeams(
  drizzle: Drizzle,
  alias: string,
  limit: number,
): Promise<{ defaultOf: string[]; jobTypeOf: string[] }> {
  const namesForJobType = sql`exists (
    select from jsonb_each_text(${teams.jobTypeAliases}) as entry where entry.value = ${alias}::text)`;
  const idsWhere = async (condition: typeof namesForJobType) => {
    const rows = await drizzle
      .select({ id: teams.id })
      .from(teams)
      .where(and(ne(teams.status, "deleted"), condition))
      .orderBy(asc(teams.id))
      .limit(limit);
    return rows.map((row) => row.id);
  };
  return {
    defaultOf: await idsWhere(eq(teams.defaultAlias, alias)),
    jobTypeOf: await idsWhere(namesForJobType),
  };
}
