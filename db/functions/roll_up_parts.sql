-- The figures of a day from its quarters, of a month from its days, and their totals; the caller holds its row in rollup_spans.
-- With a day goes the third of a month that it lies in (from the 1st, 11th, 21st on), of users alone: there are many of them.
-- Invariant: in every snapshot a third is the sum of its days.
create or replace function roll_up_parts_v1(p_span text, p_starts_at timestamptz, p_ends_at timestamptz)
returns void
language plpgsql volatile set enable_seqscan = off as $$
declare
  part text := case p_span when 'day' then 'quarter' else 'day' end;
  third_starts_at timestamptz := start_of_third_v1(p_starts_at);
begin
  delete from call_rollups where span = p_span and starts_at = p_starts_at;
  insert into call_rollups (
    span, starts_at, team_id, key_id, job_type, alias, target, jobs, calls, succeeded, failed, aborted, cache_hits,
    input_tokens, cached_input_tokens, output_tokens, cost_nanos, charged, earned, returned, revenue_nanos, latency_ms,
    flagged)
  select p_span, p_starts_at, team_id, key_id, job_type, alias, target, sum(jobs), sum(calls), sum(succeeded), sum(failed),
    sum(aborted), sum(cache_hits), sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(cost_nanos),
    sum(charged), sum(earned), sum(returned), sum(revenue_nanos), sum(latency_ms), sum(flagged)
  from call_rollups where span = part and starts_at >= p_starts_at and starts_at < p_ends_at
  group by team_id, key_id, job_type, alias, target;

  delete from job_rollups where span = p_span and starts_at = p_starts_at;
  insert into job_rollups (
    span, starts_at, team_id, job_type, jobs, completed, failed, cancelled, expired, charged, refunded, revenue_nanos,
    fees, fee_revenue_nanos, cost_nanos)
  select p_span, p_starts_at, team_id, job_type, sum(jobs), sum(completed), sum(failed), sum(cancelled), sum(expired),
    sum(charged), sum(refunded), sum(revenue_nanos), sum(fees), sum(fee_revenue_nanos), sum(cost_nanos)
  from job_rollups where span = part and starts_at >= p_starts_at and starts_at < p_ends_at
  group by team_id, job_type;

  delete from user_rollups where span = p_span and starts_at = p_starts_at;
  insert into user_rollups (
    span, starts_at, team_id, user_id, jobs, calls, succeeded, failed, cache_hits, input_tokens, output_tokens, charged,
    refunded)
  select p_span, p_starts_at, team_id, user_id, sum(jobs), sum(calls), sum(succeeded), sum(failed), sum(cache_hits),
    sum(input_tokens), sum(output_tokens), sum(charged), sum(refunded)
  from user_rollups where span = part and starts_at >= p_starts_at and starts_at < p_ends_at
  group by team_id, user_id;

  if p_span = 'day' then
    -- Until another day of it, computed elsewhere, is committed: the next statement sees it then.
    perform pg_advisory_xact_lock(hashtextextended('user_rollups third ' || third_starts_at::text, 0));
    delete from user_rollups where span = 'third' and starts_at = third_starts_at;
    insert into user_rollups (
      span, starts_at, team_id, user_id, jobs, calls, succeeded, failed, cache_hits, input_tokens, output_tokens, charged,
      refunded)
    select 'third', third_starts_at, team_id, user_id, sum(jobs), sum(calls), sum(succeeded), sum(failed), sum(cache_hits),
      sum(input_tokens), sum(output_tokens), sum(charged), sum(refunded)
    from user_rollups
    where span = 'day' and starts_at >= third_starts_at and starts_at < start_of_third_v1(third_starts_at + interval '264 hours')
    group by team_id, user_id;
  end if;

  perform roll_up_totals_v1(p_span, p_starts_at);
end $$;
