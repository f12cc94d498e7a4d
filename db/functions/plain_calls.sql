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
-- Items are given by column, an array each: to read them out of JSON was a sixth of the whole. Where no item has a value a column may
-- be null, but for those up to costs, and of new ones up to holds. Answers how many have ended and begun, and lists with commas: by
-- item what is held and charged, and the place, from one, of its wallet among the balances; by item that has begun its plan version.
-- Planner settings as in open_calls and settle_calls.
create or replace function plain_calls_v2(
  p_at timestamptz, p_instance uuid,
  -- What ends; the least and the greatest id of it: with these, only the months that they lie in are opened.
  lowest uuid, highest uuid, call_ids uuid[], job_ids uuid[], wallet_ids uuid[], statuses text[], charges bigint[], inputs bigint[],
  outputs bigint[], latencies bigint[], costs bigint[], targets text[], attempt_lists text[], cached_inputs int[], cache_writes int[],
  reasonings int[], litellm_costs bigint[], flag_lists text[], cache_hits boolean[], first_tokens int[], finish_reasons text[],
  error_codes text[], error_messages text[],
  -- What begins:
  new_calls uuid[], new_jobs uuid[], new_teams text[], new_keys uuid[], new_wallets uuid[], new_aliases text[], new_endpoints text[],
  versions uuid[], holds bigint[], new_streams boolean[], purposes text[], metadatas text[], snapshots text[], worst_costs bigint[],
  out settled int, out opened int, out held text, out charged text, out wallets text, out balances text, out plan_versions text)
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  settles int := coalesce(cardinality(call_ids), 0);
  opens int := coalesce(cardinality(new_calls), 0);
  n int;
  plain boolean;
  several boolean;
  -- By item that ends:
  successes bigint[];
  helds bigint[];
  cost_helds bigint[];
  takens bigint[];
  over_hold boolean[];
  entry_nos bigint[];
  balances_after bigint[];
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
  settled := 0;
  opened := 0;

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
      array_agg((x.status = 'succeeded')::int::bigint), array_agg(case when per_call[p.job] then x.wallet_id end),
      array_agg(case when per_call[p.job] and (x.status <> 'failed' or x.output > 0) then x.charge else 0 end)
    into plain, helds, cost_helds, jobs_of, successes, wallet_ids, charges
    from unnest(call_ids, job_ids, wallet_ids, charges, statuses, outputs) as x (call_id, job_id, wallet_id, charge, status, output)
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
    select x.call_id, x.job_id, x.team_id, x.key_id, p_instance, x.alias, x.endpoint, coalesce(x.stream, false), x.purpose,
      x.metadata::jsonb, x.price_snapshot::jsonb, x.worst_cost_nanos, x.hold, p_at
    from unnest(
      new_calls, new_jobs, new_teams, new_keys, new_aliases, new_endpoints, new_streams, purposes, metadatas, snapshots, worst_costs, holds
    ) as x (
      call_id, job_id, team_id, key_id, alias, endpoint, stream, purpose, metadata, price_snapshot, worst_cost_nanos, hold);
    if held_wallets <> '{}' then
      insert into credit_holds (id, wallet_id, job_id, amount, created_at)
      select x.call_id, x.wallet_id, x.job_id, x.hold, p_at
      from unnest(new_calls, new_wallets, new_jobs, holds) as x (call_id, wallet_id, job_id, hold) where x.hold > 0;
    end if;
  end if;
  if settles > 0 then
    update llm_calls c
    set status = x.status, target = x.target, attempts = x.attempts::jsonb, input_tokens = x.input,
      cached_input_tokens = coalesce(x.cached_input, 0 * x.input), cache_write_tokens = coalesce(x.cache_write, 0 * x.input),
      output_tokens = x.output, reasoning_tokens = coalesce(x.reasoning, 0 * x.input), provider_cost_nanos = x.cost,
      litellm_cost_nanos = x.litellm_cost,
      cost_flags = coalesce(x.flags::text[], '{}') || case when x.over_hold then '{over_hold}'::text[] else '{}' end,
      charged = x.taken, cache_hit = coalesce(x.cache_hit, false), latency_ms = x.latency, first_token_ms = x.first_token,
      finish_reason = x.finish_reason, error_code = x.error_code, error_message = x.error_message, ended_at = p_at
    from unnest(
      call_ids, call_ids, takens, over_hold, statuses, targets, attempt_lists, inputs, cached_inputs, cache_writes, outputs, reasonings,
      costs, litellm_costs, flag_lists, cache_hits, latencies, first_tokens, finish_reasons, error_codes, error_messages
    ) as x (
      call_id, same_id, taken, over_hold, status, target, attempts, input, cached_input, cache_write, output, reasoning, cost,
      litellm_cost, flags, cache_hit, latency, first_token, finish_reason, error_code, error_message)
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
  -- Of calls without usage or cost, null.
  update jobs j
  set calls = j.calls + x.begins, calls_in_flight = j.calls_in_flight + x.begins - x.ends,
    succeeded_calls = j.succeeded_calls + x.successes, failed_calls = j.failed_calls + x.ends - x.successes,
    input_tokens = j.input_tokens + coalesce(x.input, 0), output_tokens = j.output_tokens + coalesce(x.output, 0),
    latency_ms = j.latency_ms + x.latency, provider_cost_nanos = j.provider_cost_nanos + coalesce(x.cost, 0),
    ended_cost_nanos = j.ended_cost_nanos + coalesce(x.cost, 0),
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

  for i in 1..coalesce(cardinality(wallet_taken), 0) loop
    wallet_balances[i] := wallet_balances[i] - wallet_taken[i];
  end loop;
  settled := settles;
  opened := opens;
  held := array_to_string(item_holds, ',');
  charged := array_to_string(item_takens, ',');
  wallets := array_to_string(wallets_of, ',', '');
  balances := array_to_string(wallet_balances, ',', '');
  plan_versions := array_to_string(versions[1:opens], ',', '');
end $$;
