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
