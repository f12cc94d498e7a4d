-- The figures of a quarter of an hour from jobs and calls; the caller holds its row in rollup_spans. Returns whether
-- something in it can still change by itself: a call in flight, a job without an end, or a transaction under way.
-- What a job was charged as a whole is shared out to its calls in proportion to their cost; without any cost, evenly.
-- Revenue is what the entries of charges and fees are worth (earned_v1), less the part of them that was refunded.
create or replace function roll_up_quarter_v1(p_at timestamptz, p_starts_at timestamptz, p_ends_at timestamptz)
returns boolean
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  -- An id may be a minute older or newer than the time beside it.
  lowest uuid := first_uuid_v7_v1(p_starts_at - interval '1 minute');
  highest uuid := first_uuid_v7_v1(p_ends_at + interval '1 minute');
  nobody uuid := '00000000-0000-0000-0000-000000000000';
  calls_are_kept boolean := p_starts_at >= coalesce((
    select min(make_timestamptz(left(right(c.relname, 7), 4)::int, right(c.relname, 2)::int, 1, 0, 0, 0, 'UTC'))
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid where i.inhparent = 'llm_calls'::regclass), p_starts_at);
  jobs_open boolean;
  calls_open boolean;
begin
  delete from rollup_touches where starts_at = p_starts_at;

  delete from job_rollups where span = 'quarter' and starts_at = p_starts_at;
  if calls_are_kept then
    delete from user_rollups where span = 'quarter' and starts_at = p_starts_at;
  else
    update user_rollups set jobs = 0, charged = 0, refunded = 0 where span = 'quarter' and starts_at = p_starts_at;
  end if;
  with sums as materialized (
    select grouping(j.type) = 0 as by_type, j.team_id, j.type, coalesce(j.user_id, '') as user_id,
      count(*) as jobs, count(*) filter (where j.status = 'completed') as completed,
      count(*) filter (where j.status = 'failed') as failed, count(*) filter (where j.status = 'cancelled') as cancelled,
      count(*) filter (where j.status = 'expired') as expired,
      sum(j.charged) as charged, sum(j.refunded) as refunded, sum(j.provider_cost_nanos) as cost,
      sum(v.charge_nanos * (j.charged - j.refunded) / nullif(j.charged, 0)) as revenue, sum(v.fee) as fees,
      sum(v.fee_nanos) as fee_revenue,
      bool_or(j.ended_at is null or j.calls_in_flight > 0) as open
    from jobs j
    left join lateral (
      select sum(e.nanos) filter (where t.kind = 'charge') as charge_nanos,
        -sum(t.amount) filter (where t.kind = 'fee') as fee, sum(e.nanos) filter (where t.kind = 'fee') as fee_nanos
      from credit_transactions t
      cross join lateral earned_v1(t.wallet_id, t.entry_no, t.amount, t.balance_after, t.created_at) e
      where t.job_id = j.id and t.kind in ('charge', 'fee') and (j.charged > 0 or j.terms ->> 'kind' = 'subscription')
    ) v on true
    where j.id >= lowest and j.id < highest and j.created_at >= p_starts_at and j.created_at < p_ends_at
    group by grouping sets ((j.team_id, j.type), (j.team_id, coalesce(j.user_id, '')))
  ), by_type as (
    insert into job_rollups (
      span, starts_at, team_id, job_type, jobs, completed, failed, cancelled, expired, charged, refunded, revenue_nanos,
      fees, fee_revenue_nanos, cost_nanos)
    select 'quarter', p_starts_at, team_id, type, jobs, completed, failed, cancelled, expired, charged, refunded,
      round(coalesce(revenue, 0)), coalesce(fees, 0), round(coalesce(fee_revenue, 0)), cost
    from sums where by_type
  ), by_user as (
    insert into user_rollups (span, starts_at, team_id, user_id, jobs, charged, refunded)
    select 'quarter', p_starts_at, team_id, user_id, jobs, charged, refunded from sums where not by_type
    on conflict (span, starts_at, team_id, user_id) do update
    set jobs = excluded.jobs, charged = excluded.charged, refunded = excluded.refunded
  )
  select coalesce(bool_or(open), false) into jobs_open from sums;
  if not calls_are_kept then
    return false;
  end if;

  delete from call_rollups where span = 'quarter' and starts_at = p_starts_at;
  with joined as (
    select c.*, j.type, coalesce(j.user_id, '') as user_id, j.created_at as job_created_at,
      j.ended_at is null or j.calls_in_flight > 0 as open,
      row_number() over (partition by c.job_id, c.alias order by c.id) = 1 as first_here,
      case when j.terms ->> 'charged' = 'job' then j.charged else 0 end as job_charged,
      case when j.charged = 0 then 0 else j.refunded / j.charged::numeric end as returned_part,
      case when j.provider_cost_nanos > 0 then coalesce(c.provider_cost_nanos, 0)::numeric / j.provider_cost_nanos
        else 1.0 / greatest(j.calls, 1) end as share,
      coalesce(v.nanos, 0) as charge_nanos
    from llm_calls c join jobs j on j.id = c.job_id
    left join lateral (
      select e.nanos from credit_transactions t
      cross join lateral earned_v1(t.wallet_id, t.entry_no, t.amount, t.balance_after, t.created_at) e
      where t.charge_id = case when j.terms ->> 'charged' = 'job' then j.id else c.id end
        and case when j.terms ->> 'charged' = 'job' then j.charged else c.charged end > 0
    ) v on true
    where c.id >= lowest and c.id < highest and c.created_at >= p_starts_at and c.created_at < p_ends_at
  ), sums as materialized (
    select grouping(type) = 0 as by_type, team_id, coalesce(key_id, nobody) as key_id, type, alias,
      coalesce(target, '') as target, user_id,
      count(*) filter (where first_here and (job_created_at >= p_starts_at or not exists (
        select 1 from llm_calls p
        where p.job_id = joined.job_id and p.alias = joined.alias and p.id < joined.id
          and p.id >= first_uuid_v7_v1(joined.job_created_at - interval '1 minute')))) as jobs,
      count(*) as calls, count(*) filter (where status = 'succeeded') as succeeded,
      count(*) filter (where status = 'failed') as failed, count(*) filter (where status = 'aborted') as aborted,
      count(*) filter (where cache_hit) as cache_hits, sum(coalesce(input_tokens, 0)) as input_tokens,
      sum(coalesce(cached_input_tokens, 0)) as cached_input_tokens, sum(coalesce(output_tokens, 0)) as output_tokens,
      sum(coalesce(provider_cost_nanos, 0)) as cost, sum(charged) as charged,
      sum(charged + job_charged * share) as earned, sum((charged + job_charged * share) * returned_part) as returned,
      sum(charge_nanos * case when job_charged > 0 then share else 1 end * (1 - returned_part)) as revenue,
      sum(coalesce(latency_ms, 0)) as latency_ms, count(*) filter (where cost_flags <> '{}') as flagged,
      bool_or(status = 'in_flight' or open) as open
    from joined
    group by grouping sets (
      (team_id, coalesce(key_id, nobody), type, alias, coalesce(target, '')), (team_id, user_id))
  ), by_type as (
    insert into call_rollups (
      span, starts_at, team_id, key_id, job_type, alias, target, jobs, calls, succeeded, failed, aborted, cache_hits,
      input_tokens, cached_input_tokens, output_tokens, cost_nanos, charged, earned, returned, revenue_nanos, latency_ms,
      flagged)
    select 'quarter', p_starts_at, team_id, key_id, type, alias, target, jobs, calls, succeeded, failed, aborted,
      cache_hits, input_tokens, cached_input_tokens, output_tokens, cost, charged, round(earned), round(returned),
      round(revenue), latency_ms, flagged
    from sums where by_type
  ), by_user as (
    insert into user_rollups (
      span, starts_at, team_id, user_id, calls, succeeded, failed, cache_hits, input_tokens, output_tokens)
    select 'quarter', p_starts_at, team_id, user_id, calls, succeeded, failed + aborted, cache_hits, input_tokens,
      output_tokens
    from sums where not by_type
    on conflict (span, starts_at, team_id, user_id) do update
    set calls = excluded.calls, succeeded = excluded.succeeded, failed = excluded.failed,
      cache_hits = excluded.cache_hits, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens
  )
  select coalesce(bool_or(open), false) into calls_open from sums;
  -- A transaction takes its time before it commits.
  return jobs_open or calls_open or p_at < p_ends_at + interval '2 minutes';
end $$;
