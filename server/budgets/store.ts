import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, lt, or, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import {
  budgetPeriods,
  budgets,
  modelAliases,
  organizations,
  teams,
  virtualKeys,
} from "../../db/schema/index.ts";
import type { PageStart } from "../http/pagination.ts";
import type { BudgetScope } from "./period.ts";

export type BudgetRow = typeof budgets.$inferSelect;

type Subjects = Readonly<Record<BudgetScope, string>>;

/** The hard budgets of these subjects, ascending by id. */
export async function selectHardBudgets(
  drizzle: Drizzle,
  subjects: Subjects,
): Promise<BudgetRow[]> {
  const of = (scope: BudgetScope) =>
    and(eq(budgets.scope, scope), eq(budgets.subjectId, subjects[scope]));
  return drizzle
    .select()
    .from(budgets)
    .where(
      and(
        or(of("organization"), of("team"), of("key"), of("alias")),
        eq(budgets.hard, true),
        isNull(budgets.deletedAt),
      ),
    )
    .orderBy(asc(budgets.id));
}

/** The budgets that a team may know of: its own, its organization's, this key's. */
export async function selectBudgetsOf(
  drizzle: Drizzle,
  subjects: Pick<Subjects, "organization" | "team" | "key">,
): Promise<BudgetRow[]> {
  const of = (scope: keyof typeof subjects) =>
    and(eq(budgets.scope, scope), eq(budgets.subjectId, subjects[scope]));
  return drizzle
    .select()
    .from(budgets)
    .where(and(or(of("organization"), of("team"), of("key")), isNull(budgets.deletedAt)))
    .orderBy(asc(budgets.id));
}

/** Whether the subject had no budget of this kind and period yet. */
export async function insertBudget(
  transaction: Drizzle,
  row: typeof budgets.$inferInsert,
): Promise<BudgetRow | undefined> {
  const [inserted] = await transaction
    .insert(budgets)
    .values(row)
    .onConflictDoNothing()
    .returning();
  return inserted;
}

export async function lockBudget(transaction: Drizzle, id: string): Promise<BudgetRow | undefined> {
  const [row] = await transaction
    .select()
    .from(budgets)
    .where(and(eq(budgets.id, id), isNull(budgets.deletedAt)))
    .for("update");
  return row;
}

export async function updateBudget(
  transaction: Drizzle,
  id: string,
  change: Partial<typeof budgets.$inferInsert>,
): Promise<BudgetRow> {
  const [row] = await transaction
    .update(budgets)
    .set({ ...change, version: sql`${budgets.version} + 1` })
    .where(eq(budgets.id, id))
    .returning();
  return row!;
}

export async function selectBudget(drizzle: Drizzle, id: string): Promise<BudgetRow | undefined> {
  const [row] = await drizzle
    .select()
    .from(budgets)
    .where(and(eq(budgets.id, id), isNull(budgets.deletedAt)));
  return row;
}

export interface BudgetFilter {
  scope: BudgetScope | undefined;
  subjectId: string | undefined;
  hard: boolean | undefined;
  period: string | undefined;
}

/** Budgets older or newer than one (exclusive), those nearest to it, always newest first. */
export async function selectBudgets(
  drizzle: Drizzle,
  filter: BudgetFilter,
  page: { start: PageStart<string> | undefined; limit: number },
): Promise<BudgetRow[]> {
  const { start } = page;
  const newer = start?.towards === "newer";
  const rows = await drizzle
    .select()
    .from(budgets)
    .where(
      and(
        isNull(budgets.deletedAt),
        filter.scope && eq(budgets.scope, filter.scope),
        filter.subjectId === undefined ? undefined : eq(budgets.subjectId, filter.subjectId),
        filter.hard === undefined ? undefined : eq(budgets.hard, filter.hard),
        filter.period === undefined ? undefined : eq(budgets.period, filter.period),
        start && (newer ? gt(budgets.id, start.key) : lt(budgets.id, start.key)),
      ),
    )
    .orderBy(newer ? asc(budgets.id) : desc(budgets.id))
    .limit(page.limit);
  return newer ? rows.reverse() : rows;
}

