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
