-- Resolves calls whose instance is gone: aborted, at their worst case as estimated cost, free of charge for the team.
-- Who calls it has made sure that these instances are dead or silent; should one come back, its settle finds 'swept'.
-- Invariant: afterwards no call of these instances is in flight (as far as p_limit reaches), and no key of theirs runs.
-- Locks jobs ascending. Returns how many calls it resolved: call again while that is p_limit.
create or replace function resolve_lost_calls_v1(p_at timestamptz, p_instances uuid[], p_limit int)
returns int language plpgsql volatile set enable_seqscan = off as $$
declare
  chosen uuid[];
  resolved int;
begin
  select array_agg(id) into chosen from (
    select c.id from llm_calls c where c.instance_id = any (p_instances) and c.status = 'in_flight' limit p_limit
  ) lost;

  perform 1 from jobs j
  where j.id in (select c.job_id from llm_calls c where c.id = any (chosen)) order by j.id for update;

  with aborted as (
    update llm_calls c
    set status = 'aborted', lost = true, ended_at = p_at, provider_cost_nanos = c.worst_cost_nanos,
      cost_flags = case when c.worst_cost_nanos is null then array['unpriced', 'estimated'] else array['estimated'] end,
      error_code = 'instance_lost'
    where c.id = any (chosen) and c.status = 'in_flight'
    returning c.id, c.job_id, c.worst_cost_nanos
  ), booked as (
    update jobs j
    set calls_in_flight = j.calls_in_flight - sums.n, failed_calls = j.failed_calls + sums.n,
      provider_cost_nanos = j.provider_cost_nanos + sums.cost, last_activity_at = p_at,
      status = case when j.ends_with_call and j.ended_at is null then 'failed' else j.status end,
      ended_at = case when j.ends_with_call and j.ended_at is null then p_at else j.ended_at end
    from (select job_id, count(*)::int as n, coalesce(sum(worst_cost_nanos), 0) as cost from aborted group by job_id) sums
    where j.id = sums.job_id
  )
  select count(*) into resolved from aborted;

  delete from idempotency_keys k where k.instance_id = any (p_instances)
    and (k.call_id is null or k.call_id = any (chosen));
  return resolved;
end $$;
