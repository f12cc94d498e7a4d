import { type SQL, sql } from "drizzle-orm";

/**
 * Whether a team or an organization has a plan of its own at a time, or will have it later; `owner` says whose assignment `a` is,
 * `a.team_id = …`.
 */
export const ownPlanIs = (planId: string, at: Date, owner: SQL): SQL =>
  sql`exists (select 1 from plan_assignments a
    where ${owner} and a.plan_id = ${planId}
      and (a.effective_from > ${at.toISOString()}::timestamptz or not exists (
        select 1 from plan_assignments later
        where later.team_id is not distinct from a.team_id
          and later.organization_id is not distinct from a.organization_id
          and later.effective_from > a.effective_from
          and later.effective_from <= ${at.toISOString()}::timestamptz)))`;
