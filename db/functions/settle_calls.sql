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
