-- Changes a wallet's balance by an allocation: one entry in the ledger, one grant.
-- Invariants: balance = sum of the entries = balance_after of the last; what remains of the grants less `unattributed`
-- = max(balance, 0). A debt is paid first: only what lies above it is granted.
-- Idempotent by idempotency_key within the wallet: 'replayed' tells the entry that was made, 'mismatch' another amount.
--
-- p_change: {team_id, kind: "allocation", amount, grant_id, actor, reason, idempotency_key}
-- Outcomes: changed, replayed, mismatch, team_not_found.
create or replace function change_wallet_v1(p_at timestamptz, p_change jsonb)
returns table (outcome text, entry_no bigint, amount bigint, balance_after bigint, created_at timestamptz)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  wallet wallets%rowtype;
  earlier credit_transactions%rowtype;
  change bigint := (p_change ->> 'amount')::bigint;
  granted bigint;
begin
  select * into wallet from wallets w where w.team_id = p_change ->> 'team_id' for update;
  if not found then
    return query select 'team_not_found'::text, null::bigint, null::bigint, null::bigint, null::timestamptz;
    return;
  end if;

  if p_change ->> 'idempotency_key' is not null then
    select * into earlier from credit_transactions t
    where t.wallet_id = wallet.id and t.idempotency_key = p_change ->> 'idempotency_key';
    if found then
      return query select case when earlier.amount = change then 'replayed' else 'mismatch' end,
        earlier.entry_no, earlier.amount, earlier.balance_after, earlier.created_at;
      return;
    end if;
  end if;

  granted := greatest(least(change, wallet.balance + change), 0);
  update wallets w
  set balance = w.balance + change, entry_no = w.entry_no + 1, updated_at = p_at
  where w.id = wallet.id;
  insert into credit_grants (id, wallet_id, kind, amount, remaining, created_at)
  values ((p_change ->> 'grant_id')::uuid, wallet.id, p_change ->> 'kind', change, granted, p_at);
  insert into credit_transactions (
    wallet_id, entry_no, kind, amount, balance_after, grant_id, actor, reason, idempotency_key, created_at)
  values (
    wallet.id, wallet.entry_no + 1, p_change ->> 'kind', change, wallet.balance + change,
    (p_change ->> 'grant_id')::uuid, p_change ->> 'actor', p_change ->> 'reason', p_change ->> 'idempotency_key', p_at);
  return query select 'changed'::text, wallet.entry_no + 1, change, wallet.balance + change, p_at;
end $$;
--> statement-breakpoint
-- Claims an idempotency key, or tells why not: 'claimed', 'replay' (the answer is stored), 'running', 'mismatch'.
-- Invariant: of all statements with one key within its 24 hours, exactly one is told 'claimed'; it stores an answer or frees the key.
-- Waits for a concurrent claim of the same key to commit. Callers with several keys claim them in ascending order.
create or replace function claim_idempotency_key_v1(p_at timestamptz, p_instance uuid, p_call uuid, p_claim jsonb)
returns text language plpgsql volatile set enable_seqscan = off as $$
declare
  existing idempotency_keys%rowtype;
begin
  loop
    insert into idempotency_keys (id, body_hash, instance_id, call_id, created_at, expires_at)
    values (p_claim ->> 'id', p_claim ->> 'body_hash', p_instance, p_call, p_at, p_at + interval '24 hours')
    on conflict (id) do nothing;
    if found then
      return 'claimed';
    end if;

    select * into existing from idempotency_keys where id = p_claim ->> 'id' for update;
    -- Freed between the two statements: try again.
    continue when not found;

    -- Over, or claimed to end a job and never answered: ending is done in moments and may be done again.
    if existing.expires_at <= p_at or (
      existing.response_status is null and existing.call_id is null and existing.created_at <= p_at - interval '1 minute'
    ) then
      delete from idempotency_keys where id = existing.id;
      continue;
    end if;
    return case
      when existing.body_hash <> p_claim ->> 'body_hash' then 'mismatch'
      when existing.response_status is null then 'running'
      else 'replay'
    end;
  end loop;
