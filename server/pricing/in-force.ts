/** Whose choice of a plan it is. */
export type PlanSource = "team" | "organization" | "platform";

/** A plan chosen for a team, an organization or the platform from an instant on. */
export interface Assignment {
  source: PlanSource;
  /** Null = from then on none of its own. */
  planId: string | null;
  effectiveFrom: Date;
}

const bySpecificity = ["team", "organization", "platform"] as const satisfies PlanSource[];

/** The choice that counts at an instant: the team's own, else its organization's, else the platform's. */
export function assignmentAt(
  assignments: readonly Assignment[],
  ms: number,
): { planId: string; source: PlanSource } | undefined {
  for (const source of bySpecificity) {
    const planId = latest(
      assignments.filter((one) => one.source === source),
      ms,
    )?.planId;
    if (planId) return { planId, source };
  }
  return undefined;
}

/** What took effect last. */
function latest<Dated extends { effectiveFrom: Date }>(
  all: readonly Dated[],
  ms: number,
): Dated | undefined {
  return all
    .filter(({ effectiveFrom }) => effectiveFrom.getTime() <= ms)
    .reduce<Dated | undefined>(
      (last, one) => (last && last.effectiveFrom >= one.effectiveFrom ? last : one),
      undefined,
    );
}

/**
 * The version of a plan that counts at an instant: the newest of those in effect. So a version that takes effect at once also
 * takes the place of an older one that was waiting for its period. Where none is in effect it is the first: the clock of the
 * instance that made the plan may be a moment ahead of ours. Undefined = there are none.
 */
export function versionAt<Version extends { number: number; effectiveFrom: Date }>(
  versions: readonly Version[],
  ms: number,
): Version | undefined {
  const inOrder = versions.toSorted((one, other) => one.number - other.number);
  return inOrder.findLast(({ effectiveFrom }) => effectiveFrom.getTime() <= ms) ?? inOrder[0];
}
