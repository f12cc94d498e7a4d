import {
  and,
  asc,
  desc,
  eq,
  gt,
  gte,
  inArray,
  isNull,
  lt,
  max,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import {
  jobs,
  organizations,
  planAssignments,
  pricingPlans,
  pricingPlanVersions,
  teams,
} from "../../db/schema/index.ts";
import type { PageStart } from "../http/pagination.ts";
import { lowestIdFrom } from "../kernel/ids.ts";

export type PlanRow = typeof pricingPlans.$inferSelect;
export type VersionRow = typeof pricingPlanVersions.$inferSelect;
export type AssignmentRow = typeof planAssignments.$inferSelect;

/** Of a team with its organization, of an organization, or of the platform alone. */
export interface Scope {
  teamId?: string | undefined;
  organizationId?: string | undefined;
}

/** Lets changes of plans and assignments follow one another until the transaction ends: an archived plan is assigned to nobody. */
export async function lockPlans(transaction: Drizzle): Promise<void> {
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended('plans', 0))`);
}

/** Every version of every plan, or of some, with the plan's name; by plan, oldest first. */
export function selectVersions(
  drizzle: Drizzle,
  planIds?: readonly string[],
): Promise<{ version: VersionRow; planName: string }[]> {
  return drizzle
    .select({ version: pricingPlanVersions, planName: pricingPlans.name })
    .from(pricingPlanVersions)
    .innerJoin(pricingPlans, eq(pricingPlans.id, pricingPlanVersions.planId))
    .where(planIds && inArray(pricingPlanVersions.planId, [...planIds]))
    .orderBy(asc(pricingPlanVersions.planId), asc(pricingPlanVersions.number));
}

export async function selectPlan(drizzle: Drizzle, id: string): Promise<PlanRow | undefined> {
  const [row] = await drizzle.select().from(pricingPlans).where(eq(pricingPlans.id, id));
  return row;
}

/** Plans beyond a plan by id, always ascending. */
export async function selectPlans(
  drizzle: Drizzle,
  filter: { status: string | undefined },
  page: { start: PageStart<string> | undefined; limit: number },
): Promise<PlanRow[]> {
  const { start, limit } = page;
  const back = start?.towards === "newer";
  const { id, status } = pricingPlans;
  const rows = await drizzle
    .select()
    .from(pricingPlans)
    .where(
      and(
        filter.status === undefined ? undefined : eq(status, filter.status),
        start && (back ? lt(id, start.key) : gt(id, start.key)),
      ),
    )
    .orderBy(back ? desc(id) : asc(id))
    .limit(limit);
  return back ? rows.reverse() : rows;
}

/** Whether the id was free. */
export async function insertPlan(
  transaction: Drizzle,
  row: { id: string; name: string; at: Date },
): Promise<boolean> {
  const inserted = await transaction
    .insert(pricingPlans)
    .values({ id: row.id, name: row.name, createdAt: row.at, updatedAt: row.at })
    .onConflictDoNothing()
    .returning({ id: pricingPlans.id });
  return inserted.length > 0;
}

export async function updatePlan(
  transaction: Drizzle,
  id: string,
  change: { name?: string | undefined; status?: string | undefined; at: Date },
): Promise<void> {
  const { at, name, status } = change;
  await transaction
    .update(pricingPlans)
    .set({
      ...(name === undefined ? {} : { name }),
      ...(status === undefined ? {} : { status }),
      updatedAt: at,
      version: sql`${pricingPlans.version} + 1`,
    })
    .where(eq(pricingPlans.id, id));
}

export async function insertVersion(
  transaction: Drizzle,
  row: Omit<VersionRow, "number">,
): Promise<VersionRow> {
  const [last] = await transaction
    .select({ number: max(pricingPlanVersions.number) })
    .from(pricingPlanVersions)
    .where(eq(pricingPlanVersions.planId, row.planId));
  const version = { ...row, number: (last?.number ?? 0) + 1 };
  await transaction.insert(pricingPlanVersions).values(version);
  return version;
}

/** What was ever assigned within a scope: to the team, its organization and the platform, latest first. */
export function selectAssignments(drizzle: Drizzle, of: Scope): Promise<AssignmentRow[]> {
  return drizzle
    .select()
    .from(planAssignments)
    .where(
      or(
        of.teamId === undefined ? undefined : eq(planAssignments.teamId, of.teamId),
        of.organizationId === undefined
          ? undefined
          : eq(planAssignments.organizationId, of.organizationId),
        ofPlatform(),
      ),
    )
    .orderBy(desc(planAssignments.effectiveFrom), desc(planAssignments.id));
}

/** Drops a subject's own assignments that were to take effect at this instant or later. */
export async function deletePlanned(
  transaction: Drizzle,
  subject: Scope,
  from: Date,
): Promise<void> {
  const { teamId, organizationId } = subject;
  const own =
    teamId !== undefined
      ? eq(planAssignments.teamId, teamId)
      : organizationId !== undefined
        ? eq(planAssignments.organizationId, organizationId)
        : ofPlatform();
  await transaction
    .delete(planAssignments)
    .where(and(own, gte(planAssignments.effectiveFrom, from)));
}

const ofPlatform = (): SQL | undefined =>
  and(isNull(planAssignments.teamId), isNull(planAssignments.organizationId));

export async function insertAssignment(transaction: Drizzle, row: AssignmentRow): Promise<void> {
  await transaction.insert(planAssignments).values(row);
}

/** Who has a plan now or is to have it: teams and organizations that are not deleted, and the platform. */
export async function selectHolders(
  drizzle: Drizzle,
  planIds: readonly string[],
  at: Date,
): Promise<{ planId: string; teamId: string | null; organizationId: string | null }[]> {
  if (planIds.length === 0) return [];
  const a = planAssignments;
  return (await drizzle
    .selectDistinct({ planId: a.planId, teamId: a.teamId, organizationId: a.organizationId })
    .from(a)
    .leftJoin(teams, eq(teams.id, a.teamId))
    .leftJoin(organizations, eq(organizations.id, a.organizationId))
    .where(
      and(
        inArray(a.planId, [...planIds]),
        sql`coalesce(${teams.status}, ${organizations.status}, '') <> 'deleted'`,
        sql`(${a.effectiveFrom} > ${at.toISOString()}::timestamptz or not exists (
          select 1 from plan_assignments later
          where coalesce(later.team_id, '') = coalesce(${a.teamId}, '')
            and coalesce(later.organization_id, '') = coalesce(${a.organizationId}, '')
            and later.effective_from > ${a.effectiveFrom} and later.effective_from <= ${at.toISOString()}::timestamptz))`,
      ),
    )) as { planId: string; teamId: string | null; organizationId: string | null }[];
}

/** Whether anybody of a scope has created a job since an instant: of the team, of the organization's teams, or at all. */
export async function hasJobsSince(drizzle: Drizzle, of: Scope, since: Date): Promise<boolean> {
  const { teamId, organizationId } = of;
  const [row] = await drizzle
    .select({ id: jobs.id })
    .from(jobs)
    .where(
      and(
        gte(jobs.id, lowestIdFrom(since)),
        gte(jobs.createdAt, since),
        teamId === undefined ? undefined : eq(jobs.teamId, teamId),
        teamId !== undefined || organizationId === undefined
          ? undefined
          : inArray(
              jobs.teamId,
              drizzle
                .select({ id: teams.id })
                .from(teams)
                .where(eq(teams.organizationId, organizationId)),
            ),
      ),
    )
    .limit(1);
  return row !== undefined;
}

/** The organization of a team that is not deleted. */
export async function selectOrganizationOf(
  drizzle: Drizzle,
  teamId: string,
): Promise<string | undefined> {
  const [row] = await drizzle
    .select({ organizationId: teams.organizationId })
    .from(teams)
    .where(and(eq(teams.id, teamId), sql`${teams.status} <> 'deleted'`));
  return row?.organizationId;
}

/** Whether there is an organization of that id that is not deleted. */
export async function organizationExists(drizzle: Drizzle, id: string): Promise<boolean> {
  const rows = await drizzle
    .select({ id: organizations.id })
    .from(organizations)
    .where(and(eq(organizations.id, id), sql`${organizations.status} <> 'deleted'`));
  return rows.length > 0;
}