end $$;
--> statement-breakpoint
-- Creates a job. Its answer is known beforehand, so an idempotency key is claimed and answered in this one statement.
-- Invariant: a key makes at most one job, and whoever repeats it gets that job's answer.
create or replace function create_job_v1(p_at timestamptz, p_job jsonb, p_claim jsonb)
returns table (outcome text, response_status int, sealed_response bytea)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  claimed text;
begin
  if p_claim is not null then
    claimed := claim_idempotency_key_v1(p_at, null, null, p_claim);
    if claimed <> 'claimed' then
      return query
        select claimed, k.response_status, k.sealed_response from idempotency_keys k where k.id = p_claim ->> 'id';
      return;
    end if;
    perform store_answer_v1(
      p_claim ->> 'id', (p_claim ->> 'response_status')::int, p_claim ->> 'sealed_response');
  end if;

  insert into jobs (id, team_id, key_id, type, user_id, external_task_id, metadata, max_credits, created_at, last_activity_at)
  values (
    (p_job ->> 'id')::uuid, p_job ->> 'team_id', (p_job ->> 'key_id')::uuid, p_job ->> 'type', p_job ->> 'user_id',
    p_job ->> 'external_task_id', coalesce(p_job -> 'metadata', '{}'), (p_job ->> 'max_credits')::bigint, p_at, p_at);
  return query select 'created'::text, null::int, null::bytea;
end $$;
--> statement-breakpoint
-- Ends a job as completed, failed or cancelled, once. Calls still in flight settle onto it later.
-- Invariant: an end state never changes; asking for the same again is 'already', for another 'conflict'.
-- A claimed idempotency key is answered by store_answer_v1 afterwards; ending is idempotent, so a crash in between loses nothing.
-- Locks: idempotency key, job.
--
-- p_end: {job_id, team_id, status, metadata, result, error_message}
create or replace function end_job_v1(p_at timestamptz, p_instance uuid, p_end jsonb, p_claim jsonb)
returns table (
  outcome text, response_status int, sealed_response bytea, job_status text, created_at timestamptz, ended_at timestamptz,
  calls int, succeeded_calls int, failed_calls int, calls_in_flight int, input_tokens bigint, output_tokens bigint,
  latency_ms bigint, charged bigint, balance bigint)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  claimed text;
  ending jobs%rowtype;
  told text;
begin
  if p_claim is not null then
    claimed := claim_idempotency_key_v1(p_at, p_instance, null, p_claim);
    if claimed <> 'claimed' then
      return query
        select claimed, k.response_status, k.sealed_response, null::text, null::timestamptz, null::timestamptz, null::int,
          null::int, null::int, null::int, null::bigint, null::bigint, null::bigint, null::bigint, null::bigint
        from idempotency_keys k where k.id = p_claim ->> 'id';
      return;
    end if;
  end if;

  select * into ending from jobs j
  where j.id = (p_end ->> 'job_id')::uuid and j.team_id = p_end ->> 'team_id' for update;

  if not found then
    told := 'not_found';
  elsif ending.ended_at is null then
    told := 'ended';
    update jobs j
    set status = p_end ->> 'status', ended_at = p_at, last_activity_at = p_at,
      metadata = j.metadata || coalesce(nullif(p_end -> 'metadata', 'null'), '{}'),
      result = nullif(p_end -> 'result', 'null'), error_message = p_end ->> 'error_message'
    where j.id = ending.id;
  elsif ending.status = p_end ->> 'status' then
    told := 'already';
  else
    told := 'conflict';
  end if;

  if p_claim is not null and told in ('not_found', 'conflict') then
    delete from idempotency_keys k where k.id = p_claim ->> 'id';
  end if;

  return query
    select told, null::int, null::bytea, j.status, j.created_at, j.ended_at, j.calls, j.succeeded_calls, j.failed_calls,
      j.calls_in_flight, j.input_tokens, j.output_tokens, j.latency_ms, j.charged, w.balance
    from (select 1) one
    left join jobs j on j.id = ending.id
    left join wallets w on w.team_id = j.team_id;
end $$;
--> statement-breakpoint
-- Makes the partitions of llm_calls for the month of p_at and the three that follow. A month's bounds are the smallest
-- UUIDv7 of its first millisecond and of the next month's.
create or replace function ensure_call_partitions_v1(p_at timestamptz)
returns void language plpgsql volatile as $$
declare
  month timestamp := date_trunc('month', p_at at time zone 'UTC');
