import { and, asc, count, eq, gt, inArray, isNull, ne, or, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { Drizzle } from "../../db/client.ts";
import { SANDBOX_ORGANIZATION } from "../../db/sandbox.ts";
import { hasText, keyset, newestFirst, type PageStart } from "../../db/keyset.ts";
import {
  creditHolds,
  jobs,
  organizations,
  statusChanges,
  teams,
  wallets,
} from "../../db/schema/index.ts";
import { ownPlanIs } from "../../db/plan-holders.ts";
import { isInState } from "../../db/tenant-state.ts";

export type OrganizationRow = typeof organizations.$inferSelect;
/** With its teams but deleted ones: how many, and their balances together. */
export type OrganizationListRow = OrganizationRow & { teamCount: number; balance: bigint };

/** What teams and organizations of these ids are called. */
export function selectTenantNames(
  drizzle: Drizzle,
  ids: { teams: string[]; organizations: string[] },
): Promise<{ kind: string; id: string; name: string }[]> {
  const named = (kind: "team" | "organization", table: typeof teams | typeof organizations) =>
    drizzle
      .select({ kind: sql<string>`${kind}::text`.as("kind"), id: table.id, name: table.name })
      .from(table)
      .where(inArray(table.id, ids[`${kind}s`]));
  return unionAll(named("team", teams), named("organization", organizations));
}

/** Whether the id was free. */
export async function insertOrganization(
  transaction: Drizzle,
  row: { id: string; name: string; metadata: Record<string, unknown>; at: Date },
): Promise<boolean> {
  const { at, ...columns } = row;
  const inserted = await transaction
    .insert(organizations)
    .values({ ...columns, createdAt: at, updatedAt: at })
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

/** The organization, locked for a change, unless it is deleted. Rows that refer to it may still be added meanwhile. */
export async function lockOrganization(
  transaction: Drizzle,
  id: string,
): Promise<OrganizationRow | undefined> {
  const [row] = await transaction
    .select()
    .from(organizations)
    .where(and(eq(organizations.id, id), ne(organizations.status, "deleted")))
    .for("no key update");
  return row;
}

/** Changes columns of an organization and raises its version. */
export async function updateOrganization(
  transaction: Drizzle,
  id: string,
  change: Partial<
    Pick<OrganizationRow, "name" | "metadata" | "status" | "statusReason" | "pausedUntil">
  >,
  at: Date,
): Promise<void> {
  await transaction
    .update(organizations)
    .set({ ...change, updatedAt: at, version: sql`${organizations.version} + 1` })
    .where(eq(organizations.id, id));
}

const ofTeams = {
  teamCount: sql<number>`(select count(*) from teams t
    where t.organization_id = organizations.id and t.status <> 'deleted')::float8`,
  balance: sql<string>`(select coalesce(sum(w.balance), 0)::text from teams t join wallets w on w.team_id = t.id
    where t.organization_id = organizations.id and t.status <> 'deleted')`,
};

interface ReadOrganization {
  organization: OrganizationRow;
  teamCount: number;
  balance: string;
}

const toListRow = ({ organization, teamCount, balance }: ReadOrganization) => ({
  ...organization,
  teamCount,
  balance: BigInt(balance),
});

/** The organization, also a deleted one. */
export async function selectOrganization(
  drizzle: Drizzle,
  id: string,
): Promise<OrganizationListRow | undefined> {
  const [row] = await drizzle
    .select({ organization: organizations, ...ofTeams })
    .from(organizations)
    .where(eq(organizations.id, id));
  return row && toListRow(row);
}

/** A page of organizations as they are at a time; those without a status asked are all but deleted ones. */
export async function selectOrganizations(
  drizzle: Drizzle,
  at: Date,
  page: {
    filter: {
      status?: string | undefined;
      search?: string | undefined;
      /** Whose own plan it is, now or from a later date on. */
      plan?: string | undefined;
    };
    order: { by: "name" | "createdAt"; descending: boolean };
    start: PageStart | undefined;
    limit: number;
  },
): Promise<OrganizationListRow[]> {
  const { filter, order } = page;
  const by = { column: organizations[order.by], descending: order.descending };
  const { beyond, orderBy, rows } = keyset(organizations, by, page.start);
  const { status, search, plan } = filter;
  const read = await drizzle
    .select({ organization: organizations, ...ofTeams })
    .from(organizations)
    .where(
      and(
        ne(organizations.id, SANDBOX_ORGANIZATION),
        isInState(organizations, status, at),
        search === undefined ? undefined : hasText([organizations.name, organizations.id], search),
        plan === undefined
          ? undefined
          : ownPlanIs(plan, at, sql`a.organization_id = ${organizations.id}`),
        beyond,
      ),
    )
    .orderBy(...orderBy)
    .limit(page.limit);
  return rows(read.map(toListRow));
}

export type StatusChangeRow = typeof statusChanges.$inferSelect;

export async function insertStatusChange(
  transaction: Drizzle,
  row: typeof statusChanges.$inferInsert,
): Promise<void> {
  await transaction.insert(statusChanges).values(row);
}

/** Changes of a team's status or, without a team, of the organization's own, newest first. */
export async function selectStatusChanges(
  drizzle: Drizzle,
  of: { organizationId: string; teamId: string | null },
  page: { start: PageStart | undefined; limit: number },
): Promise<StatusChangeRow[]> {
  const { beyond, orderBy, rows } = newestFirst(statusChanges.id, page.start);
  const read = await drizzle
    .select()
    .from(statusChanges)
    .where(
      and(
        of.teamId === null
          ? and(eq(statusChanges.organizationId, of.organizationId), isNull(statusChanges.teamId))
          : eq(statusChanges.teamId, of.teamId),
        beyond,
      ),
    )
    .orderBy(...orderBy)
    .limit(page.limit);
  return rows(read);
}

/**
 * Ids of an organization's teams but deleted ones, ascending, each locked for a change. A job that starts has its wallet's lock
 * when it refers to its team, so that a lock that kept references out would wait for each other with a deletion.
 */
export async function lockTeams(transaction: Drizzle, organizationId: string): Promise<string[]> {
  const rows = await transaction
    .select({ id: teams.id })
    .from(teams)
    .where(and(eq(teams.organizationId, organizationId), ne(teams.status, "deleted")))
    .orderBy(asc(teams.id))
    .for("no key update");
  return rows.map((row) => row.id);
}

export interface OpenWork {
  callsInFlight: number;
  openJobs: number;
  openHolds: number;
}

/** Locks the wallets of teams, so that no new hold is taken until the transaction ends, and counts what is still open. */
export async function countOpenWork(
  transaction: Drizzle,
  teamIds: readonly string[],
): Promise<OpenWork> {
  await transaction
    .select({ id: wallets.id })
    .from(wallets)
    .where(inArray(wallets.teamId, [...teamIds]))
    .orderBy(asc(wallets.id))
    .for("update");
  // A call may outlive its job; nothing else is open of one that has ended.
  const open = and(
    inArray(jobs.teamId, [...teamIds]),
    or(isNull(jobs.endedAt), gt(jobs.callsInFlight, 0)),
  );
  const [work] = await transaction
    .select({
      callsInFlight: sql<number>`coalesce(sum(${jobs.callsInFlight}), 0)::int`,
      openJobs: sql<number>`(count(*) filter (where ${jobs.endedAt} is null))::int`,
    })
    .from(jobs)
    .where(open);
  const [held] = await transaction
    .select({ openHolds: count() })
    .from(creditHolds)
    .innerJoin(jobs, eq(jobs.id, creditHolds.jobId))
    .where(and(open, eq(creditHolds.state, "open")));
  return { ...work!, ...held! };
}

/** Marks teams as deleted along with their organization. */
export async function deleteTeams(
  transaction: Drizzle,
  teamIds: readonly string[],
  { reason, at }: { reason: string; at: Date },
): Promise<void> {
  await transaction
    .update(teams)
    .set({
      status: "deleted",
      statusReason: reason,
      pausedUntil: null,
      updatedAt: at,
      version: sql`${teams.version} + 1`,
    })
    .where(inArray(teams.id, [...teamIds]));
}
