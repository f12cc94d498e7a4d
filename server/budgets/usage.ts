import type { Context } from "../context.ts";
import { nanosToUsd } from "../kernel/money.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import {
  type BudgetPeriod,
  type BudgetPeriodName,
  budgetPeriodOf,
  type BudgetScope,
} from "./period.ts";
import type { TenantNames } from "../organizations/tenant-names.ts";
import type { BudgetView, TeamBudgetView } from "./schema.ts";
import { type BudgetRow, selectBudgetsOf, selectPeriods } from "./store.ts";

/** What a budget's present period has. */
export interface BudgetUsage {
  period: BudgetPeriod;
  spentNanos: bigint;
  heldNanos: bigint;
}

/** By budget id. */
export async function usagesOf(
  context: Context,
  rows: readonly BudgetRow[],
): Promise<ReadonlyMap<string, BudgetUsage>> {
  const nowMs = context.clock.now();
  const periods = new Map(
    rows.map((row) => [row.id, budgetPeriodOf(row.period as BudgetPeriodName, nowMs)]),
  );
  const found = await selectPeriods(
    context.database.drizzle,
    [...periods].map(([budgetId, { startsAt }]) => ({ budgetId, startsAt })),
  );
  return new Map(
    [...periods].map(([budgetId, period]) => {
      const row = found.find(
        (one) => one.budgetId === budgetId && one.startsAt.getTime() === period.startsAt.getTime(),
      );
      return [budgetId, { period, spentNanos: row?.spent ?? 0n, heldNanos: row?.held ?? 0n }];
    }),
  );
}

/** What a key's team may see of the budgets that its calls are under: never dollars. */
export async function teamBudgets(
  context: Context,
  principal: Pick<TeamPrincipal, "organizationId" | "teamId" | "keyId">,
): Promise<TeamBudgetView[]> {
  const { organizationId, teamId, keyId } = principal;
  const rows = await selectBudgetsOf(context.database.drizzle, {
    organization: organizationId,
    team: teamId,
    key: keyId,
  });
  const usages = await usagesOf(context, rows);
  return rows.map((row) => toTeamBudgetView(row, usages.get(row.id)!));
}

/** To a tenth, down: 100 is only said of what is used up. A limit of 0 is. */
export function usedPercent(
  usage: Pick<BudgetUsage, "spentNanos" | "heldNanos">,
  limitNanos: bigint,
): number {
  if (limitNanos === 0n) return 100;
  return Number(((usage.spentNanos + usage.heldNanos) * 1_000n) / limitNanos) / 10;
}

export function toBudgetView(row: BudgetRow, usage: BudgetUsage, names: TenantNames): BudgetView {
  return {
    budget_id: row.id,
    ...told(row),
    subject_id: row.subjectId,
    subject_name:
      row.scope === "team" || row.scope === "organization" ? names[row.scope](row.subjectId) : null,
    limit_usd: nanosToUsd(row.limitNanos),
    alert_percents: row.alertPercents,
    spent_usd: nanosToUsd(usage.spentNanos),
    held_usd: nanosToUsd(usage.heldNanos),
    used_percent: usedPercent(usage, row.limitNanos),
    period_starts_at: usage.period.startsAt.toISOString(),
    resets_at: usage.period.resetsAt?.toISOString() ?? null,
    version: row.version,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

function toTeamBudgetView(row: BudgetRow, usage: BudgetUsage): TeamBudgetView {
  return {
    ...told(row),
    // No budget of an alias is among them.
    scope: row.scope as TeamBudgetView["scope"],
    used_percent: usedPercent(usage, row.limitNanos),
    resets_at: usage.period.resetsAt?.toISOString() ?? null,
  };
}

const told = (row: BudgetRow) => ({
  // The table's check constraints admit no other.
  scope: row.scope as BudgetScope,
  kind: row.hard ? ("hard" as const) : ("soft" as const),
  period: row.period as BudgetPeriodName,
});
