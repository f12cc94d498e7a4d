import { type SQL, sql } from "drizzle-orm";
import type { Drizzle } from "../../db/client.ts";
import type { BudgetPeriod, BudgetScope } from "./period.ts";

export interface Counted {
  budgetId: string;
  scope: BudgetScope;
  subjectId: string;
  period: BudgetPeriod;
}

/**
 * The time until which the rollups are final: nothing created before it can change its cost by itself. Quarters are computed
 * in the order of time, so all before the newest are there, and what is under way leaves its quarter open.
 */
const finalUntil = sql`
  (select least(
    min(s.starts_at) filter (where s.open), max(s.starts_at) + interval '15 minutes') from rollup_spans s
   where s.span = 'quarter')`;

/** Begins a hard budget's first period with the calls before it still to be counted. */
export async function insertCountedPeriod(
  transaction: Drizzle,
  budgetId: string,
  { startsAt }: BudgetPeriod,
): Promise<void> {
  await transaction.execute(sql`
    insert into budget_periods (budget_id, starts_at, counted_from)
    values (${budgetId}::uuid, ${startsAt.toISOString()}::timestamptz,
      greatest(${startsAt.toISOString()}::timestamptz, ${finalUntil}))
    on conflict do nothing`);
}

/**
 * Counts anew what calls have cost in a period that hold nothing in the budget; one that is still in flight at its worst
 * case. Holds are not touched: they add to `spent` themselves. Counted for good when none is in flight and `done`.
 * Whoever runs it at the same time comes to a right sum as well: each replaces the other's count by its own.
 */
export async function countUnheld(
  drizzle: Drizzle,
  of: Counted & { done: boolean },
): Promise<void> {
  const { startsAt, resetsAt } = of.period;
  const holds = JSON.stringify([{ id: of.budgetId }]);
  const end = endOf(resetsAt);
  await drizzle.execute(sql`
    with counted as materialized (
      select p.starts_at, p.counted_from, first_uuid_v7_v1(greatest(p.counted_from, 'epoch'::timestamptz + interval '1 minute') - interval '1 minute') as first_id
      from budget_periods p
      where p.budget_id = ${of.budgetId}::uuid and p.starts_at = ${startsAt.toISOString()}::timestamptz
        and p.counted_from is not null
    ), calls as (
      select coalesce(sum(case when c.status = 'in_flight' then c.worst_cost_nanos else c.provider_cost_nanos end), 0) as cost,
        coalesce(bool_or(c.status = 'in_flight'), false) as in_flight
      from counted k join llm_calls c on c.id >= k.first_id and c.created_at >= k.counted_from
      where c.created_at < ${end} and ${ofCall(of)}
        and (c.budget_holds is null or not c.budget_holds @> ${holds}::text::jsonb)
    ), sums as (
      select (${rolledUp(of, sql`(select k.counted_from from counted k)`)} + calls.cost)::bigint as cost, calls.in_flight
      from calls
    )
    update budget_periods p
    set spent = p.spent + sums.cost - p.unheld, unheld = sums.cost,
      counted_from = case when ${of.done} and not sums.in_flight then null else p.counted_from end
    from sums
    where p.budget_id = ${of.budgetId}::uuid and p.starts_at = ${startsAt.toISOString()}::timestamptz
      and p.counted_from is not null`);
}

/** Sets what a soft budget's period has spent, from the rollups. */
export async function countSoft(drizzle: Drizzle, of: Counted): Promise<void> {
  await drizzle.execute(sql`
    insert into budget_periods (budget_id, starts_at, spent)
    values (${of.budgetId}::uuid, ${of.period.startsAt.toISOString()}::timestamptz,
      ${rolledUp(of, sql`'infinity'::timestamptz`)}::bigint)
    on conflict (budget_id, starts_at) do update set spent = excluded.spent
    where budget_periods.spent <> excluded.spent`);
}

/** The cost of a period before a time, from its finished days and from the quarters of the others. */
function rolledUp(of: Counted, until: SQL): SQL {
  const { startsAt, resetsAt } = of.period;
  const inPeriod = sql`
    r.starts_at >= ${startsAt.toISOString()}::timestamptz
    and r.starts_at < least(${endOf(resetsAt)}, ${until})`;
  const isFinished = sql`exists (
    select 1 from rollup_spans d
    where d.span = 'day' and d.starts_at = date_trunc('day', r.starts_at, 'UTC') and not d.open
      and d.starts_at + interval '24 hours' <= least(${endOf(resetsAt)}, ${until}))`;
  return sql`(
    select coalesce(sum(r.cost_nanos), 0) from call_rollups r
    where ${inPeriod} and ${ofRollup(of)}
      and (r.span = 'day' and ${isFinished} or r.span = 'quarter' and not ${isFinished}))`;
}

const endOf = (resetsAt: Date | null) =>
  sql`coalesce(${resetsAt?.toISOString() ?? null}::timestamptz, 'infinity')`;

function ofCall({ scope, subjectId }: Counted): SQL {
  switch (scope) {
    case "organization":
      return sql`c.team_id in (select t.id from teams t where t.organization_id = ${subjectId})`;
    case "team":
      return sql`c.team_id = ${subjectId}`;
    case "key":
      return sql`c.team_id = (select v.team_id from virtual_keys v where v.id = ${subjectId}::uuid) and c.key_id = ${subjectId}::uuid`;
    case "alias":
      return sql`c.alias = ${subjectId}`;
  }
}

function ofRollup({ scope, subjectId }: Counted): SQL {
  switch (scope) {
    case "organization":
      return sql`r.team_id in (select t.id from teams t where t.organization_id = ${subjectId})`;
    case "team":
      return sql`r.team_id = ${subjectId}`;
    case "key":
      return sql`r.team_id = (select v.team_id from virtual_keys v where v.id = ${subjectId}::uuid) and r.key_id = ${subjectId}::uuid`;
    case "alias":
      return sql`r.alias = ${subjectId}`;
  }
}
