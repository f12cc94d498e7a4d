import type { Context } from "../context.ts";
import { loadAssignments, loadVersions, planAt, type PlanVersion } from "./versions.ts";

/** The versions that a team's new jobs went by within a span, the first one first, each with since when within it; of a span that ends before it begins, none. */
export async function plansWithin(
  context: Context,
  team: { teamId: string; organizationId: string },
  span: { from: Date; to: Date },
): Promise<{ version: PlanVersion; since: Date }[]> {
  if (span.from > span.to) return [];
  const { drizzle } = context.database;
  const [assignments, versions] = await Promise.all([
    loadAssignments(drizzle, team),
    loadVersions(drizzle),
  ]);
  const changes = [...assignments, ...versions.byId.values()]
    .map(({ effectiveFrom }) => effectiveFrom.getTime())
    .filter((ms) => ms > span.from.getTime() && ms < span.to.getTime());
  const instants = [...new Set([span.from.getTime(), ...changes])].sort((one, two) => one - two);
  const plans: { version: PlanVersion; since: Date }[] = [];
  for (const ms of instants) {
    const version = planAt(assignments, versions, ms)?.version;
    if (version && version.id !== plans.at(-1)?.version.id)
      plans.push({ version, since: new Date(ms) });
  }
  return plans;
}
