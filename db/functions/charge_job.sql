-- Charges a job that is charged at its end, when it ends as p_as: completed, failed, cancelled or expired. Returns the charge.
-- Called under the job's lock by the statement that ends it. A failed or cancelled job with calls in flight then waits with its
-- hold (charge_pending), and is charged by the settle of its last call.
-- Invariant: the job's hold is resolved here, once, when no call can change the charge any more, and one entry at most is
-- booked (charge_id = the job); a job that ends free gives its included place back. Counts are those of the period in which
-- the job was created.
-- Locks: team period (only where something is counted), wallet.
create or replace function charge_job_v1(p_at timestamptz, p_job uuid, p_as text)
returns bigint language plpgsql volatile set enable_seqscan = off as $$
declare
  job jobs%rowtype;
  terms jsonb;
  kind text;
  counted jsonb;
  used team_periods%rowtype;
  as_completed boolean;
  deferred boolean;
  worked boolean;
  costly boolean;
  free boolean := false;
  charge bigint := 0;
  credit_price numeric;
  wallet uuid;
  balance_before bigint;
  entry bigint;
begin
  select * into job from jobs j where j.id = p_job;
  terms := job.terms;
  if terms ->> 'charged' is distinct from 'job' then
    return 0;
  end if;
  -- Whether a failed job is free depends on what its calls give, and one in flight may still give everything.
  deferred := p_as in ('failed', 'cancelled') and job.calls_in_flight > 0 and terms ->> 'failed_jobs' is distinct from 'full';
  if deferred <> job.charge_pending then
    update jobs j set charge_pending = deferred where j.id = p_job;
  end if;
  if deferred then
    return 0;
  end if;
  kind := terms ->> 'kind';
  counted := nullif(terms -> 'period', 'null');
  -- A stream that its client left just before the end has given what there was to give.
  worked := job.succeeded_calls > 0 or job.output_tokens > 0;
  as_completed := p_as = 'completed' or (p_as = 'expired' and worked)
    or (p_as in ('failed', 'cancelled') and coalesce(terms ->> 'failed_jobs', 'free') = 'full');
  -- It has used the provider and gave nothing in return: free, but not without end.
  costly := not as_completed and worked;

  if counted is not null and (kind in ('tiered', 'subscription') or costly) then
    insert into team_periods (team_id, period, starts_at, ends_at)
    values (job.team_id, counted ->> 'period', job.period_start, (counted ->> 'ends_at')::timestamptz)
    on conflict do nothing;
    select * into strict used from team_periods p
    where p.team_id = job.team_id and p.period = counted ->> 'period' and p.starts_at = job.period_start
    for update;
  end if;

  if as_completed then
    charge := case
      when kind = 'tiered' then (
        select (tier ->> 'price')::bigint from jsonb_array_elements(terms -> 'tiers') with ordinality as t (tier, n)
        where tier ->> 'up_to' is null or (tier ->> 'up_to')::int > used.completed order by n limit 1)
      when job.place = 'included' then 0
      when job.place = 'overage' then (terms ->> 'overage')::bigint
      else (terms ->> 'price')::bigint
    end;
    charge := coalesce(charge, 0);
  elsif costly and coalesce(used.costly_failures, 0) + 1 > coalesce((terms ->> 'free_failures')::int, 0) then
    credit_price := nullif((terms ->> 'credit_price_nanos')::numeric, 0);
    -- Half up. Without a credit price the cost is worth the whole hold.
    charge := least(job.held, div(2000000 * job.provider_cost_nanos::numeric + credit_price, 2 * credit_price)::bigint);
  else
    free := true;
  end if;

  if used.team_id is not null then
    update team_periods p
    set completed = p.completed + as_completed::int, costly_failures = p.costly_failures + costly::int,
      included_taken = p.included_taken - (free and job.place is not distinct from 'included')::int
    where p.team_id = used.team_id and p.period = used.period and p.starts_at = used.starts_at;
  end if;

  if job.held > 0 or charge > 0 then
    select w.id, w.balance into strict wallet, balance_before from wallets w where w.team_id = job.team_id for update;
    update credit_holds h set state = case when charge > 0 then 'settled' else 'released' end, resolved_at = p_at
    where h.id = job.id and h.state = 'open';
    update wallets w
    set held = w.held - job.held, balance = w.balance - charge, entry_no = w.entry_no + (charge > 0)::int,
      unattributed = w.unattributed + least(charge, greatest(w.balance, 0)), updated_at = p_at
    where w.id = wallet
    returning w.entry_no into entry;
    if charge > 0 then
      insert into credit_transactions (
        wallet_id, entry_no, kind, amount, balance_after, job_id, charge_id, actor, created_at)
      values (wallet, entry, 'charge', -charge, balance_before - charge, job.id, job.id, 'system', p_at);
    end if;
    update jobs j
    set held = j.held - job.held, charged = j.charged + charge, charged_over_hold = charge > job.held,
      place = case when kind = 'tiered' and as_completed then (used.completed + 1)::text else j.place end
    where j.id = job.id;
  end if;
  return charge;
end $$;
