import { and, eq, ne, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { configVersions, organizations, teams } from "../../db/schema/index.ts";

/** A team, an organization, or (neither) the platform. */
interface Owner {
  teamId?: string | undefined;
  organizationId?: string | undefined;
}

/**
 * The version of whose plan it is: of a team or organization its own, of the platform that of its settings. Locks a team or
 * organization until the transaction ends; changes of the platform's plan follow one another anyway. Undefined = there is none.
 */
export async function lockOwnerVersion(
  transaction: Drizzle,
  owner: Owner,
): Promise<number | undefined> {
  const table = tableOf(owner);
  if (!table) return ownerVersion(transaction, owner);
  const [row] = await transaction
    .select({ version: table.of.version })
    .from(table.of)
    .where(and(eq(table.of.id, table.id), ne(table.of.status, "deleted")))
    .for("no key update");
  return row?.version;
}

/** The same, without waiting for a change under way. */
export async function ownerVersion(drizzle: Drizzle, owner: Owner): Promise<number | undefined> {
  const table = tableOf(owner);
  if (!table) {
    const [row] = await drizzle
      .select({ version: configVersions.version })
      .from(configVersions)
      .where(eq(configVersions.kind, "settings"));
    return Number(row?.version ?? 0n);
  }
  const [row] = await drizzle
    .select({ version: table.of.version })
    .from(table.of)
    .where(eq(table.of.id, table.id));
  return row?.version;
}

/** Raises the version of a team or organization; the platform's is raised with its settings. */
export async function raiseOwnerVersion(
  transaction: Drizzle,
  owner: Owner,
  at: Date,
): Promise<void> {
  const table = tableOf(owner);
  if (!table) return;
  await transaction
    .update(table.of)
    .set({ version: sql`${table.of.version} + 1`, updatedAt: at })
    .where(eq(table.of.id, table.id));
}

function tableOf({ teamId, organizationId }: Owner) {
  if (teamId !== undefined) return { of: teams, id: teamId } as const;
  if (organizationId !== undefined) return { of: organizations, id: organizationId } as const;
  return undefined;
}
