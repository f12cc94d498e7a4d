-- What the figures of a day or month are of all teams together, but of test teams: by job type, organization and team, and by
-- job type, alias and target; of a month also what each team's are, by each of these three. The caller holds its row in
-- rollup_spans and has computed call_rollups and job_rollups.
create or replace function roll_up_totals_v1(p_span text, p_starts_at timestamptz)
returns void
language plpgsql volatile set enable_seqscan = off as $$
begin
  delete from total_rollups
  where scope in ('job_type', 'organization', 'team') and span = p_span and starts_at = p_starts_at;
  insert into total_rollups (
    scope, subject, span, starts_at, jobs, calls, succeeded, failed, cache_hits, flagged, input_tokens,
    cached_input_tokens, output_tokens, latency_ms, cost_nanos, revenue_nanos, charged, refunded, fees, fee_revenue_nanos)
  select s.scope, s.subject, p_span, p_starts_at, sum(jobs), sum(calls), sum(succeeded), sum(failed), sum(cache_hits),
    sum(flagged), sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(latency_ms), sum(cost_nanos),
    sum(revenue_nanos), sum(charged), sum(refunded), sum(fees), sum(fee_revenue_nanos)
  from (
    select r.team_id, r.job_type, 0 as jobs, r.calls, r.succeeded, r.failed + r.aborted as failed, r.cache_hits, r.flagged,
      r.input_tokens, r.cached_input_tokens, r.output_tokens, r.latency_ms, r.cost_nanos, 0 as revenue_nanos, 0 as charged,
      0 as refunded, 0 as fees, 0 as fee_revenue_nanos
    from call_rollups r where r.span = p_span and r.starts_at = p_starts_at
    union all
    select r.team_id, r.job_type, r.jobs, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, r.revenue_nanos, r.charged, r.refunded, r.fees,
      r.fee_revenue_nanos
    from job_rollups r where r.span = p_span and r.starts_at = p_starts_at
  ) counted
  join teams t on t.id = counted.team_id and t.test_of is null
  cross join lateral (values ('job_type', counted.job_type), ('organization', t.organization_id), ('team', t.id))
    as s (scope, subject)
  group by s.scope, s.subject;

  delete from model_rollups where span = p_span and starts_at = p_starts_at;
  insert into model_rollups (
    span, starts_at, job_type, alias, target, jobs, calls, succeeded, failed, cache_hits, flagged, input_tokens,
    cached_input_tokens, output_tokens, latency_ms, cost_nanos, revenue_nanos, earned, returned)
  select p_span, p_starts_at, r.job_type, r.alias, r.target, sum(r.jobs), sum(r.calls), sum(r.succeeded),
    sum(r.failed + r.aborted), sum(r.cache_hits), sum(r.flagged), sum(r.input_tokens), sum(r.cached_input_tokens),
    sum(r.output_tokens), sum(r.latency_ms), sum(r.cost_nanos), sum(r.revenue_nanos), sum(r.earned), sum(r.returned)
  from call_rollups r join teams t on t.id = r.team_id and t.test_of is null
  where r.span = p_span and r.starts_at = p_starts_at
  group by r.job_type, r.alias, r.target;

  if p_span = 'month' then
    delete from team_rollups where span = p_span and starts_at = p_starts_at;
    insert into team_rollups (
      scope, subject, team_id, span, starts_at, jobs, calls, succeeded, failed, cache_hits, flagged, input_tokens,
      cached_input_tokens, output_tokens, latency_ms, cost_nanos, revenue_nanos, charged, refunded)
    select counted.scope, counted.subject, counted.team_id, p_span, p_starts_at, sum(jobs), sum(calls), sum(succeeded), sum(failed),
      sum(cache_hits), sum(flagged), sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(latency_ms),
      sum(cost_nanos), sum(revenue_nanos), sum(charged), sum(refunded)
    from (
      -- By type, what jobs were charged is read from the jobs.
      select r.team_id, s.scope, s.subject, case when s.of_calls then r.jobs else 0 end as jobs, r.calls, r.succeeded,
        r.failed + r.aborted as failed, r.cache_hits, r.flagged, r.input_tokens, r.cached_input_tokens, r.output_tokens,
        r.latency_ms, r.cost_nanos, case when s.of_calls then r.revenue_nanos else 0 end as revenue_nanos,
        case when s.of_calls then r.earned else 0 end as charged, case when s.of_calls then r.returned else 0 end as refunded
      from call_rollups r
      cross join lateral (values ('job_type', r.job_type, false), ('alias', r.alias, true), ('target', r.target, true))
        as s (scope, subject, of_calls)
      where r.span = p_span and r.starts_at = p_starts_at
      union all
      select r.team_id, 'job_type', r.job_type, r.jobs, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, r.revenue_nanos, r.charged, r.refunded
      from job_rollups r where r.span = p_span and r.starts_at = p_starts_at
    ) counted
    join teams t on t.id = counted.team_id and t.test_of is null
    group by counted.scope, counted.subject, counted.team_id
    -- So that what is read together lies together.
    order by counted.scope, counted.subject, counted.team_id;
  end if;
end $$;
