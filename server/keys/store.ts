import { and, asc, eq, isNull, lte, ne, or, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { newestFirst, type PageStart } from "../../db/keyset.ts";
import { alias } from "drizzle-orm/pg-core";
import { organizations, teams, virtualKeys, wallets } from "../../db/schema/index.ts";

export type KeyRow = typeof virtualKeys.$inferSelect;

/** Stores a key and returns its row. */
export async function insertKey(
  transaction: Drizzle,
  row: typeof virtualKeys.$inferInsert,
): Promise<KeyRow> {
  const [inserted] = await transaction.insert(virtualKeys).values(row).returning();
  return inserted!;
}

/** The owner of a key, locked against a change until the transaction ends; undefined = there is none, or it is deleted. */
export async function lockTeam(
  transaction: Drizzle,
  teamId: string,
): Promise<{ organizationId: string } | undefined> {
  const [row] = await transaction
    .select({ organizationId: teams.organizationId })
    .from(teams)
    .where(and(eq(teams.id, teamId), ne(teams.status, "deleted")))
    .for("share");
  return row;
}

export type OwnedKey = KeyRow & { organizationId: string };

const owned = (drizzle: Drizzle, keyId: string) =>
  drizzle
    .select({ key: virtualKeys, organizationId: teams.organizationId })
    .from(virtualKeys)
    .innerJoin(teams, eq(teams.id, virtualKeys.teamId))
    .where(and(eq(virtualKeys.id, keyId), ne(teams.status, "deleted")));

/** The key, unless its team is deleted. */
export async function selectKey(drizzle: Drizzle, keyId: string): Promise<OwnedKey | undefined> {
  const [row] = await owned(drizzle, keyId);
  return row && { ...row.key, organizationId: row.organizationId };
}

/** `selectKey`, locked for a change. */
export async function lockKey(transaction: Drizzle, keyId: string): Promise<OwnedKey | undefined> {
  const [row] = await owned(transaction, keyId).for("update", { of: virtualKeys });
  return row && { ...row.key, organizationId: row.organizationId };
}

/** Changes columns of a key, raises its version and returns the row. */
export async function updateKey(
  transaction: Drizzle,
  keyId: string,
  change: Partial<
    Pick<KeyRow, "name" | "expiresAt" | "revokedAt" | "ipAllowList" | "allowedOrigins" | "limits">
  >,
): Promise<KeyRow> {
  const [row] = await transaction
    .update(virtualKeys)
    .set({ ...change, version: sql`${virtualKeys.version} + 1` })
    .where(eq(virtualKeys.id, keyId))
    .returning();
  return row!;
}

const sandbox = alias(teams, "sandbox");

/** A key with the state of its team, organization and wallet, by one query. */
export type KeyWithTeam = NonNullable<Awaited<ReturnType<typeof selectKeyWithTeam>>>;

export async function selectKeyWithTeam(
  drizzle: Drizzle,
  by: { hash: Uint8Array } | { id: string },
) {
  const [row] = await drizzle
    .select({
      id: virtualKeys.id,
      name: virtualKeys.name,
      expiresAt: virtualKeys.expiresAt,
      revokedAt: virtualKeys.revokedAt,
      lastUsedAt: virtualKeys.lastUsedAt,
      isTest: sql<boolean>`${virtualKeys.mode} = 'test'`,
      ipAllowList: virtualKeys.ipAllowList,
      allowedOrigins: virtualKeys.allowedOrigins,
      teamId: teams.id,
      teamName: teams.name,
      teamStatus: teams.status,
      pausedUntil: teams.pausedUntil,
      defaultAlias: teams.defaultAlias,
      jobTypeAliases: teams.jobTypeAliases,
      teamLimits: teams.limits,
      keyLimits: virtualKeys.limits,
      organizationId: organizations.id,
      organizationStatus: organizations.status,
      organizationPausedUntil: organizations.pausedUntil,
      walletId: wallets.id,
    })
    .from(virtualKeys)
    .innerJoin(teams, eq(teams.id, virtualKeys.teamId))
    .innerJoin(organizations, eq(organizations.id, teams.organizationId))
    .leftJoin(sandbox, eq(sandbox.testOf, teams.id))
    .innerJoin(
      wallets,
      eq(
        wallets.teamId,
        sql`case when ${virtualKeys.mode} = 'test' then ${sandbox.id} else ${teams.id} end`,
      ),
    )
    .where("id" in by ? eq(virtualKeys.id, by.id) : eq(virtualKeys.hash, by.hash));
  return row;
}

/** Notes a key's use, unless one after `notBefore` is noted already (by another instance). */
export async function updateLastUsed(
  drizzle: Drizzle,
  use: { keyId: string; at: Date; notBefore: Date },
): Promise<void> {
  await drizzle
    .update(virtualKeys)
    .set({ lastUsedAt: use.at })
    .where(
      and(
        eq(virtualKeys.id, use.keyId),
        or(isNull(virtualKeys.lastUsedAt), lte(virtualKeys.lastUsedAt, use.notBefore)),
      ),
    );
}

/** A team's keys, oldest first. */
export function selectKeys(drizzle: Drizzle, teamId: string, limit: number): Promise<KeyRow[]> {
  return drizzle
    .select()
    .from(virtualKeys)
    .where(eq(virtualKeys.teamId, teamId))
    .orderBy(asc(virtualKeys.id))
    .limit(limit);
}

/** A page of a team's keys, newest first. */
export async function selectKeyPage(
  drizzle: Drizzle,
  teamId: string,
  page: { start: PageStart | undefined; limit: number },
): Promise<KeyRow[]> {
  const { beyond, orderBy, rows } = newestFirst(virtualKeys.id, page.start);
  const read = await drizzle
    .select()
    .from(virtualKeys)
    .where(and(eq(virtualKeys.teamId, teamId), beyond))
    .orderBy(...orderBy)
    .limit(page.limit);
  return rows(read);
}