begin
  perform pg_advisory_xact_lock(hashtext('llm_calls partitions'));
  for ahead in 0..3 loop
    if to_regclass('llm_calls_' || to_char(month, 'YYYY_MM')) is null then
      execute format(
        'create table %I partition of llm_calls for values from (%L) to (%L) with (fillfactor = 70)',
        'llm_calls_' || to_char(month, 'YYYY_MM'),
        first_uuid_v7_v1(month at time zone 'UTC'), first_uuid_v7_v1((month + interval '1 month') at time zone 'UTC'));
    end if;
    month := month + interval '1 month';
  end loop;
end $$;
--> statement-breakpoint
-- Deletes keys whose 24 hours are over. Returns how many: call again while that is p_limit.
create or replace function expire_idempotency_keys_v1(p_at timestamptz, p_limit int)
returns int language plpgsql volatile as $$
declare
  expired int;
begin
  with old as (
    select k.id from idempotency_keys k where k.expires_at <= p_at limit p_limit for update skip locked
  )
  delete from idempotency_keys k using old where k.id = old.id;
  get diagnostics expired = row_count;
  return expired;
end $$;
--> statement-breakpoint
-- Ends jobs that nobody has touched for their time to live: no call in flight, no activity. Returns how many.
-- Right when two instances run it: a job that another one holds is left to it.
create or replace function expire_idle_jobs_v1(p_at timestamptz, p_idle interval, p_limit int)
returns int language plpgsql volatile as $$
declare
  expired int;
begin
  with idle as (
    select j.id from jobs j
    where j.ended_at is null and j.calls_in_flight = 0 and j.last_activity_at < p_at - p_idle
    order by j.id limit p_limit for update skip locked
  )
  update jobs j set status = 'expired', ended_at = p_at from idle where j.id = idle.id;
  get diagnostics expired = row_count;
  return expired;
