import { and, eq, ne, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { organizations, teams } from "../../db/schema/index.ts";

export type TeamRow = typeof teams.$inferSelect;
/** A team with the state of its organization. */
export type OwnedTeam = TeamRow & {
  organizationStatus: string;
  organizationPausedUntil: Date | null;
};

/** Whether the id was free. */
export async function insertTeam(
  transaction: Drizzle,
  row: Pick<TeamRow, "id" | "organizationId" | "name" | "limits" | "metadata"> & { at: Date },
): Promise<boolean> {
  const { at, ...columns } = row;
  const inserted = await transaction
    .insert(teams)
    .values({ ...columns, createdAt: at, updatedAt: at })
    .onConflictDoNothing()
    .returning({ id: teams.id });
  return inserted.length > 0;
}

const owned = (drizzle: Drizzle) =>
  drizzle
    .select({
      team: teams,
      organizationStatus: organizations.status,
      organizationPausedUntil: organizations.pausedUntil,
    })
    .from(teams)
    .innerJoin(organizations, eq(organizations.id, teams.organizationId));

const toOwned = ({
  team,
  ...organization
}: { team: TeamRow } & Omit<OwnedTeam, keyof TeamRow>) => ({
  ...team,
  ...organization,
});

/** The team, also a deleted one. */
export async function selectTeam(drizzle: Drizzle, id: string): Promise<OwnedTeam | undefined> {
  const [row] = await owned(drizzle).where(eq(teams.id, id));
  return row && toOwned(row);
}

/** The team, locked for a change, unless it is deleted. Rows that refer to it may still be added meanwhile. */
export async function lockTeam(transaction: Drizzle, id: string): Promise<TeamRow | undefined> {
  const [row] = await transaction
    .select()
    .from(teams)
    .where(and(eq(teams.id, id), ne(teams.status, "deleted")))
    .for("no key update");
  return row;
}

export type TeamColumns = Partial<
  Pick<
    TeamRow,
    | "name"
    | "metadata"
    | "status"
    | "statusReason"
    | "pausedUntil"
    | "defaultAlias"
    | "jobTypeAliases"
    | "limits"
  >
>;

/** Changes columns of a team and raises its version. */
export async function updateTeam(
  transaction: Drizzle,
  id: string,
  change: TeamColumns,
  at: Date,
): Promise<void> {
  await transaction
    .update(teams)
    .set({ ...change, updatedAt: at, version: sql`${teams.version} + 1` })
    .where(eq(teams.id, id));
}