export type BudgetPeriodRow = typeof budgetPeriods.$inferSelect;

/** What is spent and held of these budgets in the periods that started at these times. */
export async function selectPeriods(
  drizzle: Drizzle,
  of: readonly { budgetId: string; startsAt: Date }[],
): Promise<BudgetPeriodRow[]> {
  if (of.length === 0) return [];
  const ids = [...new Set(of.map(({ budgetId }) => budgetId))];
  const starts = [...new Map(of.map(({ startsAt }) => [startsAt.getTime(), startsAt])).values()];
  return drizzle
    .select()
    .from(budgetPeriods)
    .where(and(inArray(budgetPeriods.budgetId, ids), inArray(budgetPeriods.startsAt, starts)));
}

/** Hard budgets with a period in which calls without a hold are still counted. */
export async function selectCounting(
  drizzle: Drizzle,
  limit: number,
): Promise<{ budget: BudgetRow; startsAt: Date }[]> {
  return drizzle
    .select({ budget: budgets, startsAt: budgetPeriods.startsAt })
    .from(budgetPeriods)
    .innerJoin(budgets, eq(budgets.id, budgetPeriods.budgetId))
    .where(isNotNull(budgetPeriods.countedFrom))
    .limit(limit);
}

/** Soft budgets in the order of their ids, after one ("" = from the first). */
export async function selectSoft(
  drizzle: Drizzle,
  after: string,
  limit: number,
): Promise<BudgetRow[]> {
  return drizzle
    .select()
    .from(budgets)
    .where(
      and(
        eq(budgets.hard, false),
        isNull(budgets.deletedAt),
        after === "" ? undefined : gt(budgets.id, after),
      ),
    )
    .orderBy(asc(budgets.id))
    .limit(limit);
}

export interface Subject {
  organizationId: string | null;
  teamId: string | null;
}

/** Whose a subject is, kept from being deleted until the transaction ends; undefined = there is no such subject. */
export async function lockSubject(
  transaction: Drizzle,
  scope: BudgetScope,
  id: string,
): Promise<Subject | undefined> {
  const live = (status: string | undefined) => status !== undefined && status !== "deleted";
  switch (scope) {
    case "organization": {
      const [row] = await transaction
        .select()
        .from(organizations)
        .where(eq(organizations.id, id))
        .for("share");
      return live(row?.status) ? { organizationId: id, teamId: null } : undefined;
    }
    case "team": {
      const [row] = await transaction.select().from(teams).where(eq(teams.id, id)).for("share");
      return row && live(row.status)
        ? { organizationId: row.organizationId, teamId: id }
        : undefined;
    }
    case "key": {
      const [row] = await transaction
        .select({ teamId: teams.id, organizationId: teams.organizationId })
        .from(virtualKeys)
        .innerJoin(teams, eq(teams.id, virtualKeys.teamId))
        .where(and(eq(virtualKeys.id, id), isNull(virtualKeys.revokedAt)))
        .for("share");
      return row;
    }
    case "alias": {
      const [row] = await transaction
        .select({ id: modelAliases.id })
        .from(modelAliases)
        .where(eq(modelAliases.name, id))
        .for("share");
      return row && { organizationId: null, teamId: null };
    }
  }
}

/** Whose the subject of a budget is, also of one that is deleted. */
export async function selectSubject(
  drizzle: Drizzle,
  scope: BudgetScope,
  id: string,
): Promise<Subject> {
  if (scope === "alias") return { organizationId: null, teamId: null };
  if (scope === "organization") return { organizationId: id, teamId: null };
  const ofTeam =
    scope === "team"
      ? eq(teams.id, id)
      : inArray(
          teams.id,
          drizzle
            .select({ id: virtualKeys.teamId })
            .from(virtualKeys)
            .where(eq(virtualKeys.id, id)),
        );
  const [row] = await drizzle.select().from(teams).where(ofTeam);
  return { organizationId: row?.organizationId ?? null, teamId: row?.id ?? null };
}
