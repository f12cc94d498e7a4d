import { and, asc, eq, isNull, lte, or } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { organizations, teams, virtualKeys, wallets } from "../../db/schema/index.ts";

export type KeyRow = typeof virtualKeys.$inferSelect;

export async function insertKey(
  transaction: Drizzle,
  row: {
    id: string;
    teamId: string;
    name: string;
    hash: Uint8Array;
    lastFour: string;
    at: Date;
    expiresAt: Date | null;
  },
): Promise<void> {
  const { at, ...columns } = row;
  await transaction.insert(virtualKeys).values({ ...columns, createdAt: at });
}

/** The status of a team, locked against a change until the transaction ends; undefined = there is none. */
export async function lockTeamStatus(
  transaction: Drizzle,
  teamId: string,
): Promise<string | undefined> {
  const [row] = await transaction
    .select({ status: teams.status })
    .from(teams)
    .where(eq(teams.id, teamId))
    .for("share");
  return row?.status;
}

/** A key with the state of its team, organization and wallet, by one query. */
export type KeyWithTeam = NonNullable<Awaited<ReturnType<typeof selectKeyByHash>>>;

export async function selectKeyByHash(drizzle: Drizzle, hash: Uint8Array) {
  const [row] = await drizzle
    .select({
      id: virtualKeys.id,
      name: virtualKeys.name,
      expiresAt: virtualKeys.expiresAt,
      revokedAt: virtualKeys.revokedAt,
      lastUsedAt: virtualKeys.lastUsedAt,
      ipAllowList: virtualKeys.ipAllowList,
      teamId: teams.id,
      teamName: teams.name,
      teamStatus: teams.status,
      pausedUntil: teams.pausedUntil,
      defaultAlias: teams.defaultAlias,
      jobTypeAliases: teams.jobTypeAliases,
      organizationId: organizations.id,
      organizationStatus: organizations.status,
      walletId: wallets.id,
    })
    .from(virtualKeys)
    .innerJoin(teams, eq(teams.id, virtualKeys.teamId))
    .innerJoin(organizations, eq(organizations.id, teams.organizationId))
    .innerJoin(wallets, eq(wallets.teamId, teams.id))
    .where(eq(virtualKeys.hash, hash));
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
