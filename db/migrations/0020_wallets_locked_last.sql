-- Opens calls together where nothing stands in the way of any of them, as nearly always: no keys to claim, no jobs to make, no
-- budgets and no caps, each job open and each wallet with enough for all of its calls. Returns a row an item, in their order.
-- Invariant: opens all of them or, without a row, changes nothing; then open_calls takes them one by one, under the same locks.
-- Called by open_calls, under its planner settings. Locks, each ascending: jobs, and the wallets of those that charge each call.
-- Arrays and loops in place of joins: each statement that is not run is a fifth of a millisecond less a batch. They are in the
-- order of the items: nothing between a function scan and array_agg may sort. What is locked stays where it lies, so that it is
-- changed there (ctid), whatever the planner takes an index to be good for.
create or replace function open_plain_calls_v1(p_at timestamptz, p_instance uuid, p_items jsonb)
returns table (job_id uuid, held bigint, available bigint, balance bigint, plan_version_id uuid)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  n constant int := jsonb_array_length(p_items);
  plain boolean;
  -- By item:
  call_ids uuid[];
  job_ids uuid[];
  team_ids text[];
  wallet_ids uuid[];
  versions uuid[];
  holds bigint[];
  jobs_of int[];
  availables bigint[];
  balances bigint[];
  -- By job, the last two being what is added to it:
  locked_jobs uuid[];
  job_rows tid[];
  job_teams text[];
  are_open boolean[];
  per_call boolean[];
  job_versions uuid[];
  job_calls int[];
  most_calls int[];
  minimums bigint[];
  added_calls int[];
  added_holds bigint[];
  -- By wallet, the last one being what is added to it; of rooms, null = unlimited:
  charged_wallets uuid[] := '{}';
  locked_wallets uuid[];
  wallet_rows tid[];
  wallet_balances bigint[];
  rooms bigint[];
  added bigint[];
  due boolean;
  job int;
  wallet int;
  hold bigint;
