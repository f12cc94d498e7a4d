import { and, asc, desc, eq, isNull, or } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { planAssignments, pricingPlans, pricingPlanVersions } from "../../db/schema/index.ts";

export type PlanRow = typeof pricingPlans.$inferSelect;
export type VersionRow = typeof pricingPlanVersions.$inferSelect;
export type AssignmentRow = typeof planAssignments.$inferSelect;

/** Every version of every plan with the plan's name, oldest first. */
export function selectAllVersions(
  drizzle: Drizzle,
): Promise<{ version: VersionRow; planName: string }[]> {
  return drizzle
    .select({ version: pricingPlanVersions, planName: pricingPlans.name })
    .from(pricingPlanVersions)
    .innerJoin(pricingPlans, eq(pricingPlans.id, pricingPlanVersions.planId))
    .orderBy(asc(pricingPlanVersions.planId), asc(pricingPlanVersions.number));
}

/** What was ever assigned to a team, its organization and the platform, latest first. */
export function selectAssignmentsFor(
  drizzle: Drizzle,
  of: { teamId: string; organizationId: string },
): Promise<AssignmentRow[]> {
  return drizzle
    .select()
    .from(planAssignments)
    .where(
      or(
        eq(planAssignments.teamId, of.teamId),
        eq(planAssignments.organizationId, of.organizationId),
        and(isNull(planAssignments.teamId), isNull(planAssignments.organizationId)),
      ),
    )
    .orderBy(desc(planAssignments.effectiveFrom), desc(planAssignments.id));
}
