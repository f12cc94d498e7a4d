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