begin
  select bool_or(value ?| '{claim,create,budgets}') is false, array_agg((value ->> 'call_id')::uuid),
    array_agg((value ->> 'job_id')::uuid), array_agg(value ->> 'team_id'), array_agg((value ->> 'wallet_id')::uuid),
    array_agg((value ->> 'plan_version_id')::uuid), array_agg(coalesce((value ->> 'hold')::bigint, 0))
  into plain, call_ids, job_ids, team_ids, wallet_ids, versions, holds
  from jsonb_array_elements(p_items);
  if not plain then
    return;
  end if;

  select array_agg(l.id), array_agg(l.row), array_agg(l.team_id), array_agg(l.is_open), array_agg(l.per_call),
    array_agg(l.plan_version_id), array_agg(l.calls), array_agg(l.most_calls), array_agg(l.minimum)
  into locked_jobs, job_rows, job_teams, are_open, per_call, job_versions, job_calls, most_calls, minimums
  from (
    select j.id, j.ctid as row, j.team_id, j.plan_version_id, j.calls,
      coalesce(j.terms ->> 'charged' = 'call', false) as per_call,
      j.ended_at is null and j.max_cost_nanos is null and j.max_credits is null and j.ends_by is null
        and j.terms ->> 'single' is distinct from 'true' as is_open,
      (j.terms ->> 'max_calls')::int as most_calls,
      case when j.charged = 0 then coalesce((j.terms ->> 'minimum')::bigint, 0) else 0 end as minimum
    from jobs j where j.id = any (job_ids) order by j.id for update
  ) l;
  added_calls := array_fill(0, array[coalesce(cardinality(locked_jobs), 0)]);
  added_holds := array_fill(0::bigint, array[coalesce(cardinality(locked_jobs), 0)]);
  for i in 1..n loop
    job := array_position(locked_jobs, job_ids[i]);
    if job is null or not are_open[job] or job_teams[job] is distinct from team_ids[i] then
      return;
    end if;
    added_calls[job] := added_calls[job] + 1;
    if job_calls[job] + added_calls[job] > most_calls[job] then
      return;
    end if;
    if per_call[job] then
      if job_versions[job] is distinct from versions[i] then
        return;
      end if;
      charged_wallets := charged_wallets || wallet_ids[i];
    else
      holds[i] := 0;
      versions[i] := job_versions[job];
    end if;
    jobs_of[i] := job;
  end loop;

  availables := array_fill(null::bigint, array[n]);
  balances := array_fill(null::bigint, array[n]);
  if charged_wallets <> '{}' then
    -- Looked at before they are locked: whoever comes without credits writes nothing that is undone.
    select array_agg(w.id), array_agg(w.balance + w.credit_limit - w.held) into locked_wallets, rooms
    from wallets w where w.id = any (charged_wallets);
    for i in 1..n loop
      job := jobs_of[i];
      continue when not per_call[job];
      wallet := array_position(locked_wallets, wallet_ids[i]);
      hold := greatest(holds[i], minimums[job]);
      if wallet is null or rooms[wallet] < greatest(hold, 0) then
        return;
      end if;
      rooms[wallet] := rooms[wallet] - hold;
      added_holds[job] := added_holds[job] + hold;
      holds[i] := hold;
    end loop;
    insert into credit_holds (id, wallet_id, job_id, amount, created_at)
    select x.call_id, x.wallet_id, x.job_id, x.hold, p_at
    from unnest(call_ids, wallet_ids, job_ids, holds) as x (call_id, wallet_id, job_id, hold) where x.hold > 0;
  end if;

  insert into llm_calls (
    id, job_id, team_id, key_id, instance_id, alias, endpoint, stream, purpose, metadata, price_snapshot, worst_cost_nanos,
    held, created_at)
  select x.call_id, x.job_id, x.team_id, x.key_id, p_instance, x.alias, x.endpoint, coalesce(x.stream, false), x.purpose, x.metadata,
    x.price_snapshot, x.worst_cost_nanos, x.hold, p_at
  from rows from (
    jsonb_to_recordset(p_items) as (
      key_id uuid, alias text, endpoint text, stream boolean, purpose text, metadata jsonb, price_snapshot jsonb,
      worst_cost_nanos bigint),
    unnest(call_ids, job_ids, team_ids, holds)
  ) as x (
    key_id, alias, endpoint, stream, purpose, metadata, price_snapshot, worst_cost_nanos, call_id, job_id, team_id, hold);
  update jobs j
  set calls = j.calls + x.calls, calls_in_flight = j.calls_in_flight + x.calls, held = j.held + x.holds,
    status = 'in_progress', last_activity_at = p_at
  from unnest(job_rows, added_calls, added_holds) as x (row, calls, holds) where j.ctid = x.row;

  if charged_wallets <> '{}' then
    -- Last: on a busy wallet everybody waits for whoever holds its lock.
    select array_agg(l.id), array_agg(l.row), array_agg(l.balance), array_agg(l.room), bool_or(l.next_due_at <= p_at)
    into locked_wallets, wallet_rows, wallet_balances, rooms, due
    from (
      select w.id, w.ctid as row, w.balance, w.balance + w.credit_limit - w.held as room, w.next_due_at
      from wallets w where w.id = any (charged_wallets) order by w.id for update
    ) l;
    added := array_fill(0::bigint, array[coalesce(cardinality(locked_wallets), 0)]);
    for i in 1..n loop
      continue when not per_call[jobs_of[i]];
      wallet := array_position(locked_wallets, wallet_ids[i]);
      if due or wallet is null or rooms[wallet] < greatest(holds[i], 0) then
        raise exception sqlstate 'SL001';
      end if;
      rooms[wallet] := rooms[wallet] - holds[i];
      added[wallet] := added[wallet] + holds[i];
      availables[i] := rooms[wallet];
      balances[i] := wallet_balances[wallet];
    end loop;
    update wallets w set held = w.held + x.added, updated_at = p_at
    from unnest(wallet_rows, added) as x (row, added) where w.ctid = x.row and x.added > 0;
  end if;

  return query
    select x.job_id, x.hold, x.available, x.balance, x.version
    from unnest(job_ids, holds, availables, balances, versions) as x (job_id, hold, available, balance, version);
