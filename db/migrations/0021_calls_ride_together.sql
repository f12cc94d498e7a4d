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
--> statement-breakpoint
-- Ends calls and opens others in one statement, as nearly all are: those that end are in flight with nothing but a hold and a charge
-- to them, those that begin have an open job without caps, and a wallet with enough for all of them. What has an idempotency key,
-- makes a job, ends one, or is held of a budget is not sent here, but to open_calls and settle_calls.
-- Invariant: ends all of p_settles or none, and opens all of p_opens or none; of what it has done it returns a row an item, those that
-- ended first. What it has left changes nothing, and is for settle_calls and open_calls. Charged in a job as settle_calls says, call
-- after call; what that frees is there for what is opened.
-- Raises SL001, and has done nothing, where credits were spent or fell due between the look at a wallet and its lock.
-- Locks, each ascending: jobs, and last, since everybody waits for whoever holds a busy one, wallets.
-- Arrays and loops in place of joins: each statement that is not run is a twentieth of a millisecond less. They are in the order of
-- the items: nothing between a function scan and array_agg may sort. What is locked stays where it lies, so that it is changed there
-- (ctid), whatever the planner takes an index to be good for.
-- Items and planner settings as in open_calls and settle_calls.
create or replace function plain_calls_v1(p_at timestamptz, p_instance uuid, p_settles jsonb, p_opens jsonb)
returns table (opened boolean, held bigint, charged bigint, balance bigint, plan_version_id uuid)
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  settles int := jsonb_array_length(p_settles);
  opens int := jsonb_array_length(p_opens);
  n int;
  plain boolean;
  several boolean;
  -- By item to settle:
  call_ids uuid[];
  job_ids uuid[];
  wallet_ids uuid[];
  successes bigint[];
  charges bigint[];
  inputs bigint[];
  outputs bigint[];
  latencies bigint[];
  costs bigint[];
  helds bigint[];
  cost_helds bigint[];
  takens bigint[];
  over_hold boolean[];
  entry_nos bigint[];
  balances_after bigint[];
  -- The least and the greatest id: with these, only the months that they lie in are opened.
  lowest uuid;
  highest uuid;
  -- By item to open:
  new_calls uuid[];
  new_jobs uuid[];
  new_teams text[];
  new_wallets uuid[];
  versions uuid[];
  holds bigint[];
  -- By item, those that begin behind those that end; of its job and its wallet the place among the locked, null = untouched:
  jobs_of int[];
  wallets_of int[];
  none bigint[];
  begins bigint[];
  ends bigint[];
  item_helds bigint[];
  item_holds bigint[];
  item_takens bigint[];
  -- By job; `owed` is what it is charged in all:
  locked_jobs uuid[];
  job_rows tid[];
  job_teams text[];
  per_call boolean[];
  owed bigint[];
  call_charges bigint[];
  minimums bigint[];
  are_open boolean[];
  job_versions uuid[];
  job_calls int[];
  most_calls int[];
  -- By wallet; of rooms, null = unlimited:
  charged_wallets uuid[] := '{}';
  held_wallets uuid[] := '{}';
  locked_wallets uuid[];
  wallet_rows tid[];
  wallet_balances bigint[];
  rooms bigint[];
  last_entries bigint[];
  wallet_added bigint[];
  wallet_taken bigint[];
  wallet_entries bigint[];
  wallets_due boolean[];
  job int;
  wallet int;
  other int;
  taken bigint;
  freed boolean := false;
