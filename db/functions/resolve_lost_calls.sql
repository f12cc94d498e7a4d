-- Resolves calls whose instance is gone: aborted, at what they may have cost at most as estimated cost, free of charge for the
-- team. A job that was to end with its call fails; one that ended before, and waited for its calls, is charged now.
-- Who calls it has made sure that these instances are dead or silent; should one come back, its settle finds 'swept'.
-- Invariant: afterwards no call of these instances from p_from to the last that was looked at is in flight or holds anything, and no
-- key of theirs runs for it.
-- Locks, each ascending: jobs, team periods, wallets, budget periods.
-- Looks at calls in the order of their ids. Returns how many it resolved, and the id to go on from; null = there are no more.
--
-- p_calls: only these, of instances that live but cannot book how they ended; each is told as a notice. null = all.
create or replace function resolve_lost_calls_v4(
  p_at timestamptz, p_instances uuid[], p_from uuid, p_limit int, p_calls uuid[], out resolved int, out next_from uuid)
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
declare
  chosen uuid[];
  ending uuid[];
  pending uuid[];
  job record;
  budget_holds jsonb;
begin
  if p_calls is null then
    -- By the primary key alone: no index may hold the status, which every settle changes.
    select array_agg(id order by id) into chosen from (
      select c.id from llm_calls c
      where c.id >= p_from and c.instance_id = any (p_instances) and c.status = 'in_flight' order by c.id limit p_limit
    ) lost;
    next_from := chosen[p_limit];
  else
    chosen := p_calls;
  end if;

  perform 1 from jobs j
  where j.id in (select c.job_id from llm_calls c where c.id = any (chosen)) order by j.id for update;

  -- What another one has settled meanwhile stays settled.
  select array_agg(c.id), array_agg(distinct j.id) filter (where j.ends_with_call and j.ended_at is null),
    array_agg(distinct j.id) filter (where j.charge_pending)
  into chosen, ending, pending
  from llm_calls c join jobs j on j.id = c.job_id where c.id = any (chosen) and c.status = 'in_flight';
  perform lock_ending_jobs_v1(
    ending || pending, (select array_agg(h.wallet_id) from credit_holds h where h.id = any (chosen) and h.state = 'open'));

  with aborted as (
    update llm_calls c
    set status = 'aborted', lost = true, ended_at = p_at, provider_cost_nanos = coalesce(c.cost_held, c.worst_cost_nanos),
      cost_flags = case when c.worst_cost_nanos is null then array['unpriced', 'estimated'] else array['estimated'] end,
      error_code = case when p_calls is null then 'instance_lost' else 'settle_refused' end
    where c.id = any (chosen) and c.status = 'in_flight'
    returning c.id, c.job_id, c.provider_cost_nanos, c.held, c.cost_held, c.budget_holds
  ), released as (
    update credit_holds h set state = 'released', resolved_at = p_at
    from aborted where h.id = aborted.id and h.state = 'open'
    returning h.wallet_id, h.amount
  ), freed as (
    update wallets w set held = w.held - sums.amount, updated_at = p_at
    from (select wallet_id, sum(amount)::bigint as amount from released group by wallet_id) sums
    where w.id = sums.wallet_id
  ), booked as (
    update jobs j
    set calls_in_flight = j.calls_in_flight - sums.n, failed_calls = j.failed_calls + sums.n,
      provider_cost_nanos = j.provider_cost_nanos + sums.cost, last_activity_at = p_at,
      held = j.held - sums.held, cost_held = j.cost_held - sums.cost_held,
      status = case when j.id = any (ending) then 'failed' else j.status end,
      ended_at = case when j.id = any (ending) then p_at else j.ended_at end,
      ended_cost_nanos = case when j.id = any (ending) or j.ended_at is not null then j.provider_cost_nanos + sums.cost end
    from (
      select job_id, count(*)::int as n, coalesce(sum(provider_cost_nanos), 0) as cost, sum(held)::bigint as held,
        coalesce(sum(cost_held), 0)::bigint as cost_held
      from aborted group by job_id
    ) sums
    where j.id = sums.job_id
  )
  select count(*), jsonb_agg(jsonb_build_object('holds', a.budget_holds, 'held', a.cost_held, 'spent', a.cost_held))
    filter (where a.budget_holds is not null)
  into resolved, budget_holds from aborted a;

  for job in
    select j.id, j.status from jobs j
    where j.id = any (ending) or (j.id = any (pending) and j.charge_pending and j.calls_in_flight = 0) order by j.id
  loop
    perform charge_job_v1(p_at, job.id, job.status);
  end loop;
  if budget_holds is not null then
    perform settle_budgets_v1(budget_holds);
  end if;

  if p_calls is not null then
    insert into outbox (id, kind, organization_id, team_id, payload, created_at)
    select new_uuid_v7_v1(p_at), 'call.unsettled', t.organization_id, t.id,
      jsonb_build_object('call_id', c.id, 'job_id', c.job_id, 'model', c.alias), p_at
    from llm_calls c join teams t on t.id = c.team_id where c.id = any (chosen);
  end if;

  delete from idempotency_keys k where k.instance_id = any (p_instances)
    and (k.call_id = any (chosen) or (k.call_id is null and p_calls is null));
end $$;