exception when sqlstate 'SL001' then
  -- Spent between the look and the lock, or credits are due to expire: what was written is undone.
  return;
end $$;
--> statement-breakpoint
-- Ends calls together where each is in flight and nothing but its hold and its charge hangs on it, as nearly always: no keys, no
-- budgets, no job that ends with it or waits for it. Returns a row an item, in their order.
-- Invariant: ends all of them or, without a row, changes nothing; then settle_calls takes them, under the same locks. Charged in a
-- job as settle_calls says, call after call.
-- Called by settle_calls, under its planner settings. Locks, each ascending: jobs, and the wallets of those that charge each call.
-- What is locked stays where it lies, so that it is changed there (ctid), whatever the planner takes an index to be good for.
-- Arrays are in the order of the items: nothing between a function scan and array_agg may sort, as a `distinct` would.
create or replace function settle_plain_calls_v1(p_at timestamptz, p_items jsonb)
returns table (charged bigint, balance bigint, available bigint)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  n constant int := jsonb_array_length(p_items);
  plain boolean;
  -- The least and the greatest id: with these, only the months that they lie in are opened.
  lowest uuid;
  highest uuid;
  -- By item; of jobs and wallets their places among the locked:
  call_ids uuid[];
  job_ids uuid[];
  wallet_ids uuid[];
  successes int[];
  charges bigint[];
  inputs bigint[];
  outputs bigint[];
  latencies bigint[];
  costs bigint[];
  helds bigint[];
  cost_helds bigint[];
  jobs_of int[];
  wallets_of int[];
  takens bigint[];
  item_helds bigint[];
  item_takens bigint[];
  entry_nos bigint[];
  balances_after bigint[];
  over_hold boolean[];
  ends int[];
  -- By job; `owed` is what it is charged in all:
  locked_jobs uuid[];
  job_rows tid[];
  per_call boolean[];
  owed bigint[];
  call_charges bigint[];
  minimums bigint[];
  -- By wallet; null where no job charges each call:
  charged_wallets uuid[];
  locked_wallets uuid[];
  wallet_rows tid[];
  wallet_balances bigint[];
  wallet_rooms bigint[];
  last_entries bigint[];
  wallet_freed bigint[];
  wallet_taken bigint[];
  wallet_entries bigint[];
  job int;
  wallet int;
  taken bigint;