begin
  if settles > 0 then
    select min(x.call_id::text)::uuid, max(x.call_id::text)::uuid, array_agg(x.call_id), array_agg(x.job_id), array_agg(x.wallet_id),
      array_agg((x.status = 'succeeded')::int::bigint),
      array_agg(case when x.status <> 'failed' or x.output_tokens > 0 then coalesce(x.charge, 0) else 0 end),
      array_agg(coalesce(x.input_tokens, 0)), array_agg(coalesce(x.output_tokens, 0)), array_agg(coalesce(x.latency_ms, 0)),
      array_agg(coalesce(x.provider_cost_nanos, 0))
    into lowest, highest, call_ids, job_ids, wallet_ids, successes, charges, inputs, outputs, latencies, costs
    from jsonb_to_recordset(p_settles) as x (
      call_id uuid, job_id uuid, wallet_id uuid, status text, charge bigint, input_tokens bigint, output_tokens bigint,
      latency_ms bigint, provider_cost_nanos bigint);
  end if;
  if opens > 0 then
    select array_agg(x.call_id), array_agg(x.job_id), array_agg(x.team_id), array_agg(x.wallet_id), array_agg(x.plan_version_id),
      array_agg(coalesce(x.hold, 0))
    into new_calls, new_jobs, new_teams, new_wallets, versions, holds
    from jsonb_to_recordset(p_opens) as x (
      call_id uuid, job_id uuid, team_id text, wallet_id uuid, plan_version_id uuid, hold bigint);
  end if;

  select array_agg(l.id), array_agg(l.row), array_agg(l.team_id), array_agg(l.per_call), array_agg(l.charged),
    array_agg(l.call_charges), array_agg(l.minimum), array_agg(l.is_open), array_agg(l.plan_version_id), array_agg(l.calls),
    array_agg(l.most_calls), not bool_or(l.charge_pending)
  into locked_jobs, job_rows, job_teams, per_call, owed, call_charges, minimums, are_open, job_versions, job_calls, most_calls, plain
  from (
    select j.id, j.ctid as row, j.team_id, coalesce(j.terms ->> 'charged' = 'call', false) as per_call, j.charged, j.call_charges,
      coalesce((j.terms ->> 'minimum')::bigint, 0) as minimum,
      j.ended_at is null and j.max_cost_nanos is null and j.max_credits is null and j.ends_by is null
        and j.terms ->> 'single' is distinct from 'true' as is_open,
      j.plan_version_id, j.calls, (j.terms ->> 'max_calls')::int as most_calls, j.charge_pending
    from jobs j where j.id = any (job_ids || new_jobs) order by j.id for update
  ) l;

  several := coalesce(cardinality(locked_jobs), 0) < settles + opens;
  if settles > 0 then
    select bool_and(c.budget_holds is null), array_agg(c.held), array_agg(coalesce(c.cost_held, 0)), array_agg(p.job),
      array_agg(case when per_call[p.job] then x.wallet_id end), array_agg(case when per_call[p.job] then x.charge else 0 end)
    into plain, helds, cost_helds, jobs_of, wallet_ids, charges
    from unnest(call_ids, job_ids, wallet_ids, charges) as x (call_id, job_id, wallet_id, charge)
      cross join lateral (
        select held, cost_held, budget_holds, job_id, ended_at from llm_calls
        where id = x.call_id and id between lowest and highest limit 1
      ) c
      cross join lateral (select array_position(locked_jobs, x.job_id) as job) p
    where plain and c.job_id = x.job_id and c.ended_at is null;
    if plain is distinct from true or cardinality(helds) < settles then
      settles := 0;
      jobs_of := null;
    end if;
  end if;
  if settles > 0 then
    -- Here and below all of them filled: an array without elements begins where it is first assigned to, and unnest counts from there.
    takens := array_fill(0::bigint, array[settles]);
    over_hold := array_fill(false, array[settles]);
    for i in 1..settles loop
      if array_position(call_ids, call_ids[i]) < i then
        -- Settled twice at once: that the second changes nothing is for the general function to see.
        return;
      end if;
      continue when wallet_ids[i] is null;
      job := jobs_of[i];
      call_charges[job] := call_charges[job] + charges[i];
      if successes[i] > 0 or charges[i] > 0 then
        taken := greatest(minimums[job], call_charges[job], owed[job]) - owed[job];
        takens[i] := taken;
        owed[job] := owed[job] + taken;
        over_hold[i] := taken > 0 and taken > helds[i];
      end if;
    end loop;
    charged_wallets := array_remove(wallet_ids, null);
  end if;

  n := settles + opens;
  for i in 1..opens loop
    job := array_position(locked_jobs, new_jobs[i]);
    if job is null or not are_open[job] or job_teams[job] is distinct from new_teams[i] or job_calls[job] >= most_calls[job]
      or (per_call[job] and job_versions[job] is distinct from versions[i])
    then
      n := settles;
      exit;
    end if;
    job_calls[job] := job_calls[job] + 1;
    jobs_of[settles + i] := job;
    if per_call[job] then
      -- While nothing is charged the call may come to the job's minimum.
      if owed[job] = 0 then
        holds[i] := greatest(holds[i], minimums[job]);
      end if;
      held_wallets := held_wallets || new_wallets[i];
    else
      holds[i] := 0;
      new_wallets[i] := null;
      versions[i] := job_versions[job];
    end if;
  end loop;
  if n > settles and held_wallets <> '{}' then
    -- Looked at before they are locked: whoever comes without credits writes nothing that is undone.
    select array_agg(w.id), array_agg(w.balance + w.credit_limit - w.held) into locked_wallets, rooms
    from wallets w where w.id = any (held_wallets);
    for i in 1..opens loop
      continue when new_wallets[i] is null;
      wallet := array_position(locked_wallets, new_wallets[i]);
      if rooms[wallet] < greatest(holds[i], 0) and not freed then
        -- What the calls that end leave is looked at only where it may be missing.
        freed := true;
        for s in 1..settles loop
          other := array_position(locked_wallets, wallet_ids[s]);
          continue when other is null;
          rooms[other] := rooms[other] + helds[s] - takens[s];
        end loop;
      end if;
      if wallet is null or rooms[wallet] < greatest(holds[i], 0) then
        n := settles;
        exit;
      end if;
      rooms[wallet] := rooms[wallet] - holds[i];
    end loop;
  end if;
  opens := n - settles;
  jobs_of := jobs_of[1:n];
  if n = 0 then
    return;
  end if;

  if opens > 0 then
    charged_wallets := charged_wallets || held_wallets;
    insert into llm_calls (
      id, job_id, team_id, key_id, instance_id, alias, endpoint, stream, purpose, metadata, price_snapshot, worst_cost_nanos,
      held, created_at)
    select x.call_id, x.job_id, x.team_id, x.key_id, p_instance, x.alias, x.endpoint, coalesce(x.stream, false), x.purpose, x.metadata,
      x.price_snapshot, x.worst_cost_nanos, x.hold, p_at
    from rows from (
      jsonb_to_recordset(p_opens) as (
        key_id uuid, alias text, endpoint text, stream boolean, purpose text, metadata jsonb, price_snapshot jsonb,
        worst_cost_nanos bigint),
      unnest(new_calls, new_jobs, new_teams, holds)
    ) as x (
      key_id, alias, endpoint, stream, purpose, metadata, price_snapshot, worst_cost_nanos, call_id, job_id, team_id, hold);
    if held_wallets <> '{}' then
      insert into credit_holds (id, wallet_id, job_id, amount, created_at)
      select x.call_id, x.wallet_id, x.job_id, x.hold, p_at
      from unnest(new_calls, new_wallets, new_jobs, holds) as x (call_id, wallet_id, job_id, hold) where x.hold > 0;
    end if;
  end if;
  if settles > 0 then
    update llm_calls c
    set status = x.status, target = x.target, attempts = x.attempts, input_tokens = x.input_tokens,
      cached_input_tokens = coalesce(x.cached_input_tokens, 0 * x.input_tokens),
      cache_write_tokens = coalesce(x.cache_write_tokens, 0 * x.input_tokens), output_tokens = x.output_tokens,
      reasoning_tokens = coalesce(x.reasoning_tokens, 0 * x.input_tokens),
      provider_cost_nanos = x.provider_cost_nanos, litellm_cost_nanos = x.litellm_cost_nanos,
      cost_flags = case when x.over_hold then coalesce(x.cost_flags, '{}') || '{over_hold}'::text[] else coalesce(x.cost_flags, '{}') end,
      charged = x.taken, cache_hit = coalesce(x.cache_hit, false), latency_ms = x.latency_ms, first_token_ms = x.first_token_ms,
      finish_reason = x.finish_reason, error_code = x.error_code, error_message = x.error_message, ended_at = p_at
    from rows from (
      jsonb_to_recordset(p_settles) as (
        call_id uuid, status text, target text, attempts jsonb, input_tokens int, cached_input_tokens int, cache_write_tokens int,
        output_tokens int, reasoning_tokens int, provider_cost_nanos bigint, litellm_cost_nanos bigint, cost_flags text[],
        cache_hit boolean, latency_ms int, first_token_ms int, finish_reason text, error_code text, error_message text),
      unnest(call_ids, takens, over_hold)
    ) as x (
      call_id, status, target, attempts, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
      provider_cost_nanos, litellm_cost_nanos, cost_flags, cache_hit, latency_ms, first_token_ms, finish_reason, error_code,
      error_message, same_id, taken, over_hold)
    -- The second equation holds for every item. It lets the planner expect one, which is looked up by its key; of a hundred it
    -- would read a table that was small when it planned, and goes on doing so when it no longer is. The bound leaves out months
    -- that are over; with an upper one beside it the planner would take the two for narrow, and read all calls in between.
    where c.id = x.call_id and x.same_id = x.call_id and c.id >= lowest;
    if charged_wallets <> '{}' then
      update credit_holds h set state = case when x.taken > 0 then 'settled' else 'released' end, resolved_at = p_at
      from unnest(call_ids, helds, takens) as x (call_id, held, taken)
      where x.held > 0 and h.id = x.call_id and h.state = 'open';
    end if;
  end if;

  -- What is added to jobs, those that begin behind those that end.
  none := array_fill(0::bigint, array[opens]);
  begins := array_fill(0::bigint, array[settles]) || array_fill(1::bigint, array[opens]);
  ends := array_fill(1::bigint, array[settles]) || none;
  successes := successes[1:settles] || none;
  inputs := inputs[1:settles] || none;
  outputs := outputs[1:settles] || none;
  latencies := latencies[1:settles] || none;
  costs := costs[1:settles] || none;
  cost_helds := cost_helds[1:settles] || none;
  charges := charges[1:settles] || none;
  helds := helds[1:settles] || none;
  takens := takens || none;
  over_hold := over_hold || array_fill(false, array[opens]);
  holds := array_fill(0::bigint, array[settles]) || holds[1:opens];
  item_helds := helds;
  item_takens := takens;
  item_holds := holds;
  if several then
    -- These arrays are by job from here on.
    select array_agg(s.job), array_agg(s.begins), array_agg(s.ends), array_agg(s.successes), array_agg(s.input),
      array_agg(s.output), array_agg(s.latency), array_agg(s.cost), array_agg(s.cost_held), array_agg(s.charge), array_agg(s.freed),
      array_agg(s.held), array_agg(s.taken), array_agg(s.over_hold)
    into jobs_of, begins, ends, successes, inputs, outputs, latencies, costs, cost_helds, charges, helds, holds, takens, over_hold
    from (
      select y.job, sum(y.begins) as begins, sum(y.ends) as ends, sum(y.success) as successes, sum(y.input) as input,
        sum(y.output) as output, sum(y.latency) as latency, sum(y.cost) as cost, sum(y.cost_held) as cost_held,
        sum(y.charge) as charge, sum(y.freed) as freed, sum(y.held) as held, sum(y.taken) as taken, bool_or(y.over_hold) as over_hold
      from unnest(
        jobs_of, begins, ends, successes, inputs, outputs, latencies, costs, cost_helds, charges, helds, holds, takens, over_hold
      ) as y (job, begins, ends, success, input, output, latency, cost, cost_held, charge, freed, held, taken, over_hold)
      group by y.job
    ) s;
  end if;
  update jobs j
  set calls = j.calls + x.begins, calls_in_flight = j.calls_in_flight + x.begins - x.ends,
    succeeded_calls = j.succeeded_calls + x.successes, failed_calls = j.failed_calls + x.ends - x.successes,
    input_tokens = j.input_tokens + x.input, output_tokens = j.output_tokens + x.output, latency_ms = j.latency_ms + x.latency,
    provider_cost_nanos = j.provider_cost_nanos + x.cost, ended_cost_nanos = j.ended_cost_nanos + x.cost,
    cost_held = j.cost_held - x.cost_held, held = j.held + x.held - x.freed, charged = j.charged + x.taken,
    call_charges = j.call_charges + x.charge, charged_over_hold = j.charged_over_hold or x.over_hold, last_activity_at = p_at,
    status = case when x.begins > 0 then 'in_progress' else j.status end
  from unnest(
    jobs_of, begins, ends, successes, inputs, outputs, latencies, costs, cost_helds, charges, helds, holds, takens, over_hold
  ) as x (job, begins, ends, successes, input, output, latency, cost, cost_held, charge, freed, held, taken, over_hold)
  where j.ctid = job_rows[x.job];

  wallets_of := array_fill(null::int, array[n]);
  if charged_wallets <> '{}' then
    select array_agg(l.id), array_agg(l.row), array_agg(l.balance), array_agg(l.room), array_agg(l.entry_no), array_agg(l.due),
      array_agg(0)
    into locked_wallets, wallet_rows, wallet_balances, rooms, last_entries, wallets_due, wallet_added
    from (
      select w.id, w.ctid as row, w.balance, w.balance + w.credit_limit - w.held as room, w.entry_no, w.next_due_at <= p_at as due
      from wallets w where w.id = any (charged_wallets) order by w.id for update
    ) l;
    wallet_taken := wallet_added;
    wallet_entries := wallet_added;
    entry_nos := array_fill(null::bigint, array[settles]);
    balances_after := entry_nos;
    for i in 1..settles loop
      continue when wallet_ids[i] is null;
      wallet := array_position(locked_wallets, wallet_ids[i]);
      wallets_of[i] := wallet;
      wallet_added[wallet] := wallet_added[wallet] - item_helds[i];
      rooms[wallet] := rooms[wallet] + item_helds[i] - item_takens[i];
      if item_takens[i] > 0 then
        wallet_taken[wallet] := wallet_taken[wallet] + item_takens[i];
        wallet_entries[wallet] := wallet_entries[wallet] + 1;
        entry_nos[i] := last_entries[wallet] + wallet_entries[wallet];
        balances_after[i] := wallet_balances[wallet] - wallet_taken[wallet];
      end if;
    end loop;
    for i in 1..opens loop
      continue when new_wallets[i] is null;
      wallet := array_position(locked_wallets, new_wallets[i]);
      if wallet is null or wallets_due[wallet] or rooms[wallet] < greatest(item_holds[settles + i], 0) then
        raise exception sqlstate 'SL001';
      end if;
      wallets_of[settles + i] := wallet;
      rooms[wallet] := rooms[wallet] - item_holds[settles + i];
      wallet_added[wallet] := wallet_added[wallet] + item_holds[settles + i];
    end loop;
    if settles > 0 then
      insert into credit_transactions (
        wallet_id, entry_no, kind, amount, balance_after, call_id, job_id, charge_id, actor, created_at)
      select x.wallet_id, x.entry_no, 'charge', -x.taken, x.balance_after, x.call_id, x.job_id, x.call_id, 'system', p_at
      from unnest(wallet_ids, entry_nos, item_takens, balances_after, call_ids, job_ids)
        as x (wallet_id, entry_no, taken, balance_after, call_id, job_id)
      where x.taken > 0;
    end if;
    update wallets w
    set held = w.held + x.added, balance = w.balance - x.taken, entry_no = w.entry_no + x.entries,
      unattributed = w.unattributed + least(x.taken, greatest(w.balance, 0)), updated_at = p_at
    from unnest(wallet_rows, wallet_added, wallet_taken, wallet_entries) as x (row, added, taken, entries)
    where w.ctid = x.row and (x.added <> 0 or x.taken > 0);
  end if;

  return query
    select x.i > settles, x.held, x.taken, wallet_balances[x.wallet] - wallet_taken[x.wallet], x.version
    from unnest(item_holds, item_takens, wallets_of, array_fill(null::uuid, array[settles]) || versions)
      with ordinality as x (held, taken, wallet, version, i)
    where x.i <= n;
