import type { Drizzle } from "../../db/client.ts";
import { type Author, recordAudit } from "../audit/audit.ts";
import { changeConfig } from "../config-change.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { uuidV7 } from "../kernel/ids.ts";
import { claimSlug } from "../kernel/slugs.ts";
import { requireVersion } from "../kernel/versions.ts";
import { periodToWaitFor } from "./change-date.ts";
import { versionAt } from "./in-force.ts";
import { nextStart } from "./period.ts";
import type { Plan } from "./plan.ts";
import { fromRules, type RulesInput } from "./rules.ts";
import * as store from "./store.ts";
import { fromRow } from "./versions.ts";
import { toRules } from "./written-rules.ts";

/** Adds a plan with its first version. Throws `slug_taken`, `invalid_request`, `amount_invalid`. */
export function createPlan(
  context: Context,
  author: Author,
  input: { name: string; id?: string | undefined; kind: string; rules: RulesInput },
): Promise<{ planId: string }> {
  const plan = fromRules(input.kind, input.rules);
  const at = new Date(context.clock.now());
  return changeConfig(context, ["plans"], async (transaction) => {
    await store.lockPlans(transaction);
    const planId = await claimSlug({ ...input, noun: "a plan" }, (id) =>
      store.insertPlan(transaction, { id, name: input.name, at }),
    );
    await addVersion(transaction, { planId, plan, effectiveFrom: at, at, author });
    await recordAudit(transaction, at, author, {
      action: "plan.create",
      subject: { kind: "plan", id: planId },
      before: null,
      after: { name: input.name, kind: plan.kind, rules: toRules(plan) },
    });
    return { planId };
  });
}

/**
 * Adds a version of a plan. It takes effect at once, or at the start of the next period where jobs are counted before or
 * afterwards and somebody has the plan. Throws `not_found`, `version_conflict`, `invalid_request` also of an archived plan,
 * `amount_invalid`.
 */
export function createPlanVersion(
  context: Context,
  author: Author,
  input: { planId: string; kind: string; rules: RulesInput; version?: number | undefined },
): Promise<{ effectiveFrom: Date }> {
  const { planId } = input;
  const plan = fromRules(input.kind, input.rules);
  const at = new Date(context.clock.now());
  return changeConfig(context, ["plans"], async (transaction) => {
    await store.lockPlans(transaction);
    const row = await requirePlan(transaction, planId);
    requireVersion(row.version, input.version, { noun: `plan ${planId}` });
    requireActive(row);
    const versions = (await store.selectVersions(transaction, [planId])).map((found) =>
      fromRow(found.version, found.planName),
    );
    const current = versionAt(versions, at.getTime());
    const held = (await store.selectHolders(transaction, [planId], at)).length > 0;
    const wait = held && current ? periodToWaitFor({ from: current.plan, to: plan }) : undefined;
    const effectiveFrom = wait ? nextStart(wait, at.getTime()) : at;
    await addVersion(transaction, { planId, plan, effectiveFrom, at, author });
    await store.updatePlan(transaction, planId, { at });
    await recordAudit(transaction, at, author, {
      action: "plan.version",
      subject: { kind: "plan", id: planId },
      before: current
        ? { kind: current.plan.kind, rules: toRules(current.plan), number: current.number }
        : null,
      after: {
        kind: plan.kind,
        rules: toRules(plan),
        number: versions.length + 1,
        effective_from: effectiveFrom.toISOString(),
      },
    });
    return { effectiveFrom };
  });
}

/**
 * Renames a plan, archives it or takes it back. Throws `not_found`, `version_conflict`, and `plan_in_use` when it is to be archived
 * while somebody has it or is to have it.
 */
export function changePlan(
  context: Context,
  author: Author,
  input: {
    planId: string;
    name?: string | undefined;
    status?: "active" | "archived" | undefined;
    version?: number | undefined;
  },
): Promise<void> {
  const { planId, name, status } = input;
  const at = new Date(context.clock.now());
  return changeConfig(context, ["plans"], async (transaction) => {
    await store.lockPlans(transaction);
    const before = await requirePlan(transaction, planId);
    requireVersion(before.version, input.version, { noun: `plan ${planId}` });
    if (status === "archived") await refuseHeld(transaction, planId, at);
    await store.updatePlan(transaction, planId, { name, status, at });
    await recordAudit(transaction, at, author, {
      action: status === undefined || status === before.status ? "plan.change" : `plan.${status}`,
      subject: { kind: "plan", id: planId },
      before: { name: before.name, status: before.status },
      after: { name: name ?? before.name, status: status ?? before.status },
    });
  });
}

/** The plan, also an archived one. Throws `not_found` naming it. */
export async function requirePlan(drizzle: Drizzle, planId: string): Promise<store.PlanRow> {
  const row = await store.selectPlan(drizzle, planId);
  if (row) return row;
  throw new DomainError("not_found", `There is no plan ${JSON.stringify(planId)}.`, {
    hints: { field: "plan_id", value: planId },
  });
}

/** Throws `invalid_request` for an archived plan, which neither changes nor is assigned. */
export function requireActive(plan: store.PlanRow): void {
  if (plan.status === "active") return;
  throw new DomainError(
    "invalid_request",
    `Plan ${JSON.stringify(plan.id)} is archived; make it active first, or choose another.`,
    { hints: { field: "plan_id", value: plan.id } },
  );
}

const HOLDERS_TOLD = 20;

async function refuseHeld(transaction: Drizzle, planId: string, at: Date): Promise<void> {
  const holders = await store.selectHolders(transaction, [planId], at);
  if (holders.length === 0) return;
  const names = holders
    .slice(0, HOLDERS_TOLD)
    .map(({ teamId, organizationId }) =>
      teamId
        ? `team ${teamId}`
        : organizationId
          ? `organization ${organizationId}`
          : "the platform",
    );
  const more = holders.length > HOLDERS_TOLD ? ` and ${holders.length - HOLDERS_TOLD} more` : "";
  throw new DomainError(
    "plan_in_use",
    `Plan ${JSON.stringify(planId)} is assigned to ${names.join(", ")}${more}; assign them another one first.`,
    { hints: { field: "status", value: "archived" } },
  );
}

function addVersion(
  transaction: Drizzle,
  version: { planId: string; plan: Plan; effectiveFrom: Date; at: Date; author: Author },
): Promise<store.VersionRow> {
  const { planId, plan, effectiveFrom, at, author } = version;
  return store.insertVersion(transaction, {
    id: uuidV7(at.getTime()),
    planId,
    kind: plan.kind,
    rules: { ...toRules(plan) },
    effectiveFrom,
    actor: author.actor,
    createdAt: at,
  });
}
