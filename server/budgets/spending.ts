import type { Drizzle } from "../../db/client.ts";
import type { Context } from "../context.ts";
import { asLeader } from "../instance/leader.ts";
import { type BudgetPeriodName, budgetPeriodOf, type BudgetScope } from "./period.ts";
import * as counting from "./spending-store.ts";
import { type BudgetRow, selectCounting, selectSoft } from "./store.ts";

/** After this long every instance knows a new budget, and holds each call in it. */
const KNOWN_AFTER_MS = 60_000;
const PAGE = 200;

/** Puts into a new budget what its present period has cost so far. */
export async function beginCounting(
  transaction: Drizzle,
  budget: BudgetRow,
  at: Date,
): Promise<void> {
  const counted = countedOf(budget, at);
  if (!budget.hard) return counting.countSoft(transaction, counted);
  await counting.insertCountedPeriod(transaction, budget.id, counted.period);
  await counting.countUnheld(transaction, { ...counted, done: false });
}

/**
 * Background work. Hard budgets that are new: calls that were opened without a hold in them are counted until the last has
 * ended. Soft ones: what the rollups say. A transaction a budget, and each comes out right when two instances run it.
 */
export async function countBudgets(context: Context): Promise<void> {
  const at = new Date(context.clock.now());
  const { database } = context;
  const lead = (work: (transaction: Drizzle) => Promise<void>) =>
    asLeader(database, "budgets", async (transaction) => {
      await work(transaction);
      return true;
    });
  for (const { budget, startsAt } of await selectCounting(database.drizzle, PAGE)) {
    const done = at.getTime() - budget.createdAt.getTime() >= KNOWN_AFTER_MS;
    const counted = countedOf(budget, startsAt);
    if (!(await lead((tx) => counting.countUnheld(tx, { ...counted, done })))) return;
  }
  for (let after = ""; ;) {
    const page = await selectSoft(database.drizzle, after, PAGE);
    for (const budget of page) {
      if (!(await lead((tx) => counting.countSoft(tx, countedOf(budget, at))))) return;
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.id;
  }
}

const countedOf = (budget: BudgetRow, at: Date): counting.Counted => ({
  budgetId: budget.id,
  scope: budget.scope as BudgetScope,
  subjectId: budget.subjectId,
  period: budgetPeriodOf(budget.period as BudgetPeriodName, at.getTime()),
});
