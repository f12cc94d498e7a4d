import type { Drizzle } from "../../db/client.ts";
import { type Assignment, assignmentAt, type PlanSource, versionAt } from "./in-force.ts";
import type { Plan } from "./plan.ts";
import { fromRules } from "./rules.ts";
import {
  type AssignmentRow,
  type Scope,
  selectAssignments,
  selectVersions,
  type VersionRow,
} from "./store.ts";

/** A version of a plan as the rules know it. */
export interface PlanVersion {
  id: string;
  planId: string;
  planName: string;
  number: number;
  effectiveFrom: Date;
  plan: Plan;
}

export interface Versions {
  byId: ReadonlyMap<string, PlanVersion>;
  byPlan: ReadonlyMap<string, readonly PlanVersion[]>;
}

/** The plan that somebody's new jobs go by. */
export interface PlanInForce {
  version: PlanVersion;
  /** Whose choice it is. */
  source: PlanSource;
}

/** Every version of every plan. */
export async function loadVersions(drizzle: Drizzle): Promise<Versions> {
  const byId = new Map<string, PlanVersion>();
  const byPlan = new Map<string, PlanVersion[]>();
  for (const { version: row, planName } of await selectVersions(drizzle)) {
    const version = fromRow(row, planName);
    byId.set(row.id, version);
    byPlan.set(row.planId, [...(byPlan.get(row.planId) ?? []), version]);
  }
  return { byId, byPlan };
}

export function fromRow(row: VersionRow, planName: string): PlanVersion {
  const { id, planId, number, effectiveFrom } = row;
  return { id, planId, planName, number, effectiveFrom, plan: fromRules(row.kind, row.rules) };
}

/** What was chosen within a scope. */
export async function loadAssignments(drizzle: Drizzle, of: Scope): Promise<Assignment[]> {
  return (await selectAssignments(drizzle, of)).map(toAssignment);
}

export function toAssignment(row: AssignmentRow): Assignment {
  const source = row.teamId ? "team" : row.organizationId ? "organization" : "platform";
  return { source, planId: row.planId, effectiveFrom: row.effectiveFrom };
}

/** The plan in force by these choices and versions; undefined = a version that is not among them. */
export function planAt(
  assignments: readonly Assignment[],
  versions: Pick<Versions, "byPlan">,
  ms: number,
): PlanInForce | undefined {
  const chosen = assignmentAt(assignments, ms);
  // The platform's first plan was there before anybody.
  if (!chosen) throw new Error("the platform has no plan");
  const version = versionAt(versions.byPlan.get(chosen.planId) ?? [], ms);
  return version && { version, source: chosen.source };
}