end $$;
--> statement-breakpoint
-- Ends calls: writes what they cost and gave, resolves their holds, charges them where their job's plan charges each call, books
-- hard budgets, adds to their jobs, stores or frees their idempotency keys, and ends a job that was to end with its only call.
-- Invariant: a call is ended and charged once. A second settle changes nothing ('already'); one that finds its call swept records
-- the true cost in place of the estimate and charges nothing ('swept').
-- Charged in a job: max(its minimum, the sum of its calls) - what was charged before. What exceeds the hold is booked and flagged.
-- A failed call that gave nothing is free.
-- Locks, each ascending: jobs, team periods, wallets, budget periods.
--
-- Item: {call_id, job_id (null = that of the call's row), wallet_id, status, target, attempts, input_tokens,
--        cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, provider_cost_nanos, litellm_cost_nanos,
--        cost_flags, charge, cache_hit, latency_ms, first_token_ms, finish_reason, error_code, error_message, claim_id, response_status,
--        sealed_response (hex; null frees the key), end_job}
-- Outcomes: settled (with what was charged, and balance and available where the wallet was touched), already, swept, unknown.
-- Plans are generic: over a partitioned table PostgreSQL prefers a plan made anew each time, which costs more than the work.
-- They are made while the tables are empty and kept, so hash and merge joins are off: they would read whole tables later.
create or replace function settle_calls_v2(p_at timestamptz, p_items jsonb)
returns table ("position" int, outcome text, charged bigint, balance bigint, available bigint)
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  n int := jsonb_array_length(p_items);
  one record;
  job record;
  call record;
  taken bigint := 0;
  charge bigint := 0;
  wallet_balance bigint;
  wallet_available bigint;
  per_call boolean;
  -- Ended jobs that are charged when their last call has ended.
  due boolean;
  due_as text;
  pending uuid[];
  -- By item:
  outcomes text[];
  job_ids uuid[];
  charges bigint[];
  settled int[];
  takens bigint[];
  ending int[];
  budget_holds jsonb;
  with_claims boolean;
  touched boolean := false;
  entry record;
  swept record;
begin
  -- One item, by far the most frequent: the same steps without sets.
  if n = 1 then
    select * into one from jsonb_to_record(p_items -> 0) as x (
      call_id uuid, job_id uuid, wallet_id uuid, status text, target text, attempts jsonb, input_tokens int,
      cached_input_tokens int, cache_write_tokens int, output_tokens int, reasoning_tokens int, provider_cost_nanos bigint,
      litellm_cost_nanos bigint, cost_flags text[], charge bigint, cache_hit boolean, latency_ms int, first_token_ms int,
      finish_reason text, error_code text, error_message text, claim_id text, response_status int, sealed_response text,
      end_job text);
    select j.id, j.terms, j.charged, j.call_charges, j.ended_at into job from jobs j where j.id = one.job_id for update;
    if not found then
      select j.id, j.terms, j.charged, j.call_charges, j.ended_at into job from jobs j
      where j.id = (select c.job_id from llm_calls c where c.id = one.call_id) for update;
    end if;
    per_call := coalesce(job.terms ->> 'charged' = 'call', false);
    if per_call and (one.status <> 'failed' or one.output_tokens > 0) then
      charge := coalesce(one.charge, 0);
      if charge > 0 or one.status = 'succeeded' then
        taken := greatest(
          greatest(coalesce((job.terms ->> 'minimum')::bigint, 0), job.call_charges + charge) - job.charged, 0);
      end if;
    end if;
    update llm_calls c
    set status = one.status, target = one.target, attempts = one.attempts, input_tokens = one.input_tokens,
      cached_input_tokens = coalesce(one.cached_input_tokens, 0 * one.input_tokens),
      cache_write_tokens = coalesce(one.cache_write_tokens, 0 * one.input_tokens), output_tokens = one.output_tokens,
      reasoning_tokens = coalesce(one.reasoning_tokens, 0 * one.input_tokens),
      provider_cost_nanos = one.provider_cost_nanos, litellm_cost_nanos = one.litellm_cost_nanos,
      cost_flags = coalesce(one.cost_flags, '{}') || case when taken > c.held then array['over_hold'] else '{}' end,
      charged = taken, cache_hit = coalesce(one.cache_hit, false),
      latency_ms = one.latency_ms, first_token_ms = one.first_token_ms,
      finish_reason = one.finish_reason, error_code = one.error_code, error_message = one.error_message, ended_at = p_at
    -- Written so that only the key's index serves: those of jobs and of calls in flight would lead through many rows.
    where c.id = one.call_id and c.ended_at is null and (c.job_id = job.id) is true
    returning c.held, c.cost_held, c.budget_holds into call;
    if found then
      if per_call and (call.held > 0 or taken > 0) then
        with resolved as (
          update credit_holds h set state = case when taken > 0 then 'settled' else 'released' end, resolved_at = p_at
          where h.id = one.call_id and h.state = 'open'
        ), debited as (
          update wallets w
          set held = w.held - call.held, balance = w.balance - taken, entry_no = w.entry_no + (taken > 0)::int,
            unattributed = w.unattributed + least(taken, greatest(w.balance, 0)), updated_at = p_at
          where w.id = one.wallet_id
          returning w.balance, w.balance + w.credit_limit - w.held as available, w.entry_no
        ), entered as (
          insert into credit_transactions (
            wallet_id, entry_no, kind, amount, balance_after, call_id, job_id, charge_id, actor, created_at)
          select one.wallet_id, d.entry_no, 'charge', -taken, d.balance, one.call_id, job.id, one.call_id, 'system', p_at
          from debited d where taken > 0
        )
        select d.balance, d.available into strict wallet_balance, wallet_available from debited d;
      end if;
      update jobs j
      set calls_in_flight = j.calls_in_flight - 1,
        succeeded_calls = j.succeeded_calls + (one.status = 'succeeded')::int,
        failed_calls = j.failed_calls + (one.status <> 'succeeded')::int,
        input_tokens = j.input_tokens + coalesce(one.input_tokens, 0),
        output_tokens = j.output_tokens + coalesce(one.output_tokens, 0),
        latency_ms = j.latency_ms + coalesce(one.latency_ms, 0),
        provider_cost_nanos = j.provider_cost_nanos + coalesce(one.provider_cost_nanos, 0),
        held = j.held - call.held, cost_held = j.cost_held - coalesce(call.cost_held, 0),
        charged = j.charged + taken, call_charges = j.call_charges + charge,
        charged_over_hold = j.charged_over_hold or taken > call.held,
        last_activity_at = p_at,
        status = case when one.end_job is not null and j.ended_at is null then one.end_job else j.status end,
        ended_at = case when one.end_job is not null and j.ended_at is null then p_at else j.ended_at end,
        ended_cost_nanos = case when one.end_job is not null or j.ended_at is not null
          then j.provider_cost_nanos + coalesce(one.provider_cost_nanos, 0) end
      where j.id = job.id
      returning j.charge_pending and j.calls_in_flight = 0, j.status into due, due_as;
      if due then
        perform charge_job_v1(p_at, job.id, due_as);
      end if;
      if one.end_job is not null and job.ended_at is null and job.terms ->> 'charged' = 'job' then
        taken := charge_job_v1(p_at, job.id, one.end_job);
      end if;
      if one.end_job is not null and wallet_balance is null then
        select w.balance, w.balance + w.credit_limit - w.held into wallet_balance, wallet_available
        from wallets w where w.id = one.wallet_id;
      end if;
      if call.budget_holds is not null then
        perform settle_budgets_v1(jsonb_build_array(jsonb_build_object(
          'holds', call.budget_holds, 'held', call.cost_held, 'spent', coalesce(one.provider_cost_nanos, call.cost_held))));
      end if;
      if one.claim_id is not null and one.sealed_response is not null then
        update idempotency_keys k
        set response_status = one.response_status, sealed_response = decode(one.sealed_response, 'hex'), instance_id = null,
          charged = taken, balance = wallet_balance
        where k.id = one.claim_id and k.call_id = one.call_id;
      elsif one.claim_id is not null then
        delete from idempotency_keys k where k.id = one.claim_id and k.call_id = one.call_id;
      end if;
      "position" := 0;
      outcome := 'settled';
      charged := taken;
      balance := wallet_balance;
      available := wallet_available;
      return next;
      return;
    end if;
  end if;

  outcomes := array_fill(null::text, array[n]);
  charges := array_fill(0::bigint, array[n]);
  select array_agg(
      coalesce((value ->> 'job_id')::uuid, (select c.job_id from llm_calls c where c.id = (value ->> 'call_id')::uuid))
      order by ordinality),
    coalesce(bool_or(value ->> 'claim_id' is not null), false), array_agg(ordinality) filter (where value ->> 'end_job' is not null)
  into job_ids, with_claims, ending
  from jsonb_array_elements(p_items) with ordinality;

  select coalesce(bool_or(l.terms ->> 'charged' = 'call'), false), array_agg(l.id) filter (where l.charge_pending)
  into per_call, pending
  from (
    select j.id, j.terms, j.charge_pending from jobs j where j.id = any (job_ids) order by j.id for update
  ) l;
  if ending is not null or pending is not null then
    touched := true;
    perform lock_ending_jobs_v1(
      (select array_agg(job_ids[i]) from unnest(ending) i) || pending,
      (select array_agg((value ->> 'wallet_id')::uuid) from jsonb_array_elements(p_items)));
  elsif per_call then
    touched := true;
    perform 1 from wallets w
    where w.id in (select (value ->> 'wallet_id')::uuid from jsonb_array_elements(p_items)) order by w.id for update;
  end if;

  with live as materialized (
    select distinct on (x.call_id) x.*, c.held, c.cost_held, c.budget_holds, j.ended_at as job_ended_at,
      j.terms ->> 'charged' as charged_by, j.charged as job_charged, j.call_charges,
      coalesce((j.terms ->> 'minimum')::bigint, 0) as minimum,
      case
        when j.terms ->> 'charged' = 'call' and (x.status <> 'failed' or x.output_tokens > 0) then coalesce(x.charge, 0)
        else 0
      end as own_charge
    from rows from (
        jsonb_to_recordset(p_items) as (
          call_id uuid, wallet_id uuid, status text, target text, attempts jsonb, input_tokens int, cached_input_tokens int,
          cache_write_tokens int, output_tokens int, reasoning_tokens int, provider_cost_nanos bigint,
          litellm_cost_nanos bigint, cost_flags text[], charge bigint, cache_hit boolean, latency_ms int, first_token_ms int,
          finish_reason text, error_code text, error_message text, claim_id text, end_job text),
        generate_series(1, n)
      ) as x (
        call_id, wallet_id, status, target, attempts, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
        reasoning_tokens, provider_cost_nanos, litellm_cost_nanos, cost_flags, charge, cache_hit, latency_ms, first_token_ms,
        finish_reason, error_code, error_message, claim_id, end_job, i)
      cross join lateral (
        select held, cost_held, budget_holds, job_id, ended_at from llm_calls where id = x.call_id limit 1
      ) c
      join jobs j on j.id = job_ids[x.i]
    where c.job_id = j.id and c.ended_at is null
    order by x.call_id, x.i
  ), owed as (
    select live.*, job_ids[i] as job_id,
      greatest(job_charged, case
        when bool_or(charged_by = 'call' and (status = 'succeeded' or own_charge > 0)) over calls_so_far
        then greatest(minimum, call_charges + sum(own_charge) over calls_so_far)
        else 0
      end)::bigint as owed
    from live window calls_so_far as (partition by job_ids[i] order by i rows unbounded preceding)
  ), priced as materialized (
    select owed.*, owed - lag(owed, 1, job_charged) over (partition by job_id order by i) as taken from owed
  ), ended as (
    update llm_calls c
    set status = p.status, target = p.target, attempts = p.attempts, input_tokens = p.input_tokens,
      cached_input_tokens = coalesce(p.cached_input_tokens, 0 * p.input_tokens),
      cache_write_tokens = coalesce(p.cache_write_tokens, 0 * p.input_tokens), output_tokens = p.output_tokens,
      reasoning_tokens = coalesce(p.reasoning_tokens, 0 * p.input_tokens),
      provider_cost_nanos = p.provider_cost_nanos, litellm_cost_nanos = p.litellm_cost_nanos,
      cost_flags = coalesce(p.cost_flags, '{}') || case when p.taken > p.held then array['over_hold'] else '{}' end,
      charged = p.taken, cache_hit = coalesce(p.cache_hit, false),
      latency_ms = p.latency_ms, first_token_ms = p.first_token_ms,
      finish_reason = p.finish_reason, error_code = p.error_code, error_message = p.error_message, ended_at = p_at
    from priced p where c.id = p.call_id
  ), resolved as (
    update credit_holds h set state = case when p.taken > 0 then 'settled' else 'released' end, resolved_at = p_at
    from priced p where p.held > 0 and h.id = p.call_id and h.state = 'open'
  ), entries as (
    insert into credit_transactions (
      wallet_id, entry_no, kind, amount, balance_after, call_id, job_id, charge_id, actor, created_at)
    select w.id, w.entry_no + row_number() over so_far, 'charge', -p.taken, w.balance - sum(p.taken) over so_far, p.call_id,
      p.job_id, p.call_id, 'system', p_at
    from priced p join wallets w on w.id = p.wallet_id
    where p.taken > 0 window so_far as (partition by w.id order by p.i rows unbounded preceding)
  ), debited as (
    update wallets w
    set held = w.held - sums.held, balance = w.balance - sums.taken, entry_no = w.entry_no + sums.entries,
      unattributed = w.unattributed + least(sums.taken, greatest(w.balance, 0)), updated_at = p_at
    from (
      select wallet_id, sum(held)::bigint as held, sum(taken)::bigint as taken, count(*) filter (where taken > 0) as entries
      from priced where held > 0 or taken > 0 group by wallet_id
    ) sums
    where w.id = sums.wallet_id
  ), booked as (
    update jobs j
    set calls_in_flight = j.calls_in_flight - sums.n,
      succeeded_calls = j.succeeded_calls + sums.succeeded, failed_calls = j.failed_calls + sums.n - sums.succeeded,
      input_tokens = j.input_tokens + sums.input_tokens, output_tokens = j.output_tokens + sums.output_tokens,
      latency_ms = j.latency_ms + sums.latency_ms, provider_cost_nanos = j.provider_cost_nanos + sums.cost,
      held = j.held - sums.held, cost_held = j.cost_held - sums.cost_held, charged = j.charged + sums.taken,
      call_charges = j.call_charges + sums.own_charge, charged_over_hold = j.charged_over_hold or sums.over_hold,
      last_activity_at = p_at,
      status = case when sums.end_job is not null and j.ended_at is null then sums.end_job else j.status end,
      ended_at = case when sums.end_job is not null and j.ended_at is null then p_at else j.ended_at end,
      ended_cost_nanos = case when sums.end_job is not null or j.ended_at is not null then j.provider_cost_nanos + sums.cost end
    from (
      select job_id, count(*)::int as n, (count(*) filter (where status = 'succeeded'))::int as succeeded,
        coalesce(sum(input_tokens), 0) as input_tokens, coalesce(sum(output_tokens), 0) as output_tokens,
        coalesce(sum(latency_ms), 0) as latency_ms, coalesce(sum(provider_cost_nanos), 0) as cost,
        sum(held)::bigint as held, coalesce(sum(cost_held), 0)::bigint as cost_held, sum(taken)::bigint as taken,
        sum(own_charge)::bigint as own_charge, bool_or(taken > held) as over_hold, max(end_job) as end_job
      from priced group by job_id
    ) sums
    where j.id = sums.job_id
  )
  select array_agg(i), array_agg(taken), array_agg(i) filter (where end_job is not null and job_ended_at is null and charged_by = 'job'),
    jsonb_agg(jsonb_build_object(
      'holds', budget_holds, 'held', cost_held, 'spent', coalesce(provider_cost_nanos, cost_held)
    )) filter (where budget_holds is not null)
  into settled, takens, ending, budget_holds
  from priced;

  for slot in 1..coalesce(cardinality(settled), 0) loop
    outcomes[settled[slot]] := 'settled';
    charges[settled[slot]] := takens[slot];
  end loop;
  for slot in 1..coalesce(cardinality(ending), 0) loop
    charges[ending[slot]] := charge_job_v1(p_at, job_ids[ending[slot]], p_items -> (ending[slot] - 1) ->> 'end_job');
  end loop;
  for entry in
    select j.id, j.status from jobs j where j.id = any (pending) and j.charge_pending and j.calls_in_flight = 0 order by j.id
  loop
    perform charge_job_v1(p_at, entry.id, entry.status);
  end loop;
  if with_claims then
    with answers as materialized (
      select x.*, w.balance
      from rows from (
          jsonb_to_recordset(p_items) as (
            call_id uuid, wallet_id uuid, claim_id text, response_status int, sealed_response text),
          generate_series(1, n)
        ) as x (call_id, wallet_id, claim_id, response_status, sealed_response, i)
        left join lateral (select * from wallets where touched and id = x.wallet_id limit 1) w on true
      where x.claim_id is not null and outcomes[x.i] = 'settled'
    ), answered as (
      update idempotency_keys k
      set response_status = a.response_status, sealed_response = decode(a.sealed_response, 'hex'), instance_id = null,
        charged = charges[a.i], balance = a.balance
      from answers a where k.id = a.claim_id and k.call_id = a.call_id and a.sealed_response is not null
    )
    delete from idempotency_keys k
    using answers a where k.id = a.claim_id and k.call_id = a.call_id and a.sealed_response is null;
  end if;

  if coalesce(cardinality(settled), 0) < n then
    for entry in
      select ordinality::int as i, (value ->> 'call_id')::uuid as call_id, (value ->> 'provider_cost_nanos')::bigint as cost, value
      from jsonb_array_elements(p_items) with ordinality
    loop
      continue when outcomes[entry.i] is not null;
      select c.job_id, c.status, c.lost, c.provider_cost_nanos as estimate, c.budget_holds,
        'estimated' = any (c.cost_flags) as estimated
      into swept from llm_calls c where c.id = entry.call_id for update;
      if not found then
        outcomes[entry.i] := 'unknown';
      elsif not swept.lost or not swept.estimated then
        outcomes[entry.i] := 'already';
      else
        update llm_calls c
        set provider_cost_nanos = entry.cost, cost_flags = array_remove(c.cost_flags, 'estimated'),
          target = entry.value ->> 'target', attempts = entry.value -> 'attempts',
          input_tokens = (entry.value ->> 'input_tokens')::int, output_tokens = (entry.value ->> 'output_tokens')::int
        where c.id = entry.call_id;
        update jobs j
        set provider_cost_nanos = j.provider_cost_nanos + coalesce(entry.cost, 0) - coalesce(swept.estimate, 0),
          ended_cost_nanos = j.ended_cost_nanos + coalesce(entry.cost, 0) - coalesce(swept.estimate, 0)
        where j.id = swept.job_id;
        perform touch_rollups_v1(swept.job_id);
        if swept.budget_holds is not null then
          budget_holds := coalesce(budget_holds, '[]') || jsonb_build_object(
            'holds', swept.budget_holds, 'held', 0,
            'spent', coalesce(entry.cost, swept.estimate, 0) - coalesce(swept.estimate, 0));
        end if;
        outcomes[entry.i] := 'swept';
      end if;
    end loop;
  end if;

  -- All at once, since their locks are taken in ascending order.
  if budget_holds is not null then
    perform settle_budgets_v1(budget_holds);
  end if;

  return query
    select i - 1, outcomes[i], charges[i], w.balance, w.balance + w.credit_limit - w.held
    from generate_series(1, n) i
    left join lateral (
      select * from wallets
      where touched and outcomes[i] = 'settled' and id = (p_items -> (i - 1) ->> 'wallet_id')::uuid limit 1
    ) w on true
    order by i;
end $$;
--> statement-breakpoint
-- plain_calls_v1 is in their place.
drop function open_plain_calls_v1(timestamptz, uuid, jsonb);
--> statement-breakpoint
drop function settle_plain_calls_v1(timestamptz, jsonb);
