import { and, asc, eq, isNull, or } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import { budgets } from "../../db/schema/index.ts";
import type { BudgetScope } from "./period.ts";

export type BudgetRow = typeof budgets.$inferSelect;

/** The hard budgets of these subjects, ascending by id. */
export async function selectHardBudgets(
  drizzle: Drizzle,
  subjects: Readonly<Record<BudgetScope, string>>,
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
