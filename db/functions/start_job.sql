-- Starts a job: inserts it and sets aside what it may be charged at its end. Shared by create_job and open_calls.
-- Invariant: a job stands only when, at that moment, available >= 0 and its worst price was affordable and is held; the fee
-- of a period is taken once, with its first job, and never goes below the credit limit. A refused job changes nothing
-- (a period's row without counts says what no row says). Whoever waited for a lock while the team, or its organization, was
-- suspended, paused or deleted is refused: their state is read when the locks are held, and a deletion has the wallet's.
-- Locks: team period (only under plans that count in one), wallet. The caller holds the locks that come before.
--
-- p_job: {id, team_id, key_id, wallet_id, type, user_id, external_task_id, reference, ends_with_call, metadata, max_credits,
--         start?: {plan_version_id, terms, period: {period, starts_at, ends_at} | null, max_cost_nanos, ends_by}}
-- Without `start` the job is never charged.
-- Outcomes: created {available, balance}, insufficient_credits {needed, available}, fee_unaffordable {fee, available},
-- job_limit_exceeded {limit, needed, max_credits}, team_suspended, team_paused {resumes_at (null = until somebody resumes it)},
-- team_deleted; job_ended when another job took the reference meanwhile.
create or replace function start_job_v1(p_at timestamptz, p_job jsonb, out outcome text, out detail jsonb)
language plpgsql volatile set enable_seqscan = off as $$
declare
  beginning jsonb := nullif(p_job -> 'start', 'null');
  terms jsonb := nullif(beginning -> 'terms', 'null');
  kind text := terms ->> 'kind';
  counted jsonb := nullif(beginning -> 'period', 'null');
  used team_periods%rowtype;
  wallet wallets%rowtype;
  available bigint;
  fee bigint := 0;
  price bigint := 0;
  taken_place text;
  tenant record;
begin
  if kind in ('tiered', 'subscription') then
    insert into team_periods (team_id, period, starts_at, ends_at)
    values (
      p_job ->> 'team_id', counted ->> 'period', (counted ->> 'starts_at')::timestamptz, (counted ->> 'ends_at')::timestamptz)
    on conflict do nothing;
    select * into strict used from team_periods p
    where p.team_id = p_job ->> 'team_id' and p.period = counted ->> 'period'
      and p.starts_at = (counted ->> 'starts_at')::timestamptz
    for update;
  end if;

  if terms is not null then
    select * into strict wallet from wallets w where w.id = (p_job ->> 'wallet_id')::uuid for update;
    if wallet.next_due_at <= p_at then
      perform roll_over_v1(p_at, wallet.id);
      select * into strict wallet from wallets w where w.id = wallet.id;
    end if;
    -- Null = unlimited: no comparison with it is true.
    available := wallet.balance + wallet.credit_limit - wallet.held;
  end if;

  -- A sandbox is as the team that it is of. A pause that is over is none.
  select array[t.status, o.status] as states, p.until into strict tenant
  from teams own join teams t on t.id = coalesce(own.test_of, own.id) join organizations o on o.id = t.organization_id
    cross join lateral (
      select max(coalesce(u.paused_until, 'infinity')) as until
      from (values (t.status, t.paused_until), (o.status, o.paused_until)) as u (status, paused_until)
      where u.status = 'paused' and (u.paused_until is null or u.paused_until > p_at)
    ) p
  where own.id = p_job ->> 'team_id';
  outcome := case
    when 'deleted' = any (tenant.states) then 'team_deleted'
    when 'suspended' = any (tenant.states) then 'team_suspended'
    when tenant.until is not null then 'team_paused'
  end;
  if outcome is not null then
    detail := case when outcome = 'team_paused' then jsonb_build_object('resumes_at', nullif(tenant.until, 'infinity')) end;
    return;
  end if;

  if terms is not null then
    if terms ->> 'charged' = 'job' then
      if kind = 'tiered' then
        select max((tier ->> 'price')::bigint) into price from jsonb_array_elements(terms -> 'tiers') tier
        where tier ->> 'up_to' is null or (tier ->> 'up_to')::int > used.completed;
      elsif kind = 'subscription' then
        if used.fee_charged is null then
          fee := coalesce((terms ->> 'fee')::bigint, 0);
        end if;
        if terms ->> 'included' is null or used.included_taken < (terms ->> 'included')::int then
          taken_place := 'included';
        else
          taken_place := 'overage';
          price := (terms ->> 'overage')::bigint;
        end if;
      else
        price := (terms ->> 'price')::bigint;
      end if;
      price := coalesce(price, 0);
    end if;

    if price > (p_job ->> 'max_credits')::bigint then
      outcome := 'job_limit_exceeded';
      detail := jsonb_build_object('limit', 'max_credits', 'needed', price::text, 'max_credits', p_job ->> 'max_credits');
      return;
    end if;
    if fee > 0 and available < fee then
      outcome := 'fee_unaffordable';
      detail := jsonb_build_object('fee', fee::text, 'available', available::text);
      return;
    end if;
    if available < 0 or available < fee + price then
      outcome := 'insufficient_credits';
      detail := jsonb_build_object('needed', (fee + price)::text, 'available', available::text);
      return;
    end if;
  end if;

  insert into jobs (
    id, team_id, key_id, type, user_id, external_task_id, reference, ends_with_call, metadata, max_credits,
    plan_version_id, terms, period_start, place, max_cost_nanos, ends_by, held, created_at, last_activity_at)
  values (
    (p_job ->> 'id')::uuid, p_job ->> 'team_id', (p_job ->> 'key_id')::uuid, p_job ->> 'type', p_job ->> 'user_id',
    p_job ->> 'external_task_id', p_job ->> 'reference', coalesce((p_job ->> 'ends_with_call')::boolean, false),
    coalesce(nullif(p_job -> 'metadata', 'null'), '{}'), (p_job ->> 'max_credits')::bigint,
    (beginning ->> 'plan_version_id')::uuid,
    case when counted is null then terms else terms || jsonb_build_object('period', counted) end,
    (counted ->> 'starts_at')::timestamptz, taken_place, (beginning ->> 'max_cost_nanos')::bigint,
    (beginning ->> 'ends_by')::timestamptz, price, p_at, p_at)
  on conflict (team_id, reference) where reference is not null and ended_at is null do nothing;
  if not found then
    outcome := 'job_ended';
    return;
  end if;

  if fee > 0 then
    perform book_entry_v1(p_at, wallet.id, -fee, jsonb_build_object(
      'kind', 'fee', 'job_id', p_job ->> 'id', 'actor', 'system', 'reason', 'period from ' || (counted ->> 'starts_at')));
  end if;
  if fee > 0 or taken_place = 'included' then
    update team_periods p
    set fee_charged = case when fee > 0 then fee else p.fee_charged end,
      included_taken = p.included_taken + (taken_place = 'included')::int
    where p.team_id = used.team_id and p.period = used.period and p.starts_at = used.starts_at;
  end if;
  if price > 0 then
    insert into credit_holds (id, wallet_id, job_id, amount, created_at)
    values ((p_job ->> 'id')::uuid, wallet.id, (p_job ->> 'id')::uuid, price, p_at);
    update wallets w set held = w.held + price, updated_at = p_at where w.id = wallet.id;
  end if;
  outcome := 'created';
  detail := jsonb_build_object('available', (available - fee - price)::text, 'balance', (wallet.balance - fee)::text);
end $$;
