-- Ends calls together where each is in flight and nothing but its hold and its charge hangs on it, as nearly always: no keys, no
-- budgets, no job that ends with it or waits for it. Returns a row an item, in their order.
-- Invariant: ends all of them or, without a row, changes nothing; then settle_calls takes them, under the same locks. Charged in a
-- job as settle_calls says, call after call.
-- Called by settle_calls, under its planner settings. Locks, each ascending: jobs, and the wallets of those that charge each call.
create or replace function settle_plain_calls_v1(p_at timestamptz, p_items jsonb)
returns table (charged bigint, balance bigint, available bigint)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  n constant int := jsonb_array_length(p_items);
  plain boolean;
  -- By item:
  call_ids uuid[];
  job_ids uuid[];
  wallet_ids uuid[];
  succeeded boolean[];
  charges bigint[];
  input_tokens int[];
  output_tokens int[];
  latencies int[];
  costs bigint[];
  helds bigint[];
  cost_helds bigint[];
  jobs_of int[];
  takens bigint[];
  entry_nos bigint[];
  balances_after bigint[];
  wallets_of int[];
  -- By job; `owed` is what it is charged in all, the rest below it is added:
  locked_jobs uuid[];
  per_call boolean[];
  owed bigint[];
  call_charges bigint[];
  minimums bigint[];
  added_ends int[];
  added_successes int[];
  added_input bigint[];
  added_output bigint[];
  added_latency bigint[];
  added_costs bigint[];
  freed_holds bigint[];
  freed_costs bigint[];
  added_taken bigint[];
  added_charges bigint[];
  over_hold boolean[];
  -- By wallet:
  charged_wallets uuid[] := '{}';
  locked_wallets uuid[];
  wallet_balances bigint[];
  wallet_rooms bigint[];
  last_entries bigint[];
  wallet_freed bigint[];
  wallet_taken bigint[];
  wallet_entries bigint[];
  zeros bigint[];
  job int;
  wallet int;
  taken bigint;
