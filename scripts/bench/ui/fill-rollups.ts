import type { Database } from "../../../db/client.ts";

const whole = (span: string) =>
  `date_trunc('${span}', starts_at at time zone 'UTC') at time zone 'UTC'`;
/** SQL for the start of the quarter of an hour of an instant. */
export const quarterOf = (column: string) =>
  `date_bin('15 minutes', ${column}, timestamptz 'epoch')`;

const third = `${whole("month")} + least((extract(day from starts_at at time zone 'UTC')::int - 1) / 10, 2) * interval '240 hours'`;

const callSums = [
  ...["jobs", "calls", "succeeded", "failed", "aborted", "cache_hits", "input_tokens"],
  ...["cached_input_tokens", "output_tokens", "cost_nanos", "charged", "earned"],
  ...["returned", "revenue_nanos", "latency_ms", "flagged"],
];
const jobSums = [
  ...["jobs", "completed", "failed", "cancelled", "expired", "charged"],
  ...["refunded", "revenue_nanos", "fees", "fee_revenue_nanos", "cost_nanos"],
];
const userSums = [
  ...["jobs", "calls", "succeeded", "failed", "cache_hits"],
  ...["input_tokens", "output_tokens", "charged", "refunded"],
];

const parts = (table: string, keys: readonly string[], sums: readonly string[]) =>
  (["day", "month"] as const).map((span) => {
    const labels = keys.join(", ");
    return `insert into ${table} (span, starts_at, ${labels}, ${sums.join(", ")})
      select '${span}', start, ${labels}, ${sums.map((name) => `sum(${name})`).join(", ")}
      from (select *, ${whole(span)} as start from ${table} where span = '${span === "day" ? "quarter" : "day"}') p
      where start < ${whole(span).replace("starts_at", "now()")} group by start, ${labels} order by start;`;
  });

/** SQL that adds up quarters to days and months, and says that all of them are computed. */
export const foldQuarters = `
    ${parts("call_rollups", ["team_id", "key_id", "job_type", "alias", "target"], callSums).join("\n")}
    ${parts("job_rollups", ["team_id", "job_type"], jobSums).join("\n")}
    ${parts("user_rollups", ["team_id", "user_id"], userSums).join("\n")}
    insert into user_rollups (span, starts_at, team_id, user_id, ${userSums.join(", ")})
    select 'third', start, team_id, user_id, ${userSums.map((name) => `sum(${name})`).join(", ")}
    from (select *, ${third} as start from user_rollups where span = 'day') p group by start, team_id, user_id order by start;

    insert into rollup_spans (span, starts_at, computed_at, open)
    select distinct 'quarter', starts_at, now(), false from job_rollups where span = 'quarter';
    insert into rollup_spans (span, starts_at, computed_at, open)
    select distinct kind, start, case when over then now() else start end, not over
    from rollup_spans, lateral (values ('day', ${whole("day")}, ${whole("day").replace("starts_at", "now()")}),
      ('month', ${whole("month")}, ${whole("month").replace("starts_at", "now()")})) as s (kind, start, present),
      lateral (select start < present as over) o
    where span = 'quarter';

    analyze teams, call_rollups, job_rollups;
    select roll_up_totals_v1(span, starts_at) from rollup_spans where span <> 'quarter' and not open;`;

/** What the upkeep would have computed in hours, in a few statements. */
export async function fillRollups(database: Database): Promise<void> {
  await database.script(`
    set work_mem = '256MB';
    insert into call_rollups (
      span, starts_at, team_id, key_id, job_type, alias, target, jobs, calls, succeeded, failed, cache_hits, input_tokens,
      output_tokens, cost_nanos, earned, revenue_nanos, latency_ms, flagged)
    select 'quarter', ${quarterOf("c.created_at")} as start, c.team_id, c.key_id, j.type, c.alias, coalesce(c.target, ''),
      count(*), count(*), count(*) filter (where c.status = 'succeeded'), count(*) filter (where c.status = 'failed'),
      count(*) filter (where c.cache_hit), sum(c.input_tokens), sum(c.output_tokens), sum(c.provider_cost_nanos),
      sum(j.charged), sum(j.charged * 100), sum(c.latency_ms), count(*) filter (where c.cost_flags <> '{}')
    from llm_calls c join jobs j on j.id = c.job_id
    group by start, c.team_id, c.key_id, j.type, c.alias, c.target order by start;

    insert into job_rollups (
      span, starts_at, team_id, job_type, jobs, completed, failed, cancelled, expired, charged, revenue_nanos, cost_nanos)
    select 'quarter', ${quarterOf("created_at")} as start, team_id, type, count(*),
      ${["completed", "failed", "cancelled", "expired"].map((status) => `count(*) filter (where status = '${status}')`).join(", ")},
      sum(charged), sum(charged * 100), sum(provider_cost_nanos)
    from jobs group by start, team_id, type order by start;

    insert into user_rollups (
      span, starts_at, team_id, user_id, jobs, calls, succeeded, failed, cache_hits, input_tokens, output_tokens, charged)
    select 'quarter', ${quarterOf("j.created_at")} as start, j.team_id, coalesce(j.user_id, ''), count(*), count(*),
      count(*) filter (where c.status = 'succeeded'), count(*) filter (where c.status = 'failed'),
      count(*) filter (where c.cache_hit), sum(c.input_tokens), sum(c.output_tokens), sum(j.charged)
    from llm_calls c join jobs j on j.id = c.job_id
    group by start, j.team_id, coalesce(j.user_id, '') order by start;

${foldQuarters}`);
}
