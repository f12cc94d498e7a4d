import type { Database } from "../../db/client.ts";
import { rollUp, selectQuarters } from "../../server/usage/rollups/store.ts";
import { foldQuarters, quarterOf } from "./ui/fill-rollups.ts";

const nobody = "00000000-0000-0000-0000-000000000000";

/**
 * Rollups of what `fill` has made, in a few statements in place of the upkeep's hour: a job's calls are all of its own quarter,
 * evenly dear, and nothing was charged through the ledger. Throws unless the product's own functions come to the same.
 */
export async function rollUpAll(database: Database): Promise<void> {
  await database.script(`
    truncate call_rollups, job_rollups, user_rollups, total_rollups, model_rollups, rollup_spans;
    set work_mem = '256MB';
    set max_parallel_workers_per_gather = 2;
    insert into call_rollups (
      span, starts_at, team_id, key_id, job_type, alias, target, jobs, calls, succeeded, input_tokens, output_tokens,
      cost_nanos, earned, latency_ms)
    select 'quarter', start, team_id, '${nobody}', type, alias, target, count(*), sum(calls), sum(calls), sum(input), sum(output),
      sum(cost), round(sum(charged * calls::numeric / of_calls)), sum(latency)
    from (
      select ${quarterOf("j.created_at")} as start, j.team_id, j.type, j.charged, j.calls as of_calls, c.*
      from (
        select job_id, alias, coalesce(target, '') as target, count(*) as calls, sum(input_tokens) as input, sum(output_tokens) as output,
          coalesce(sum(provider_cost_nanos), 0) as cost, sum(latency_ms) as latency
        from llm_calls where status = 'succeeded' group by 1, 2, 3
      ) c join jobs j on j.id = c.job_id where j.status = 'completed'
    ) by_job
    group by start, team_id, type, alias, target;

    insert into job_rollups (span, starts_at, team_id, job_type, jobs, completed, charged, cost_nanos)
    select 'quarter', ${quarterOf("created_at")} as start, team_id, type, count(*), count(*), sum(charged), sum(provider_cost_nanos)
    from jobs where status = 'completed' group by start, team_id, type order by start;

    insert into user_rollups (
      span, starts_at, team_id, user_id, jobs, calls, succeeded, input_tokens, output_tokens, charged)
    select 'quarter', ${quarterOf("created_at")} as start, team_id, coalesce(user_id, ''), count(*), sum(calls), sum(calls), sum(input_tokens),
      sum(output_tokens), sum(charged)
    from jobs where status = 'completed' group by start, team_id, coalesce(user_id, '') order by start;
    ${foldQuarters}`);
  await prove(database);
}

/** One span of each kind, computed anew by the product, may not change. */
async function prove(database: Database): Promise<void> {
  const [day] = await database.query<{ month: Date; starts_at: Date; ends_at: Date }>(
    `select max(m.starts_at) as month, max(d.starts_at) as starts_at, max(d.starts_at) + interval '1 day' as ends_at
     from rollup_spans d, rollup_spans m where d.span = 'day' and m.span = 'month' and not d.open and not m.open`,
    [],
  );
  const [quarter] = await selectQuarters(database, day!.starts_at, day!.ends_at);
  const spans = [
    { kind: "quarter", startsAt: quarter! },
    { kind: "day", startsAt: day!.starts_at },
    { kind: "month", startsAt: day!.month },
  ] as const;
  for (const span of spans) {
    if (await rollUp(database, new Date(), span)) {
      throw new Error(`the ${span.kind} of the bench's rollups is not what the product computes`);
    }
  }
}