end $$;
--> statement-breakpoint
-- The smallest UUIDv7 of an instant: its 48 bits of milliseconds, then zeros.
create or replace function first_uuid_v7_v1(p_at timestamptz)
returns uuid language sql immutable as $$
  select (lpad(to_hex(floor(extract(epoch from p_at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid;
$$;
--> statement-breakpoint
-- Renews an instance's lease and tells it the time, the versions of cached configuration, and which of its streams are to
-- stop because their job has ended. A lease that lapsed begins anew.
-- Losing the last heartbeats in a crash of the database is harmless, so they do not wait for the disk.
create or replace function heartbeat_v1(p_instance uuid, p_data_directory uuid, p_lease interval)
returns table (now timestamptz, lease_since timestamptz, versions jsonb, stop_calls uuid[])
language plpgsql volatile set enable_seqscan = off set synchronous_commit = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  since timestamptz;
begin
  insert into instances as i (id, data_directory_id, started_at, seen_at, lease_since)
  values (p_instance, p_data_directory, moment, moment, moment)
  on conflict (id) do update set
    seen_at = moment,
    lease_since = case when i.seen_at < moment - p_lease then moment else i.lease_since end
  returning i.lease_since into since;

  return query select
    moment,
    since,
    (select coalesce(jsonb_object_agg(v.kind, v.version), '{}') from config_versions v),
    (select coalesce(array_agg(c.id), '{}') from llm_calls c join jobs j on j.id = c.job_id
      where c.instance_id = p_instance and c.status = 'in_flight' and c.stream and j.ended_at is not null);
end $$;
--> statement-breakpoint
-- Opens calls: claims their idempotency keys, makes or locks their jobs, writes their in-flight rows.
-- Invariant: an item is 'opened' when, and only when, its job is open and belongs to its team; then its row stands and
-- the job counts it in flight. Each item is accepted or refused on its own; the refused change nothing.
-- Locks in this order: idempotency keys, then job references, then jobs, each ascending.
--
-- Item: {call_id, job_id, team_id, key_id, alias, endpoint, stream, purpose, metadata, price_snapshot, worst_cost_nanos,
--        create?: {type, user_id, external_task_id, metadata, reference, ends_with_call}, claim?: {id, body_hash}}
-- Outcomes: opened, job_not_found, job_ended (with job_status), replay (with the stored answer), running, mismatch.
-- Plans are generic: over a partitioned table PostgreSQL prefers a plan made anew each time, which costs more than the work.
create or replace function open_calls_v1(p_at timestamptz, p_instance uuid, p_items jsonb)
returns table (
  "position" int, outcome text, job_id uuid, job_status text, response_status int, sealed_response bytea)
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  n int := jsonb_array_length(p_items);
  item jsonb := p_items -> 0;
  entry record;
  locked record;
  outcomes text[];
  job_ids uuid[];
  job_statuses text[];
  found_job uuid;
  found_status text;
begin
  -- One item without key or new job, by far the most frequent: the same steps without arrays.
  if n = 1 and not item ? 'claim' and not item ? 'create' then
    update jobs
    set calls = calls + 1, calls_in_flight = calls_in_flight + 1, status = 'in_progress', last_activity_at = p_at
    where id = (item ->> 'job_id')::uuid and team_id = item ->> 'team_id' and ended_at is null;
    if not found then
      select j.status into found_status from jobs j
      where j.id = (item ->> 'job_id')::uuid and j.team_id = item ->> 'team_id';
      return query select 0, case when found then 'job_ended' else 'job_not_found' end,
        (item ->> 'job_id')::uuid, found_status, null::int, null::bytea;
      return;
    end if;
    insert into llm_calls (
      id, job_id, team_id, key_id, instance_id, alias, endpoint, stream, purpose, metadata, price_snapshot,
      worst_cost_nanos, created_at)
    values (
      (item ->> 'call_id')::uuid, (item ->> 'job_id')::uuid, item ->> 'team_id', (item ->> 'key_id')::uuid, p_instance,
      item ->> 'alias', item ->> 'endpoint', (item ->> 'stream')::boolean, item ->> 'purpose',
      nullif(item -> 'metadata', 'null'), item -> 'price_snapshot', (item ->> 'worst_cost_nanos')::bigint, p_at);
    return query select 0, 'opened'::text, (item ->> 'job_id')::uuid, 'in_progress'::text, null::int, null::bytea;
    return;
  end if;

  outcomes := array_fill(null::text, array[n]);
  job_statuses := array_fill(null::text, array[n]);
  select array_agg((value ->> 'job_id')::uuid order by ordinality) into job_ids
  from jsonb_array_elements(p_items) with ordinality;

  for entry in
    select ordinality::int as i, value from jsonb_array_elements(p_items) with ordinality
    where value ? 'claim' order by value -> 'claim' ->> 'id', ordinality
  loop
    found_status := claim_idempotency_key_v1(p_at, p_instance, (entry.value ->> 'call_id')::uuid, entry.value -> 'claim');
    if found_status <> 'claimed' then
      outcomes[entry.i] := found_status;
    end if;
  end loop;

  for entry in
    select ordinality::int as i, value, value -> 'create' as job from jsonb_array_elements(p_items) with ordinality
    where value ? 'create' order by value ->> 'team_id', value -> 'create' ->> 'reference', ordinality
  loop
    continue when outcomes[entry.i] is not null;
    insert into jobs (
      id, team_id, key_id, type, user_id, external_task_id, reference, ends_with_call, metadata, created_at, last_activity_at)
    values (
      job_ids[entry.i], entry.value ->> 'team_id', (entry.value ->> 'key_id')::uuid, entry.job ->> 'type',
      entry.job ->> 'user_id', entry.job ->> 'external_task_id', entry.job ->> 'reference',
      coalesce((entry.job ->> 'ends_with_call')::boolean, false), coalesce(entry.job -> 'metadata', '{}'), p_at, p_at)
    on conflict (team_id, reference) where reference is not null and ended_at is null do nothing;
    if not found then
      select j.id into found_job from jobs j
      where j.team_id = entry.value ->> 'team_id' and j.reference = entry.job ->> 'reference' and j.ended_at is null;
      -- Ended between the two statements: 'job_ended', and the caller tries again.
      if found then
        job_ids[entry.i] := found_job;
      else
        outcomes[entry.i] := 'job_ended';
      end if;
    end if;
  end loop;

  for locked in
    select j.id, j.team_id, j.status, j.ended_at from jobs j where j.id = any (job_ids) order by j.id for update
  loop
    for i in 1..n loop
      if job_ids[i] = locked.id and outcomes[i] is null and locked.team_id = p_items -> (i - 1) ->> 'team_id' then
        outcomes[i] := case when locked.ended_at is null then 'opened' else 'job_ended' end;
        job_statuses[i] := locked.status;
      end if;
    end loop;
  end loop;

  with opened as materialized (
    select value, job_ids[ordinality] as job_id from jsonb_array_elements(p_items) with ordinality
    where outcomes[ordinality] = 'opened'
  ), written as (
    insert into llm_calls (
      id, job_id, team_id, key_id, instance_id, alias, endpoint, stream, purpose, metadata, price_snapshot,
      worst_cost_nanos, created_at)
    select
      (value ->> 'call_id')::uuid, job_id, value ->> 'team_id', (value ->> 'key_id')::uuid, p_instance,
      value ->> 'alias', value ->> 'endpoint', (value ->> 'stream')::boolean, value ->> 'purpose',
      nullif(value -> 'metadata', 'null'), value -> 'price_snapshot', (value ->> 'worst_cost_nanos')::bigint, p_at
    from opened
  )
  update jobs j
  set calls = j.calls + added.n, calls_in_flight = j.calls_in_flight + added.n, status = 'in_progress', last_activity_at = p_at
  from (select job_id, count(*)::int as n from opened group by job_id) added
  where j.id = added.job_id;

  -- What was refused after its key was claimed frees the key again.
  delete from idempotency_keys k
  using jsonb_array_elements(p_items) with ordinality as t (value, ordinality)
  where k.id = t.value -> 'claim' ->> 'id' and k.call_id = (t.value ->> 'call_id')::uuid
    and coalesce(outcomes[t.ordinality], 'job_not_found') <> 'opened';

  return query
    select (t.ordinality - 1)::int, coalesce(outcomes[t.ordinality], 'job_not_found'), job_ids[t.ordinality],
      job_statuses[t.ordinality], k.response_status, k.sealed_response
    from jsonb_array_elements(p_items) with ordinality as t (value, ordinality)
    left join idempotency_keys k on outcomes[t.ordinality] = 'replay' and k.id = t.value -> 'claim' ->> 'id'
    order by t.ordinality;
end $$;
--> statement-breakpoint
-- Resolves calls whose instance is gone: aborted, at their worst case as estimated cost, free of charge for the team.
-- Who calls it has made sure that these instances are dead or silent; should one come back, its settle finds 'swept'.
-- Invariant: afterwards no call of these instances is in flight (as far as p_limit reaches), and no key of theirs runs.
-- Locks jobs ascending. Returns how many calls it resolved: call again while that is p_limit.
create or replace function resolve_lost_calls_v1(p_at timestamptz, p_instances uuid[], p_limit int)
returns int language plpgsql volatile set enable_seqscan = off as $$
declare
  chosen uuid[];
  resolved int;
begin
  select array_agg(id) into chosen from (
    select c.id from llm_calls c where c.instance_id = any (p_instances) and c.status = 'in_flight' limit p_limit
  ) lost;

  perform 1 from jobs j
  where j.id in (select c.job_id from llm_calls c where c.id = any (chosen)) order by j.id for update;

  with aborted as (
    update llm_calls c
    set status = 'aborted', lost = true, ended_at = p_at, provider_cost_nanos = c.worst_cost_nanos,
      cost_flags = case when c.worst_cost_nanos is null then array['unpriced', 'estimated'] else array['estimated'] end,
      error_code = 'instance_lost'
    where c.id = any (chosen) and c.status = 'in_flight'
    returning c.id, c.job_id, c.worst_cost_nanos
  ), booked as (
    update jobs j
    set calls_in_flight = j.calls_in_flight - sums.n, failed_calls = j.failed_calls + sums.n,
      provider_cost_nanos = j.provider_cost_nanos + sums.cost, last_activity_at = p_at,
      status = case when j.ends_with_call and j.ended_at is null then 'failed' else j.status end,
      ended_at = case when j.ends_with_call and j.ended_at is null then p_at else j.ended_at end
    from (select job_id, count(*)::int as n, coalesce(sum(worst_cost_nanos), 0) as cost from aborted group by job_id) sums
    where j.id = sums.job_id
  )
  select count(*) into resolved from aborted;

  delete from idempotency_keys k where k.instance_id = any (p_instances)
    and (k.call_id is null or k.call_id = any (chosen));
  return resolved;
end $$;
--> statement-breakpoint
-- Ends calls: writes what they cost and gave, adds that to their jobs, stores or frees their idempotency keys, and ends
-- a job that was to end with its only call.
-- Invariant: a call is ended once. A second settle changes nothing ('already'); one that finds its call swept records the
-- true cost in place of the estimate and charges nothing ('swept').
-- Locks jobs ascending.
--
-- Item: {call_id, job_id, status, target, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
--        reasoning_tokens, provider_cost_nanos, litellm_cost_nanos, cost_flags, latency_ms, first_token_ms, finish_reason,
--        error_code, error_message, claim_id, response_status, sealed_response (hex; null frees the key), end_job}
-- Outcomes: settled, already, swept, unknown.
-- Plans are generic: over a partitioned table PostgreSQL prefers a plan made anew each time, which costs more than the work.
create or replace function settle_calls_v1(p_at timestamptz, p_items jsonb)
returns table ("position" int, outcome text)
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  n int := jsonb_array_length(p_items);
  outcomes text[] := array_fill(null::text, array[n]);
  settled int[];
  entry record;
  swept record;
  one record;
begin
  -- One item, by far the most frequent: the same steps without sets.
  if n = 1 then
    select * into one from jsonb_to_record(p_items -> 0) as x (
      call_id uuid, job_id uuid, status text, target text, input_tokens int, cached_input_tokens int,
      cache_write_tokens int, output_tokens int, reasoning_tokens int, provider_cost_nanos bigint,
      litellm_cost_nanos bigint, cost_flags text[], latency_ms int, first_token_ms int, finish_reason text,
      error_code text, error_message text, claim_id text, response_status int, sealed_response text, end_job text);
    perform 1 from jobs j where j.id = one.job_id for update;
    update llm_calls c
    set status = one.status, target = one.target, input_tokens = one.input_tokens,
      cached_input_tokens = one.cached_input_tokens, cache_write_tokens = one.cache_write_tokens,
      output_tokens = one.output_tokens, reasoning_tokens = one.reasoning_tokens,
      provider_cost_nanos = one.provider_cost_nanos, litellm_cost_nanos = one.litellm_cost_nanos,
      cost_flags = coalesce(one.cost_flags, '{}'), latency_ms = one.latency_ms, first_token_ms = one.first_token_ms,
      finish_reason = one.finish_reason, error_code = one.error_code, error_message = one.error_message, ended_at = p_at
    where c.id = one.call_id and c.status = 'in_flight';
    if found then
      update jobs j
      set calls_in_flight = j.calls_in_flight - 1,
        succeeded_calls = j.succeeded_calls + (one.status = 'succeeded')::int,
        failed_calls = j.failed_calls + (one.status <> 'succeeded')::int,
        input_tokens = j.input_tokens + coalesce(one.input_tokens, 0),
        output_tokens = j.output_tokens + coalesce(one.output_tokens, 0),
        latency_ms = j.latency_ms + coalesce(one.latency_ms, 0),
        provider_cost_nanos = j.provider_cost_nanos + coalesce(one.provider_cost_nanos, 0),
        last_activity_at = p_at,
        status = case when one.end_job is not null and j.ended_at is null then one.end_job else j.status end,
        ended_at = case when one.end_job is not null and j.ended_at is null then p_at else j.ended_at end
      where j.id = one.job_id;
      if one.claim_id is not null and one.sealed_response is not null then
        update idempotency_keys k
        set response_status = one.response_status, sealed_response = decode(one.sealed_response, 'hex'), instance_id = null
        where k.id = one.claim_id and k.call_id = one.call_id;
      elsif one.claim_id is not null then
        delete from idempotency_keys k where k.id = one.claim_id and k.call_id = one.call_id;
      end if;
      return query select 0, 'settled'::text;
      return;
    end if;
  end if;

  perform 1 from jobs j
  where j.id in (select (value ->> 'job_id')::uuid from jsonb_array_elements(p_items)) order by j.id for update;

  with items as materialized (
    select (t.ordinality)::int as i, x.* from jsonb_array_elements(p_items) with ordinality as t (value, ordinality),
      lateral jsonb_to_record(t.value) as x (
        call_id uuid, job_id uuid, status text, target text, input_tokens int, cached_input_tokens int,
        cache_write_tokens int, output_tokens int, reasoning_tokens int, provider_cost_nanos bigint,
        litellm_cost_nanos bigint, cost_flags text[], latency_ms int, first_token_ms int, finish_reason text,
        error_code text, error_message text, claim_id text, response_status int, sealed_response text, end_job text)
  ), ended as (
    update llm_calls c
    set status = items.status, target = items.target, input_tokens = items.input_tokens,
      cached_input_tokens = items.cached_input_tokens, cache_write_tokens = items.cache_write_tokens,
      output_tokens = items.output_tokens, reasoning_tokens = items.reasoning_tokens,
      provider_cost_nanos = items.provider_cost_nanos, litellm_cost_nanos = items.litellm_cost_nanos,
      cost_flags = coalesce(items.cost_flags, '{}'), latency_ms = items.latency_ms, first_token_ms = items.first_token_ms,
      finish_reason = items.finish_reason, error_code = items.error_code, error_message = items.error_message, ended_at = p_at
    from items where c.id = items.call_id and c.status = 'in_flight'
    returning items.*
  ), booked as (
    update jobs j
    set calls_in_flight = j.calls_in_flight - sums.n,
      succeeded_calls = j.succeeded_calls + sums.succeeded, failed_calls = j.failed_calls + sums.n - sums.succeeded,
      input_tokens = j.input_tokens + sums.input_tokens, output_tokens = j.output_tokens + sums.output_tokens,
      latency_ms = j.latency_ms + sums.latency_ms, provider_cost_nanos = j.provider_cost_nanos + sums.cost,
      last_activity_at = p_at,
      status = case when sums.end_job is not null and j.ended_at is null then sums.end_job else j.status end,
      ended_at = case when sums.end_job is not null and j.ended_at is null then p_at else j.ended_at end
    from (
      select job_id, count(*)::int as n, (count(*) filter (where status = 'succeeded'))::int as succeeded,
        coalesce(sum(input_tokens), 0) as input_tokens, coalesce(sum(output_tokens), 0) as output_tokens,
        coalesce(sum(latency_ms), 0) as latency_ms, coalesce(sum(provider_cost_nanos), 0) as cost, max(end_job) as end_job
      from ended group by job_id
    ) sums
    where j.id = sums.job_id
  ), answered as (
    update idempotency_keys k
    set response_status = ended.response_status, sealed_response = decode(ended.sealed_response, 'hex'), instance_id = null
    from ended where k.id = ended.claim_id and k.call_id = ended.call_id and ended.sealed_response is not null
  ), freed as (
    delete from idempotency_keys k
    using ended where k.id = ended.claim_id and k.call_id = ended.call_id and ended.sealed_response is null
  )
  select array_agg(i) into settled from ended;

  if cardinality(settled) = n then
    return query select g, 'settled'::text from generate_series(0, n - 1) g;
    return;
  end if;

  for entry in
    select ordinality::int as i, (value ->> 'call_id')::uuid as call_id, (value ->> 'provider_cost_nanos')::bigint as cost, value
    from jsonb_array_elements(p_items) with ordinality
  loop
    if entry.i = any (settled) then
      outcomes[entry.i] := 'settled';
      continue;
    end if;
    select c.job_id, c.lost, c.provider_cost_nanos as estimate, 'estimated' = any (c.cost_flags) as estimated into swept
    from llm_calls c where c.id = entry.call_id for update;
    if not found then
      outcomes[entry.i] := 'unknown';
    elsif not swept.lost or not swept.estimated then
      outcomes[entry.i] := 'already';
    else
      update llm_calls c
      set provider_cost_nanos = entry.cost, cost_flags = array_remove(c.cost_flags, 'estimated'),
        target = entry.value ->> 'target', input_tokens = (entry.value ->> 'input_tokens')::int,
        output_tokens = (entry.value ->> 'output_tokens')::int
      where c.id = entry.call_id;
      update jobs j set provider_cost_nanos = j.provider_cost_nanos + coalesce(entry.cost, 0) - coalesce(swept.estimate, 0)
      where j.id = swept.job_id;
      outcomes[entry.i] := 'swept';
    end if;
  end loop;
  return query select i - 1, outcomes[i] from generate_series(1, n) i;
end $$;
--> statement-breakpoint
-- Stores the answer under a claimed idempotency key, so that a repeat gets it. The ciphertext comes in hex.
create or replace function store_answer_v1(p_id text, p_status int, p_sealed_hex text)
returns void language sql volatile set enable_seqscan = off as $$
  update idempotency_keys
  set response_status = p_status, sealed_response = decode(p_sealed_hex, 'hex'), instance_id = null
  where id = p_id and response_status is null;
$$;
--> statement-breakpoint
-- Room within the page for the updates that every call makes.
alter table "jobs" set (fillfactor = 50);
--> statement-breakpoint
alter table "wallets" set (fillfactor = 50);
--> statement-breakpoint
-- Later months are made by the server's upkeep.
select ensure_call_partitions_v1(now());