begin
  select bool_and(x.claim_id is null and x.end_job is null and x.job_id is not null), min(x.call_id::text)::uuid,
    max(x.call_id::text)::uuid, array_agg(x.call_id), array_agg(x.job_id), array_agg(x.wallet_id),
    array_agg((x.status = 'succeeded')::int),
    array_agg(case when x.status <> 'failed' or x.output_tokens > 0 then coalesce(x.charge, 0) else 0 end),
    array_agg(x.input_tokens), array_agg(x.output_tokens), array_agg(x.latency_ms), array_agg(x.provider_cost_nanos)
  into plain, lowest, highest, call_ids, job_ids, wallet_ids, successes, charges, inputs, outputs, latencies, costs
  from jsonb_to_recordset(p_items) as x (
    call_id uuid, job_id uuid, wallet_id uuid, status text, charge bigint, input_tokens bigint, output_tokens bigint,
    latency_ms bigint, provider_cost_nanos bigint, claim_id text, end_job text);
  if not plain or (select count(distinct id) from unnest(call_ids) id) < n then
    return;
  end if;

  select array_agg(l.id), array_agg(l.row), array_agg(l.per_call), array_agg(l.charged), array_agg(l.call_charges),
    array_agg(l.minimum), not bool_or(l.charge_pending)
  into locked_jobs, job_rows, per_call, owed, call_charges, minimums, plain
  from (
    select j.id, j.ctid as row, coalesce(j.terms ->> 'charged' = 'call', false) as per_call, j.charged, j.call_charges,
      j.charge_pending, coalesce((j.terms ->> 'minimum')::bigint, 0) as minimum
    from jobs j where j.id = any (job_ids) order by j.id for update
  ) l;
  if plain is distinct from true then
    return;
  end if;
  select bool_and(c.budget_holds is null), array_agg(c.held), array_agg(coalesce(c.cost_held, 0)), array_agg(p.job),
    array_agg(case when per_call[p.job] then x.charge else 0 end), array_agg(x.wallet_id) filter (where per_call[p.job])
  into plain, helds, cost_helds, jobs_of, charges, charged_wallets
  from unnest(call_ids, job_ids, wallet_ids, charges) as x (call_id, job_id, wallet_id, charge)
    cross join lateral (
      select held, cost_held, budget_holds, job_id, ended_at from llm_calls
      where id = x.call_id and id between lowest and highest limit 1
    ) c
    cross join lateral (select array_position(locked_jobs, x.job_id) as job) p
  where c.job_id = x.job_id and c.ended_at is null;
  if plain is distinct from true or cardinality(helds) < n then
    return;
  end if;

  -- Here and below all of them filled: an array without elements begins where it is first assigned to, and unnest counts from there.
  takens := array_fill(0::bigint, array[n]);
  over_hold := array_fill(false, array[n]);
  if charged_wallets is not null then
    for i in 1..n loop
      job := jobs_of[i];
      if not per_call[job] then
        wallet_ids[i] := null;
        continue;
      end if;
      call_charges[job] := call_charges[job] + charges[i];
      if successes[i] > 0 or charges[i] > 0 then
        taken := greatest(minimums[job], call_charges[job], owed[job]) - owed[job];
        takens[i] := taken;
        owed[job] := owed[job] + taken;
        over_hold[i] := taken > 0 and taken > helds[i];
      end if;
    end loop;
  end if;

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
    jsonb_to_recordset(p_items) as (
      call_id uuid, status text, target text, attempts jsonb, cached_input_tokens int, cache_write_tokens int, reasoning_tokens int,
      litellm_cost_nanos bigint, cost_flags text[], cache_hit boolean, first_token_ms int, finish_reason text, error_code text,
      error_message text),
    unnest(call_ids, takens, over_hold, inputs, outputs, latencies, costs)
  ) as x (
    call_id, status, target, attempts, cached_input_tokens, cache_write_tokens, reasoning_tokens, litellm_cost_nanos, cost_flags,
    cache_hit, first_token_ms, finish_reason, error_code, error_message,
    same_id, taken, over_hold, input_tokens, output_tokens, latency_ms, provider_cost_nanos)
  -- The second equation holds for every item. It lets the planner expect one, which is looked up by its key; of a hundred it
  -- would read a table that was small when it planned, and goes on doing so when it no longer is. The bound leaves out months
  -- that are over; with an upper one beside it the planner would take the two for narrow, and read all calls in between.
  where c.id = x.call_id and x.same_id = x.call_id and c.id >= lowest;
  if charged_wallets is not null then
    update credit_holds h set state = case when x.taken > 0 then 'settled' else 'released' end, resolved_at = p_at
    from unnest(call_ids, helds, takens) as x (call_id, held, taken)
    where x.held > 0 and h.id = x.call_id and h.state = 'open';
  end if;

  item_helds := helds;
  item_takens := takens;
  ends := array_fill(1, array[n]);
  if cardinality(locked_jobs) < n then
    -- Several end in one job: these arrays are by job from here on.
    select array_agg(s.job), array_agg(s.ends), array_agg(s.successes), array_agg(s.input), array_agg(s.output),
      array_agg(s.latency), array_agg(s.cost), array_agg(s.held), array_agg(s.cost_held), array_agg(s.taken), array_agg(s.charge),
      array_agg(s.over_hold)
    into jobs_of, ends, successes, inputs, outputs, latencies, costs, helds, cost_helds, takens, charges, over_hold
    from (
      select y.job, sum(y.ends) as ends, sum(y.successes) as successes, sum(y.input) as input, sum(y.output) as output,
        sum(y.latency) as latency, sum(y.cost) as cost, sum(y.held) as held, sum(y.cost_held) as cost_held,
        sum(y.taken) as taken, sum(y.charge) as charge, bool_or(y.over_hold) as over_hold
      from unnest(jobs_of, ends, successes, inputs, outputs, latencies, costs, helds, cost_helds, takens, charges, over_hold)
        as y (job, ends, successes, input, output, latency, cost, held, cost_held, taken, charge, over_hold)
      group by y.job
    ) s;
  end if;
  update jobs j
  set calls_in_flight = j.calls_in_flight - x.ends, succeeded_calls = j.succeeded_calls + x.successes,
    failed_calls = j.failed_calls + x.ends - x.successes, input_tokens = j.input_tokens + coalesce(x.input, 0),
    output_tokens = j.output_tokens + coalesce(x.output, 0), latency_ms = j.latency_ms + coalesce(x.latency, 0),
    provider_cost_nanos = j.provider_cost_nanos + coalesce(x.cost, 0),
    ended_cost_nanos = j.ended_cost_nanos + coalesce(x.cost, 0), held = j.held - x.held,
    cost_held = j.cost_held - x.cost_held, charged = j.charged + x.taken, call_charges = j.call_charges + x.charge,
    charged_over_hold = j.charged_over_hold or x.over_hold, last_activity_at = p_at
  from unnest(jobs_of, ends, successes, inputs, outputs, latencies, costs, helds, cost_helds, takens, charges, over_hold)
    as x (job, ends, successes, input, output, latency, cost, held, cost_held, taken, charge, over_hold)
  where j.ctid = job_rows[x.job];

  wallets_of := array_fill(null::int, array[n]);
  if charged_wallets is not null then
    -- Last, and then only what needs the balance: on a busy wallet everybody waits for whoever holds its lock.
    select array_agg(l.id), array_agg(l.row), array_agg(l.balance), array_agg(l.room), array_agg(l.entry_no), array_agg(0)
    into locked_wallets, wallet_rows, wallet_balances, wallet_rooms, last_entries, wallet_freed
    from (
      select w.id, w.ctid as row, w.balance, w.balance + w.credit_limit - w.held as room, w.entry_no
      from wallets w where w.id = any (charged_wallets) order by w.id for update
    ) l;
    wallet_taken := wallet_freed;
    wallet_entries := wallet_freed;
    entry_nos := array_fill(null::bigint, array[n]);
    balances_after := array_fill(null::bigint, array[n]);
    for i in 1..n loop
      continue when wallet_ids[i] is null;
      wallet := array_position(locked_wallets, wallet_ids[i]);
      wallets_of[i] := wallet;
      wallet_freed[wallet] := wallet_freed[wallet] + item_helds[i];
      if item_takens[i] > 0 then
        wallet_taken[wallet] := wallet_taken[wallet] + item_takens[i];
        wallet_entries[wallet] := wallet_entries[wallet] + 1;
        entry_nos[i] := last_entries[wallet] + wallet_entries[wallet];
        balances_after[i] := wallet_balances[wallet] - wallet_taken[wallet];
      end if;
    end loop;
    insert into credit_transactions (
      wallet_id, entry_no, kind, amount, balance_after, call_id, job_id, charge_id, actor, created_at)
    select x.wallet_id, x.entry_no, 'charge', -x.taken, x.balance_after, x.call_id, x.job_id, x.call_id, 'system', p_at
    from unnest(wallet_ids, entry_nos, item_takens, balances_after, call_ids, job_ids)
      as x (wallet_id, entry_no, taken, balance_after, call_id, job_id)
    where x.taken > 0;
    update wallets w
    set held = w.held - x.freed, balance = w.balance - x.taken, entry_no = w.entry_no + x.entries,
      unattributed = w.unattributed + least(x.taken, greatest(w.balance, 0)), updated_at = p_at
    from unnest(wallet_rows, wallet_freed, wallet_taken, wallet_entries) as x (row, freed, taken, entries)
    where w.ctid = x.row and (x.freed > 0 or x.taken > 0);
  end if;

  return query
    select x.taken, wallet_balances[x.wallet] - wallet_taken[x.wallet],
      wallet_rooms[x.wallet] + wallet_freed[x.wallet] - wallet_taken[x.wallet]
    from unnest(item_takens, wallets_of) as x (taken, wallet);
end $$;
