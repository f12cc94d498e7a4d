import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { requireVersion } from "../kernel/versions.ts";
import { periodToWaitFor } from "./change-date.ts";
import { type Assignment, assignmentAt } from "./in-force.ts";
import { periodOf } from "../kernel/periods.ts";
import { nextStart } from "./period.ts";
import { requireActive, requirePlan } from "./plans.ts";
import * as store from "./store.ts";
import { lockOwnerVersion, ownerVersion, raiseOwnerVersion } from "./subject-store.ts";
import { loadVersions, planAt, type PlanInForce, toAssignment, type Versions } from "./versions.ts";

/** Whose plan it is. */
export type PlanSubject =
  | { kind: "team"; id: string }
  | { kind: "organization"; id: string }
  | { kind: "platform" };

export interface AssignInput {
  subject: PlanSubject;
  /** Null = none of its own. */
  planId: string | null;
  /** Undefined = now. */
  from: Date | undefined;
  reason: string | undefined;
  /** Of the team or organization, or of the platform's settings, as it was read; undefined = whichever it is. */
  version?: number | undefined;
}

/**
 * Gives a team, an organization or the platform a plan from an instant on, in place of what was planned for it from then on. A
 * change from or to a plan that counts by period takes effect when the next one starts, unless it is asked for now and nobody
 * whom it concerns has created a job in the running one.
 * Throws `not_found` naming an unknown subject or plan, `version_conflict`, `invalid_request` for a date in the past or an archived plan.
 */
export function assignPlan(
  context: Context,
  author: Author,
  input: AssignInput,
): Promise<{ effectiveFrom: Date }> {
  const { subject, planId } = input;
  const now = new Date(context.clock.now());
  const from = input.from ?? now;
  requireNotPast(from, now);
  const kinds =
    subject.kind === "platform" ? (["plans", "settings"] as const) : (["plans"] as const);
  return changeConfig(context, kinds, async (transaction) => {
    await store.lockPlans(transaction);
    const scope = await requireSubject(transaction, subject);
    const own = ownScope(subject);
    const version = await lockOwnerVersion(transaction, own);
    if (version === undefined) throw subjectNotFound(subject);
    requireVersion(version, input.version, { noun: nounOf(subject) });
    if (planId !== null) requireActive(await requirePlan(transaction, planId));
    else if (subject.kind === "platform") throw platformNeedsPlan();
    const assignments = (await store.selectAssignments(transaction, scope)).map(toAssignment);
    const change = changeOf(assignments, {
      to: { source: subject.kind, planId, effectiveFrom: from },
      versions: await loadVersions(transaction),
    });
    const effectiveFrom = await dateOf(transaction, { ...change, scope, from, now });
    await store.deletePlanned(transaction, own, from);
    await store.insertAssignment(transaction, {
      id: uuidV7(now.getTime()),
      teamId: own.teamId ?? null,
      organizationId: own.organizationId ?? null,
      planId,
      effectiveFrom,
      actor: author.actor,
      reason: input.reason ?? null,
      createdAt: now,
    });
    await raiseOwnerVersion(transaction, own, now);
    await recordAudit(transaction, now, author, {
      action: "plan.assign",
      subject: { kind: subject.kind, id: subject.kind === "platform" ? "platform" : subject.id },
      organizationId: scope.organizationId ?? null,
      teamId: scope.teamId ?? null,
      before: { plan_id: change.own },
      after: { plan_id: planId, effective_from: effectiveFrom.toISOString() },
    });
    return { effectiveFrom };
  });
}

/** What the subject goes by shortly before the change and with it, and its own choice before. */
function changeOf(
  assignments: readonly Assignment[],
  { to, versions }: { to: Assignment; versions: Versions },
): { before: PlanInForce; after: PlanInForce; own: string | null } {
  const ms = to.effectiveFrom.getTime();
  const kept = assignments.filter(
    (one) => one.source !== to.source || one.effectiveFrom.getTime() < ms,
  );
  const own = assignmentAt(
    kept.filter(({ source }) => source === to.source),
    ms,
  );
  return {
    before: planAt(kept, versions, ms)!,
    after: planAt([...kept, to], versions, ms)!,
    own: own?.planId ?? null,
  };
}

async function dateOf(
  transaction: Drizzle,
  change: { before: PlanInForce; after: PlanInForce; scope: store.Scope; from: Date; now: Date },
): Promise<Date> {
  const { before, after, scope, from, now } = change;
  if (before.version.planId === after.version.planId) return from;
  const period = periodToWaitFor({ from: before.version.plan, to: after.version.plan });
  if (period === undefined) return from;
  if (from.getTime() === now.getTime()) {
    const { startsAt } = periodOf(period, now.getTime());
    if (!(await store.hasJobsSince(transaction, scope, startsAt))) return from;
  }
  return nextStart(period, from.getTime());
}

export interface AssignedPlan {
  inForce: PlanInForce;
  /** The subject's own choices, latest first. */
  assignments: store.AssignmentRow[];
  /** What a change is to be made from. */
  version: number;
}

/** Choices that one answer tells of. */
const MOST_TOLD = 100;

/** The plan that a subject goes by now, and its own choices. Throws `not_found`. */
export async function readAssignedPlan(
  context: Context,
  subject: PlanSubject,
): Promise<AssignedPlan> {
  const { drizzle } = context.database;
  const scope = await requireSubject(drizzle, subject);
  const rows = await store.selectAssignments(drizzle, scope);
  const inForce = planAt(rows.map(toAssignment), await loadVersions(drizzle), context.clock.now());
  const own = rows.filter((row) => toAssignment(row).source === subject.kind);
  const version = await ownerVersion(drizzle, ownScope(subject));
  return { inForce: inForce!, assignments: own.slice(0, MOST_TOLD), version: version! };
}

const ownScope = (subject: PlanSubject): store.Scope =>
  subject.kind === "team"
    ? { teamId: subject.id }
    : subject.kind === "organization"
      ? { organizationId: subject.id }
      : {};

async function requireSubject(drizzle: Drizzle, subject: PlanSubject): Promise<store.Scope> {
  if (subject.kind === "platform") return {};
  const { kind, id } = subject;
  if (kind === "team") {
    const organizationId = await store.selectOrganizationOf(drizzle, id);
    if (organizationId !== undefined) return { teamId: id, organizationId };
  } else if (await store.organizationExists(drizzle, id)) {
    return { organizationId: id };
  }
  throw subjectNotFound(subject);
}

function subjectNotFound(subject: PlanSubject): DomainError {
  const { kind } = subject;
  // There is always a platform.
  const id = kind === "platform" ? kind : subject.id;
  return new DomainError("not_found", `There is no ${kind} ${JSON.stringify(id)}.`, {
    hints: { field: `${kind}_id`, value: id },
  });
}

const nounOf = (subject: PlanSubject) =>
  subject.kind === "platform" ? "the table of settings" : `${subject.kind} ${subject.id}`;

function requireNotPast(from: Date, now: Date): void {
  if (from.getTime() >= now.getTime()) return;
  throw new DomainError(
    "invalid_request",
    `from is ${from.toISOString()}, which is past; it must be ${now.toISOString()} or later, or absent for now.`,
    { hints: { field: "from", value: from.toISOString() } },
  );
}

function platformNeedsPlan(): DomainError {
  return new DomainError(
    "invalid_request",
    "plan_id is null; it must name a plan: whoever has none of their own goes by the platform's.",
    { hints: { field: "plan_id", value: null } },
  );
}
