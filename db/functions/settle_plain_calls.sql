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
