import type { Database } from "../../db/client.ts";
import { highestIdUntil, lowestIdFrom } from "../kernel/ids.ts";
import type { UsageGrouping } from "./schema.ts";

/** A group's counts as text, since sums outgrow what JavaScript counts exactly; money in micro-credits. */
export interface UsageRow {
  label: string | null;
  jobs: string;
  calls: string;
  succeeded: string;
  failed: string;
  input_tokens: string;
  output_tokens: string;
  charged: string;
}

interface Span {
  teamId: string;
  from: Date;
  to: Date;
}

const fromJobs = `
  count(*)::text as jobs, coalesce(sum(calls), 0)::text as calls, coalesce(sum(succeeded_calls), 0)::text as succeeded,
  coalesce(sum(failed_calls), 0)::text as failed, coalesce(sum(input_tokens), 0)::text as input_tokens,
  coalesce(sum(output_tokens), 0)::text as output_tokens, coalesce(sum(charged), 0)::text as charged
  from jobs
  where team_id = $1::text and created_at >= $2::timestamptz and created_at < $3::timestamptz
    and id >= $4::uuid and id < $5::uuid`;

const fromCalls = `
  count(distinct job_id)::text as jobs, count(*)::text as calls,
  (count(*) filter (where status = 'succeeded'))::text as succeeded,
  (count(*) filter (where status in ('failed', 'aborted')))::text as failed,
  coalesce(sum(input_tokens), 0)::text as input_tokens, coalesce(sum(output_tokens), 0)::text as output_tokens,
  coalesce(sum(charged), 0)::text as charged
  from llm_calls
  where team_id = $1::text and created_at >= $2::timestamptz and created_at < $3::timestamptz
    and id >= $4::uuid and id < $5::uuid`;

const grouped: Readonly<Record<UsageGrouping, string>> = {
  day: `select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD') as label, ${fromJobs} group by 1 order by 1 limit $6::int`,
  job_type: `select type as label, ${fromJobs} group by 1 order by sum(calls) desc, 1 limit $6::int`,
  user: `select user_id as label, ${fromJobs} group by 1 order by sum(calls) desc, 1 limit $6::int`,
  model: `select alias as label, ${fromCalls} group by 1 order by count(*) desc, 1 limit $6::int`,
};

export async function selectTotals(database: Database, span: Span): Promise<UsageRow> {
  const [row] = await database.query<UsageRow>(
    `select null::text as label, ${fromJobs}`,
    valuesOf(span),
  );
  return row!;
}

export function selectGroups(
  database: Database,
  span: Span,
  by: { grouping: UsageGrouping; limit: number },
): Promise<UsageRow[]> {
  return database.query<UsageRow>(grouped[by.grouping], [...valuesOf(span), by.limit]);
}

/** The bounds on ids let the indexes find the span and leave partitions out; those on times are exact. */
function valuesOf({ teamId, from, to }: Span): unknown[] {
  return [teamId, from, to, lowestIdFrom(from), highestIdUntil(to)];
}