begin
  select bool_and(x.claim_id is null and x.end_job is null and x.job_id is not null), array_agg(x.call_id), array_agg(x.job_id),
    array_agg(x.wallet_id), array_agg(x.status = 'succeeded'),
    array_agg(case when x.status <> 'failed' or x.output_tokens > 0 then coalesce(x.charge, 0) else 0 end),
    array_agg(coalesce(x.input_tokens, 0)), array_agg(coalesce(x.output_tokens, 0)), array_agg(coalesce(x.latency_ms, 0)),
    array_agg(coalesce(x.provider_cost_nanos, 0))
  into plain, call_ids, job_ids, wallet_ids, succeeded, charges, input_tokens, output_tokens, latencies, costs
  from jsonb_to_recordset(p_items) as x (
    call_id uuid, job_id uuid, wallet_id uuid, status text, charge bigint, input_tokens int, output_tokens int, latency_ms int,
    provider_cost_nanos bigint, claim_id text, end_job text);
  if not plain then
    return;
  end if;

  select array_agg(l.id), array_agg(l.per_call), array_agg(l.charged), array_agg(l.call_charges), array_agg(l.minimum),
    not bool_or(l.charge_pending)
  into locked_jobs, per_call, owed, call_charges, minimums, plain
  from (
    select j.id, coalesce(j.terms ->> 'charged' = 'call', false) as per_call, j.charged, j.call_charges, j.charge_pending,
      coalesce((j.terms ->> 'minimum')::bigint, 0) as minimum
    from jobs j where j.id = any (job_ids) order by j.id for update
  ) l;
  if plain is distinct from true then
    return;
  end if;
  select count(distinct x.call_id) = n and bool_and(c.budget_holds is null), array_agg(c.held order by x.i),
    array_agg(coalesce(c.cost_held, 0) order by x.i)
  into plain, helds, cost_helds
  from unnest(call_ids, job_ids) with ordinality as x (call_id, job_id, i)
    cross join lateral (
      select held, cost_held, budget_holds, job_id, ended_at from llm_calls where id = x.call_id limit 1
    ) c
  where c.job_id = x.job_id and c.ended_at is null;
  if not plain or cardinality(helds) < n then
    return;
  end if;

  zeros := array_fill(0::bigint, array[cardinality(locked_jobs)]);
  added_ends := zeros;
  added_successes := zeros;
  added_input := zeros;
  added_output := zeros;
  added_latency := zeros;
  added_costs := zeros;
  freed_holds := zeros;
  freed_costs := zeros;
  added_taken := zeros;
  added_charges := zeros;
  over_hold := array_fill(false, array[cardinality(locked_jobs)]);
  for i in 1..n loop
    job := array_position(locked_jobs, job_ids[i]);
    jobs_of[i] := job;
    if per_call[job] then
      charged_wallets := charged_wallets || wallet_ids[i];
    else
      charges[i] := 0;
    end if;
  end loop;
  if charged_wallets <> '{}' then
    select array_agg(l.id), array_agg(l.balance), array_agg(l.room), array_agg(l.entry_no)
    into locked_wallets, wallet_balances, wallet_rooms, last_entries
    from (
      select w.id, w.balance, w.balance + w.credit_limit - w.held as room, w.entry_no
      from wallets w where w.id = any (charged_wallets) order by w.id for update
    ) l;
    wallet_freed := array_fill(0::bigint, array[cardinality(locked_wallets)]);
    wallet_taken := wallet_freed;
    wallet_entries := wallet_freed;
  end if;

  for i in 1..n loop
    job := jobs_of[i];
    taken := 0;
    added_charges[job] := added_charges[job] + charges[i];
    if per_call[job] then
      if succeeded[i] or charges[i] > 0 then
        taken := greatest(minimums[job], call_charges[job] + added_charges[job], owed[job]) - owed[job];
        owed[job] := owed[job] + taken;
      end if;
      wallet := array_position(locked_wallets, wallet_ids[i]);
      wallets_of[i] := wallet;
      wallet_freed[wallet] := wallet_freed[wallet] + helds[i];
      wallet_taken[wallet] := wallet_taken[wallet] + taken;
      if taken > 0 then
        wallet_entries[wallet] := wallet_entries[wallet] + 1;
        entry_nos[i] := last_entries[wallet] + wallet_entries[wallet];
        balances_after[i] := wallet_balances[wallet] - wallet_taken[wallet];
      end if;
    end if;
    takens[i] := taken;
    added_ends[job] := added_ends[job] + 1;
    added_successes[job] := added_successes[job] + succeeded[i]::int;
    added_input[job] := added_input[job] + input_tokens[i];
    added_output[job] := added_output[job] + output_tokens[i];
    added_latency[job] := added_latency[job] + latencies[i];
    added_costs[job] := added_costs[job] + costs[i];
    freed_holds[job] := freed_holds[job] + helds[i];
    freed_costs[job] := freed_costs[job] + cost_helds[i];
    added_taken[job] := added_taken[job] + taken;
    over_hold[job] := over_hold[job] or taken > helds[i];
  end loop;

  update llm_calls c
  set status = x.status, target = x.target, attempts = x.attempts, input_tokens = x.input_tokens,
    cached_input_tokens = x.cached_input_tokens, cache_write_tokens = x.cache_write_tokens, output_tokens = x.output_tokens, reasoning_tokens = x.reasoning_tokens,
    provider_cost_nanos = x.provider_cost_nanos, litellm_cost_nanos = x.litellm_cost_nanos,
    cost_flags = coalesce(x.cost_flags, '{}') || case when x.taken > c.held then array['over_hold'] else '{}' end,
    charged = x.taken, cache_hit = coalesce(x.cache_hit, false), latency_ms = x.latency_ms, first_token_ms = x.first_token_ms,
    finish_reason = x.finish_reason, error_code = x.error_code, error_message = x.error_message, ended_at = p_at
  from rows from (
    jsonb_to_recordset(p_items) as (
      call_id uuid, status text, target text, attempts jsonb, input_tokens int, cached_input_tokens int, cache_write_tokens int,
      output_tokens int, reasoning_tokens int, provider_cost_nanos bigint, litellm_cost_nanos bigint, cost_flags text[],
      cache_hit boolean, latency_ms int, first_token_ms int, finish_reason text, error_code text, error_message text),
    unnest(call_ids, takens)
  ) as x (
    call_id, status, target, attempts, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
    provider_cost_nanos, litellm_cost_nanos, cost_flags, cache_hit, latency_ms, first_token_ms, finish_reason, error_code,
    error_message, same_id, taken)
  -- The second equation holds for every item. It lets the planner expect one, which is looked up by its key; of a hundred it
  -- would read a table that was small when it planned, and goes on doing so when it no longer is.
  where c.id = x.call_id and x.same_id = x.call_id;
  if charged_wallets <> '{}' then
    update credit_holds h set state = case when x.taken > 0 then 'settled' else 'released' end, resolved_at = p_at
    from unnest(call_ids, helds, takens) as x (call_id, held, taken)
    where x.held > 0 and h.id = x.call_id and h.state = 'open';
    insert into credit_transactions (
      wallet_id, entry_no, kind, amount, balance_after, call_id, job_id, charge_id, actor, created_at)
    select x.wallet_id, x.entry_no, 'charge', -x.taken, x.balance_after, x.call_id, x.job_id, x.call_id, 'system', p_at
    from unnest(wallet_ids, entry_nos, takens, balances_after, call_ids, job_ids)
      as x (wallet_id, entry_no, taken, balance_after, call_id, job_id)
    where x.taken > 0;
    update wallets w
    set held = w.held - x.freed, balance = w.balance - x.taken, entry_no = w.entry_no + x.entries,
      unattributed = w.unattributed + least(x.taken, greatest(w.balance, 0)), updated_at = p_at
    from unnest(locked_wallets, wallet_freed, wallet_taken, wallet_entries) as x (id, freed, taken, entries)
    where w.id = x.id and (x.freed > 0 or x.taken > 0);
  end if;
  update jobs j
  set calls_in_flight = j.calls_in_flight - x.ends, succeeded_calls = j.succeeded_calls + x.successes,
    failed_calls = j.failed_calls + x.ends - x.successes, input_tokens = j.input_tokens + x.input,
    output_tokens = j.output_tokens + x.output, latency_ms = j.latency_ms + x.latency,
    provider_cost_nanos = j.provider_cost_nanos + x.costs, held = j.held - x.held, cost_held = j.cost_held - x.cost_held,
    charged = j.charged + x.taken, call_charges = j.call_charges + x.charges,
    charged_over_hold = j.charged_over_hold or x.over_hold, last_activity_at = p_at
  from unnest(
      locked_jobs, added_ends, added_successes, added_input, added_output, added_latency, added_costs, freed_holds, freed_costs,
      added_taken, added_charges, over_hold)
    as x (id, ends, successes, input, output, latency, costs, held, cost_held, taken, charges, over_hold)
  where j.id = x.id;

  return query
    select x.taken, wallet_balances[x.wallet] - wallet_taken[x.wallet],
      wallet_rooms[x.wallet] + wallet_freed[x.wallet] - wallet_taken[x.wallet]
    from unnest(takens, wallets_of) as x (taken, wallet);
end $$;
