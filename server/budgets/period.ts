import { periodOf, type PeriodName } from "../kernel/periods.ts";

export type BudgetScope = "organization" | "team" | "key" | "alias";

export type BudgetPeriodName = PeriodName | "ever";

export interface BudgetPeriod {
  startsAt: Date;
  /** When it begins anew; null = never. */
  resetsAt: Date | null;
}

const EVER: BudgetPeriod = { startsAt: new Date(0), resetsAt: null };

/** The period of a budget that an instant lies in. `ever` started in 1970. */
export function budgetPeriodOf(name: BudgetPeriodName, nowMs: number): BudgetPeriod {
  if (name === "ever") return EVER;
  const { startsAt, endsAt } = periodOf(name, nowMs);
  return { startsAt, resetsAt: endsAt };
}
