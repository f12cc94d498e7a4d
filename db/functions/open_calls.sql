-- Opens calls: claims their idempotency keys, makes or locks their jobs, holds what they may charge and cost, writes their
-- in-flight rows.
-- Invariant: an item is 'opened' when, and only when, its job is open, belongs to its team and is within its limits, and what
-- its plan, its job's caps and its hard budgets ask for is held; then its row stands and the job counts it in flight. Each item is
-- accepted or refused on its own; the refused change nothing (a budget period's row without sums says what no row says).
-- Locks in this order, each ascending: idempotency keys, job references, jobs, team periods, wallets, budget periods.
--
-- Item: {call_id, job_id, team_id, key_id, wallet_id, alias, endpoint, stream, purpose, metadata, price_snapshot,
--        worst_cost_nanos, cost_min_nanos, plan_version_id, hold, hold_min, budgets?: [{id, starts_at, limit}],
--        create?: {type, user_id, external_task_id, metadata, reference, ends_with_call, max_credits, start},
--        claim?: {id, body_hash}}
-- hold, in micro-credits, and worst_cost_nanos are what the call may take at most; hold_min and cost_min_nanos what it could do
-- with if its output is cut short (null = it cannot). Granted is what is affordable in between.
-- Outcomes: opened, job_not_found, job_ended (with job_status), replay (with the stored answer, and
-- {charged, balance} that its first settle came to), running, mismatch, other_terms
-- (hold was computed for another plan version than the job's, which charges each call: compute it anew), insufficient_credits,
-- fee_unaffordable, job_limit_exceeded {limit}, budget_exceeded {budget_id, spent, held, limit}, model_unpriced.
-- Plans are generic: over a partitioned table PostgreSQL prefers a plan made anew each time, which costs more than the work.
-- They are made while the tables are empty and kept, so hash and merge joins are off: they would read whole tables later.
create or replace function open_calls_v2(p_at timestamptz, p_instance uuid, p_items jsonb)
returns table (
  "position" int, outcome text, job_id uuid, job_status text, response_status int, sealed_response bytea,
  held bigint, cost_held bigint, available bigint, balance bigint, plan_version_id uuid, detail jsonb)
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  -- Stands for "no limit" among the amounts compared below.
  unlimited constant bigint := 9223372036854775807;
  n int := jsonb_array_length(p_items);
  item jsonb := p_items -> 0;
  with_claims boolean;
  with_creations boolean;
  with_budgets boolean;
  entry record;
  version uuid;
  -- By item:
  outcomes text[];
  details jsonb[];
  job_ids uuid[];
  job_statuses text[];
  helds bigint[];
  cost_helds bigint[];
  availables bigint[];
  balances bigint[];
  versions uuid[];
  -- By budget period:
  budget_ids uuid[];
  budget_starts timestamptz[];
  budget_spent bigint[];
  budget_held bigint[];
  budget_added bigint[];
  -- Of the wallet and the job that the loop is at:
  at_wallet uuid;
  at_job uuid;
  wallet_balance bigint;
  room bigint;
  wallets_changed boolean := false;
  made boolean;
  terms jsonb;
  per_call boolean;
  job_version uuid;
  job_calls int;
  job_charged bigint;
  job_held bigint;
  job_cost bigint;
  max_credits bigint;
  max_cost bigint;
  ends_by timestamptz;
  -- Of the item that the loop is at:
  refused text;
  reason jsonb;
  hold bigint;
  least_hold bigint;
  cost bigint;
  least_cost bigint;
  cost_room bigint;
  budget record;
  found_job uuid;
  last_job uuid;
  last_team text;
  last_reference text;
begin
  if n = 1 and not item ? 'claim' and not item ? 'create' and not item ? 'budgets' then
    if not item ? 'hold' then
      -- One call in a job that is charged at its end, by far the most frequent: nothing is held, no wallet touched.
      with counted as (
        update jobs
        set calls = calls + 1, calls_in_flight = calls_in_flight + 1, status = 'in_progress', last_activity_at = p_at
        where id = (item ->> 'job_id')::uuid and team_id = item ->> 'team_id' and ended_at is null and max_cost_nanos is null
          and (ends_by is null or ends_by > p_at)
          and (terms is null or (
            terms ->> 'charged' = 'job' and (terms ->> 'max_calls' is null or calls < (terms ->> 'max_calls')::int)))
        returning id, team_id, plan_version_id
      )
      insert into llm_calls (
        id, job_id, team_id, key_id, instance_id, alias, endpoint, stream, purpose, metadata, price_snapshot,
        worst_cost_nanos, created_at)
      select
        (item ->> 'call_id')::uuid, counted.id, counted.team_id, (item ->> 'key_id')::uuid, p_instance,
        item ->> 'alias', item ->> 'endpoint', coalesce((item ->> 'stream')::boolean, false), item ->> 'purpose',
        nullif(item -> 'metadata', 'null'), item -> 'price_snapshot', (item ->> 'worst_cost_nanos')::bigint, p_at
      from counted
      returning job_id, (select counted.plan_version_id from counted) into found_job, version;
      if found then
        "position" := 0;
        outcome := 'opened';
        job_id := found_job;
        job_status := 'in_progress';
        held := 0;
        plan_version_id := version;
        return next;
        return;
      end if;
    else
      -- One call that is charged itself, without caps, where the wallet has enough: the same steps as below without sets.
      select j.id, j.plan_version_id,
        case when j.charged = 0 then coalesce((j.terms ->> 'minimum')::bigint, 0) else 0 end
      into found_job, version, least_hold
      from jobs j
      where j.id = (item ->> 'job_id')::uuid and j.team_id = item ->> 'team_id' and j.ended_at is null
        and j.terms ->> 'charged' = 'call' and j.max_cost_nanos is null and j.max_credits is null and j.ends_by is null
        and j.terms ->> 'max_calls' is null and j.terms ->> 'single' is distinct from 'true'
        and j.plan_version_id = (item ->> 'plan_version_id')::uuid
      for update;
      if found then
        hold := greatest(coalesce((item ->> 'hold')::bigint, 0), least_hold);
        if hold > 0 then
          update wallets w set held = w.held + hold, updated_at = p_at
          where w.id = (item ->> 'wallet_id')::uuid and w.next_due_at > p_at
            and coalesce(w.balance + w.credit_limit - w.held, unlimited) >= hold
          returning w.balance, w.balance + w.credit_limit - w.held into wallet_balance, room;
        else
          select w.balance, w.balance + w.credit_limit - w.held into wallet_balance, room from wallets w
          where w.id = (item ->> 'wallet_id')::uuid and w.next_due_at > p_at
            and coalesce(w.balance + w.credit_limit - w.held, unlimited) >= 0
          for update;
        end if;
        if found then
          with set_aside as (
            insert into credit_holds (id, wallet_id, job_id, amount, created_at)
            select (item ->> 'call_id')::uuid, (item ->> 'wallet_id')::uuid, found_job, hold, p_at where hold > 0
          ), written as (
            insert into llm_calls (
              id, job_id, team_id, key_id, instance_id, alias, endpoint, stream, purpose, metadata, price_snapshot,
              worst_cost_nanos, held, created_at)
            values (
              (item ->> 'call_id')::uuid, found_job, item ->> 'team_id', (item ->> 'key_id')::uuid, p_instance,
              item ->> 'alias', item ->> 'endpoint', coalesce((item ->> 'stream')::boolean, false), item ->> 'purpose',
              nullif(item -> 'metadata', 'null'), item -> 'price_snapshot', (item ->> 'worst_cost_nanos')::bigint, hold, p_at)
          )
          update jobs j
          set calls = j.calls + 1, calls_in_flight = j.calls_in_flight + 1, held = j.held + hold, status = 'in_progress',
            last_activity_at = p_at
          where j.id = found_job;
          "position" := 0;
          outcome := 'opened';
          job_id := found_job;
          job_status := 'in_progress';
          held := hold;
          available := room;
          balance := wallet_balance;
          plan_version_id := version;
          return next;
          return;
        end if;
      end if;
    end if;
  end if;

  select array_agg((value ->> 'job_id')::uuid order by ordinality), bool_or(value ? 'claim'), bool_or(value ? 'create'),
    bool_or(value ? 'budgets')
  into job_ids, with_claims, with_creations, with_budgets
  from jsonb_array_elements(p_items) with ordinality;
  outcomes := array_fill(null::text, array[n]);
  details := array_fill(null::jsonb, array[n]);
  job_statuses := array_fill(null::text, array[n]);
  helds := array_fill(0::bigint, array[n]);
  cost_helds := array_fill(null::bigint, array[n]);
  availables := array_fill(null::bigint, array[n]);
  balances := array_fill(null::bigint, array[n]);
  versions := array_fill(null::uuid, array[n]);
  if with_claims then
    for entry in
      select ordinality::int as i, value from jsonb_array_elements(p_items) with ordinality
      where value ? 'claim' order by value -> 'claim' ->> 'id', ordinality
    loop
      refused := claim_idempotency_key_v1(p_at, p_instance, (entry.value ->> 'call_id')::uuid, entry.value -> 'claim');
      if refused <> 'claimed' then
        outcomes[entry.i] := refused;
      end if;
    end loop;
  end if;

  -- A reference is locked by its name, since its job may not exist yet.
  if with_creations then
    for entry in
      select t.*, hashtextextended(t.team_id || ' ' || t.reference, 0) as name_lock from (
        select ordinality::int as i, value ->> 'team_id' as team_id, value -> 'create' ->> 'reference' as reference
        from jsonb_array_elements(p_items) with ordinality where value -> 'create' ->> 'reference' is not null
      ) t order by name_lock, t.team_id, t.reference, t.i
    loop
      continue when outcomes[entry.i] is not null;
      if entry.team_id = last_team and entry.reference = last_reference then
        job_ids[entry.i] := last_job;
        continue;
      end if;
      perform pg_advisory_xact_lock(entry.name_lock);
      select j.id into found_job from jobs j
      where j.team_id = entry.team_id and j.reference = entry.reference and j.ended_at is null;
      if found then
        job_ids[entry.i] := found_job;
      end if;
      last_team := entry.team_id;
      last_reference := entry.reference;
      last_job := job_ids[entry.i];
    end loop;
  end if;

  perform 1 from jobs j where j.id = any (job_ids) order by j.id for update;

  if with_creations then
    for entry in
      select distinct value ->> 'team_id' as team_id, p ->> 'period' as period, (p ->> 'starts_at')::timestamptz as starts_at,
        (p ->> 'ends_at')::timestamptz as ends_at
      from jsonb_array_elements(p_items), lateral (select nullif(value -> 'create' -> 'start' -> 'period', 'null') as p) q
      where p is not null and value -> 'create' -> 'start' -> 'terms' ->> 'kind' in ('tiered', 'subscription')
      order by 1, 2, 3
    loop
      insert into team_periods (team_id, period, starts_at, ends_at)
      values (entry.team_id, entry.period, entry.starts_at, entry.ends_at) on conflict do nothing;
      perform 1 from team_periods p
      where p.team_id = entry.team_id and p.period = entry.period and p.starts_at = entry.starts_at for update;
    end loop;
  end if;

  for entry in
    select w.id, w.next_due_at <= p_at as due from wallets w
    where w.id in (
      select (t.value ->> 'wallet_id')::uuid from jsonb_array_elements(p_items) with ordinality as t (value, i)
      left join jobs j on j.id = job_ids[t.i]
      where coalesce(j.terms, t.value -> 'create' -> 'start' -> 'terms') ->> 'charged' = 'call'
        or (j.id is null and t.value -> 'create' -> 'start' is not null)
    )
    order by w.id for update
  loop
    if entry.due then
      perform roll_over_v1(p_at, entry.id);
    end if;
  end loop;

  if with_budgets then
    insert into budget_periods (budget_id, starts_at)
    select distinct (b ->> 'id')::uuid, (b ->> 'starts_at')::timestamptz
    from jsonb_array_elements(p_items), lateral jsonb_array_elements(coalesce(nullif(value -> 'budgets', 'null'), '[]')) b
    order by 1, 2 on conflict do nothing;
    select array_agg(b.budget_id), array_agg(b.starts_at), array_agg(b.spent), array_agg(b.held)
    into budget_ids, budget_starts, budget_spent, budget_held
    from (
      select * from budget_periods
      where (budget_id, starts_at) in (
        select (b ->> 'id')::uuid, (b ->> 'starts_at')::timestamptz
        from jsonb_array_elements(p_items), lateral jsonb_array_elements(coalesce(nullif(value -> 'budgets', 'null'), '[]')) b
      )
      order by budget_id, starts_at for update
    ) b;
    budget_added := array_fill(0::bigint, array[coalesce(cardinality(budget_ids), 0)]);
  end if;

  -- One item after the other; what it is granted is no longer there for the next. Jobs that take credits at their creation come
  -- first: what they leave is read anew.
  for entry in
    select t.i::int as i, x.*, job_ids[t.i] as asked_job, j.id as found_job, j.ended_at, j.status, j.terms, j.calls, j.charged,
      j.held, j.provider_cost_nanos, j.cost_held, j.max_credits, j.max_cost_nanos, j.ends_by,
      j.plan_version_id as job_version,
      coalesce(j.id is null and x.beginning -> 'terms' ->> 'charged' = 'job', false) as takes_at_creation,
      w.balance, coalesce(w.balance + w.credit_limit - w.held, unlimited) as room
    from jsonb_array_elements(p_items) with ordinality as t (value, i)
      cross join lateral (
        select (t.value ->> 'team_id') as team_id, (t.value ->> 'wallet_id')::uuid as wallet_id,
          (t.value ->> 'plan_version_id')::uuid as plan_version_id, (t.value ->> 'hold')::bigint as hold,
          (t.value ->> 'hold_min')::bigint as hold_min, (t.value ->> 'worst_cost_nanos')::bigint as worst_cost,
          (t.value ->> 'cost_min_nanos')::bigint as cost_min, t.value ->> 'key_id' as key_id,
          coalesce(nullif(t.value -> 'budgets', 'null'), '[]') as budgets, nullif(t.value -> 'create', 'null') as creation,
          nullif(t.value -> 'create' -> 'start', 'null') as beginning
      ) x
      left join jobs j on j.id = job_ids[t.i] and j.team_id = x.team_id
      left join wallets w on w.id = x.wallet_id
    where outcomes[t.i] is null
    order by takes_at_creation desc, x.wallet_id, job_ids[t.i], t.i
  loop
    if entry.wallet_id is distinct from at_wallet then
      at_wallet := entry.wallet_id;
      -- What one team's item has found out of a job tells nothing about another team's.
      at_job := null;
      room := entry.room;
      wallet_balance := entry.balance;
      if wallets_changed then
        select coalesce(w.balance + w.credit_limit - w.held, unlimited), w.balance into room, wallet_balance
        from wallets w where w.id = at_wallet;
      end if;
    end if;
    if entry.asked_job is distinct from at_job then
      at_job := entry.asked_job;
      made := entry.found_job is not null;
      terms := entry.terms;
      job_version := entry.job_version;
      job_calls := entry.calls;
      job_charged := entry.charged;
      job_held := entry.held;
      job_cost := entry.provider_cost_nanos + entry.cost_held;
      max_credits := entry.max_credits;
      max_cost := entry.max_cost_nanos;
      ends_by := entry.ends_by;
    end if;
    if not made and entry.creation is not null then
      terms := nullif(entry.beginning -> 'terms', 'null');
      job_version := (entry.beginning ->> 'plan_version_id')::uuid;
      job_calls := 0;
      job_charged := 0;
      job_held := 0;
      job_cost := 0;
      max_credits := (entry.creation ->> 'max_credits')::bigint;
      max_cost := (entry.beginning ->> 'max_cost_nanos')::bigint;
      ends_by := (entry.beginning ->> 'ends_by')::timestamptz;
    end if;

    refused := null;
    reason := null;
    hold := 0;
    cost := null;
    per_call := coalesce(terms ->> 'charged' = 'call', false);
    versions[entry.i] := job_version;
    job_statuses[entry.i] := entry.status;

    if not made and entry.creation is null then
      refused := 'job_not_found';
    elsif entry.ended_at is not null then
      refused := 'job_ended';
    elsif per_call and entry.plan_version_id is distinct from job_version then
      refused := 'other_terms';
    elsif job_calls >= (case when terms ->> 'single' = 'true' then 1 else (terms ->> 'max_calls')::int end) then
      refused := 'job_limit_exceeded';
      reason := jsonb_build_object('limit', 'max_calls', 'max_calls', job_calls);
    elsif ends_by <= p_at then
      refused := 'job_limit_exceeded';
      reason := jsonb_build_object('limit', 'max_duration', 'ended_by', ends_by);
    end if;

    -- Provider cost: held of the job's cap and of hard budgets.
    if refused is null and (max_cost is not null or entry.budgets <> '[]') then
      cost := entry.worst_cost;
      least_cost := coalesce(entry.cost_min, cost);
      if cost is null then
        refused := 'model_unpriced';
      elsif max_cost - job_cost < least_cost then
        refused := 'job_limit_exceeded';
        reason := jsonb_build_object('limit', 'max_cost');
      else
        cost := least(cost, max_cost - job_cost);
        for budget in
          select p.slot, (b ->> 'limit')::bigint as budget_limit
          from jsonb_array_elements(entry.budgets) b
          join unnest(budget_ids, budget_starts) with ordinality as p (budget_id, starts_at, slot)
            on p.budget_id = (b ->> 'id')::uuid and p.starts_at = (b ->> 'starts_at')::timestamptz
        loop
          cost_room := budget.budget_limit - budget_spent[budget.slot] - budget_held[budget.slot] - budget_added[budget.slot];
          if cost_room < least_cost and refused is null then
            refused := 'budget_exceeded';
            reason := jsonb_build_object(
              'budget_id', budget_ids[budget.slot], 'spent', budget_spent[budget.slot]::text,
              'held', (budget_held[budget.slot] + budget_added[budget.slot])::text, 'limit', budget.budget_limit::text);
          end if;
          cost := least(cost, cost_room);
        end loop;
      end if;
    end if;

    -- Credits of the call itself; while nothing is charged it may come to the job's minimum.
    if refused is null and per_call then
      least_hold := case when job_charged = 0 then coalesce((terms ->> 'minimum')::bigint, 0) else 0 end;
      hold := greatest(coalesce(entry.hold, 0), least_hold);
      least_hold := greatest(coalesce(entry.hold_min, hold), least_hold);
      if max_credits - job_charged - job_held < least_hold then
        refused := 'job_limit_exceeded';
        reason := jsonb_build_object(
          'limit', 'max_credits', 'needed', least_hold::text, 'max_credits', max_credits::text);
      elsif room < 0 or room < least_hold then
        refused := 'insufficient_credits';
        reason := jsonb_build_object('needed', least_hold::text, 'available', room::text);
      else
        hold := least(hold, room, max_credits - job_charged - job_held);
      end if;
    end if;

    if refused is null and not made then
      select s.outcome, s.detail into refused, reason from start_job_v1(p_at, entry.creation || jsonb_build_object(
        'id', entry.asked_job, 'team_id', entry.team_id, 'key_id', entry.key_id, 'wallet_id', entry.wallet_id)) s;
      if refused = 'created' then
        refused := null;
        made := true;
        if entry.takes_at_creation then
          wallets_changed := true;
          room := coalesce((reason ->> 'available')::bigint, unlimited);
          wallet_balance := (reason ->> 'balance')::bigint;
        end if;
      end if;
    end if;

    if refused is not null then
      outcomes[entry.i] := refused;
      details[entry.i] := reason;
      continue;
    end if;
    outcomes[entry.i] := 'opened';
    job_statuses[entry.i] := 'in_progress';
    helds[entry.i] := hold;
    cost_helds[entry.i] := cost;
    job_calls := job_calls + 1;
    job_held := job_held + hold;
    if per_call and room < unlimited then
      room := room - hold;
    end if;
    if per_call or entry.takes_at_creation then
      availables[entry.i] := nullif(room, unlimited);
      balances[entry.i] := wallet_balance;
    end if;
    if cost is not null then
      job_cost := job_cost + cost;
      for budget in
        select p.slot from jsonb_array_elements(entry.budgets) b
        join unnest(budget_ids, budget_starts) with ordinality as p (budget_id, starts_at, slot)
          on p.budget_id = (b ->> 'id')::uuid and p.starts_at = (b ->> 'starts_at')::timestamptz
      loop
        budget_added[budget.slot] := budget_added[budget.slot] + cost;
      end loop;
    end if;
  end loop;

  with opened as materialized (
    select value, job_ids[ordinality] as job_id, (value ->> 'call_id')::uuid as call_id,
      (value ->> 'wallet_id')::uuid as wallet_id, helds[ordinality] as held, cost_helds[ordinality] as cost_held
    from jsonb_array_elements(p_items) with ordinality where outcomes[ordinality] = 'opened'
  ), written as (
    insert into llm_calls (
      id, job_id, team_id, key_id, instance_id, alias, endpoint, stream, purpose, metadata, price_snapshot,
      worst_cost_nanos, held, cost_held, budget_holds, created_at)
    select
      call_id, job_id, value ->> 'team_id', (value ->> 'key_id')::uuid, p_instance,
      value ->> 'alias', value ->> 'endpoint', coalesce((value ->> 'stream')::boolean, false), value ->> 'purpose',
      nullif(value -> 'metadata', 'null'), value -> 'price_snapshot', (value ->> 'worst_cost_nanos')::bigint, held, cost_held,
      case when value -> 'budgets' <> '[]' then (
        select jsonb_agg(jsonb_build_object('id', b -> 'id', 'starts_at', b -> 'starts_at'))
        from jsonb_array_elements(nullif(value -> 'budgets', 'null')) b
      ) end, p_at
    from opened
  ), set_aside as (
    insert into credit_holds (id, wallet_id, job_id, amount, created_at)
    select call_id, wallet_id, job_id, held, p_at from opened where held > 0
  ), lowered as (
    update wallets w set held = w.held + sums.held, updated_at = p_at
    from (select wallet_id, sum(held)::bigint as held from opened where held > 0 group by wallet_id) sums
    where w.id = sums.wallet_id
  )
  update jobs j
  set calls = j.calls + added.n, calls_in_flight = j.calls_in_flight + added.n, held = j.held + added.held,
    cost_held = j.cost_held + added.cost_held, status = 'in_progress', last_activity_at = p_at
  from (
    select job_id, count(*)::int as n, sum(held)::bigint as held, coalesce(sum(cost_held), 0)::bigint as cost_held
    from opened group by job_id
  ) added
  where j.id = added.job_id;

  if with_budgets then
    update budget_periods p set held = p.held + added.held
    from unnest(budget_ids, budget_starts, budget_added) as added (budget_id, starts_at, held)
    where p.budget_id = added.budget_id and p.starts_at = added.starts_at and added.held > 0;
  end if;

  -- What was refused after its key was claimed frees the key again.
  if with_claims then
    delete from idempotency_keys k
    using jsonb_array_elements(p_items) with ordinality as t (value, ordinality)
    where k.id = t.value -> 'claim' ->> 'id' and k.call_id = (t.value ->> 'call_id')::uuid
      and outcomes[t.ordinality] <> 'opened';
  end if;

  return query
    select i - 1, outcomes[i], job_ids[i], job_statuses[i], k.response_status, k.sealed_response, helds[i], cost_helds[i],
      availables[i], balances[i], versions[i],
      case
        when outcomes[i] <> 'replay' then details[i]
        when k.charged is not null then jsonb_build_object('charged', k.charged::text, 'balance', k.balance::text)
      end
    from generate_series(1, n) i
    left join idempotency_keys k on outcomes[i] = 'replay' and k.id = p_items -> (i - 1) -> 'claim' ->> 'id'
    order by i;
end $$;
