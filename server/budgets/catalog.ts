import { ConfigCache } from "../config-cache.ts";
import type { Context } from "../context.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import { budgetPeriodOf, type BudgetPeriodName, type BudgetScope } from "./period.ts";
import { type BudgetRow, selectHardBudgets } from "./store.ts";

/** A hard budget that a call has to be held in, with its present period. */
export interface HardBudget {
  id: string;
  /** Start of the period in `budget_periods`, ISO 8601. */
  startsAt: string;
  limitNanos: bigint;
  scope: BudgetScope;
  /** ISO 8601; null = it lasts for ever. */
  resetsAt: string | null;
}

export interface BudgetCatalog {
  /** The hard budgets of a key's call of an alias: of the alias, the key, its team and its organization; ascending by id, as they are locked. */
  hardFor(
    principal: Pick<TeamPrincipal, "organizationId" | "teamId" | "keyId">,
    aliasName: string,
    nowMs: number,
  ): Promise<readonly HardBudget[]>;
  /** Stops listening for changes; twice is fine. */
  stop(): void;
}

/** Pairs of key and alias whose budgets stay in memory. */
const CAPACITY = 50_000;

/** The hard budgets in memory, for the call path; dropped when a budget changes. */
export function createBudgetCatalog(context: Context): BudgetCatalog {
  const budgets = new ConfigCache<readonly BudgetRow[]>({
    changes: context.changes,
    kinds: ["budgets"],
    capacity: CAPACITY,
  });
  return {
    async hardFor(principal, aliasName, nowMs) {
      const { organizationId, teamId, keyId } = principal;
      const rows = await budgets.get(`${keyId} ${aliasName}`, () =>
        selectHardBudgets(context.database.drizzle, {
          organization: organizationId,
          team: teamId,
          key: keyId,
          alias: aliasName,
        }),
      );
      return rows.map((row) => toHardBudget(row, nowMs));
    },
    stop: () => budgets.stop(),
  };
}

function toHardBudget(row: BudgetRow, nowMs: number): HardBudget {
  const { startsAt, resetsAt } = budgetPeriodOf(row.period as BudgetPeriodName, nowMs);
  return {
    id: row.id,
    startsAt: startsAt.toISOString(),
    limitNanos: row.limitNanos,
    scope: row.scope as BudgetScope,
    resetsAt: resetsAt?.toISOString() ?? null,
  };
}
