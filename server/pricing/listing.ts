import { withActorNames } from "../audit/actors.ts";
import type { Context } from "../context.ts";
import { type Page, readPage } from "../http/pagination.ts";
import { isSlug } from "../kernel/slugs.ts";
import { readSettings } from "../settings/change.ts";
import { toSettings } from "../settings/settings.ts";
import type { AssignedPlan } from "./assignments.ts";
import { workedExample } from "./example.ts";
import { versionAt } from "./in-force.ts";
import { requirePlan } from "./plans.ts";
import type { AssignedPlanView, PlanView, PlanVersionView } from "./schema.ts";
import { type PlanRow, selectHolders, selectPlans, selectVersions } from "./store.ts";
import { fromRow } from "./versions.ts";
import { inWords } from "./words.ts";
import { toRules } from "./written-rules.ts";

/** Versions that one answer tells of. */
const MOST_VERSIONS = 100;

/** A page of plans by id. Throws `invalid_request`. */
export function listPlans(
  context: Context,
  query: { status?: "active" | "archived"; limit?: number; cursor?: string },
): Promise<Page<PlanView>> {
  const { drizzle } = context.database;
  return readPage<Described, string, PlanView>(query, {
    of: "plans",
    async read(start, limit) {
      const rows = await selectPlans(drizzle, { status: query.status }, { start, limit });
      return describe(context, rows);
    },
    keyOf: ({ view }) => view.plan_id,
    parseKey: (text) => (isSlug(text) ? text : undefined),
    toItem: ({ view }) => view,
  });
}

/** A plan with its versions, the newest first. Throws `not_found`. */
export async function readPlan(
  context: Context,
  planId: string,
): Promise<PlanView & { versions: PlanVersionView[] }> {
  const row = await requirePlan(context.database.drizzle, planId);
  const [described] = await describe(context, [row]);
  const { view, versions } = described!;
  return { ...view, versions: versions.slice(0, MOST_VERSIONS) };
}

interface Described {
  view: PlanView;
  /** Newest first. */
  versions: PlanVersionView[];
}

async function describe(context: Context, rows: readonly PlanRow[]): Promise<Described[]> {
  const { drizzle } = context.database;
  const now = new Date(context.clock.now());
  const planIds = rows.map(({ id }) => id);
  const holders = await selectHolders(drizzle, planIds, now);
  const rowsOfVersions = planIds.length === 0 ? [] : await selectVersions(drizzle, planIds);
  const found = await withActorNames(
    drizzle,
    rowsOfVersions.map(({ version, planName }) => ({ ...version, planName })),
  );
  const { creditPriceNanos } = toSettings((await readSettings(context)).values);
  return rows.map((row) => {
    const versions = found
      .filter(({ planId }) => planId === row.id)
      .map((version) => {
        const { plan } = fromRow(version, version.planName);
        const view: PlanVersionView = {
          plan_version_id: version.id,
          number: version.number,
          kind: version.kind,
          // What was read from JSON has numbers only.
          rules: toRules(plan) as PlanVersionView["rules"],
          effective_from: version.effectiveFrom.toISOString(),
          actor: version.actor,
          actor_name: version.actor_name,
          created_at: version.createdAt.toISOString(),
          in_words: inWords(plan, "admin"),
          example: workedExample(plan, creditPriceNanos),
        };
        return { number: version.number, effectiveFrom: version.effectiveFrom, view };
      });
    const inForce = versionAt(versions, now.getTime())!;
    const upcoming = versions.filter(
      ({ effectiveFrom, number }) => effectiveFrom > now && number > inForce.number,
    );
    const own = holders.filter(({ planId }) => planId === row.id);
    const view: PlanView = {
      plan_id: row.id,
      name: row.name,
      // The table's check constraint admits no other.
      status: row.status as PlanView["status"],
      version: row.version,
      created_at: row.createdAt.toISOString(),
      updated_at: row.updatedAt.toISOString(),
      in_force: inForce.view,
      upcoming: upcoming
        .sort((one, other) => one.effectiveFrom.getTime() - other.effectiveFrom.getTime())
        .map((version) => version.view),
      assigned: {
        teams: own.filter(({ teamId }) => teamId !== null).length,
        organizations: own.filter(({ organizationId }) => organizationId !== null).length,
        platform: own.some(({ teamId, organizationId }) => !teamId && !organizationId),
      },
    };
    return { view, versions: versions.map((version) => version.view).reverse() };
  });
}

/** What a subject goes by, as admins see it. */
export async function toAssignedPlanView(
  context: Context,
  assigned: AssignedPlan,
): Promise<AssignedPlanView> {
  const { version, source } = assigned.inForce;
  const assignments = await withActorNames(context.database.drizzle, assigned.assignments);
  return {
    in_force: {
      plan_id: version.planId,
      name: version.planName,
      plan_version_id: version.id,
      number: version.number,
      kind: version.plan.kind,
      source,
      in_words: inWords(version.plan, "admin"),
    },
    assignments: assignments.map((row) => ({
      plan_id: row.planId,
      effective_from: row.effectiveFrom.toISOString(),
      actor: row.actor,
      actor_name: row.actor_name,
      reason: row.reason,
      created_at: row.createdAt.toISOString(),
    })),
    version: assigned.version,
  };
}
