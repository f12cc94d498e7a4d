-- Ends a job as completed, failed or cancelled, once, and charges it where its plan charges at the end. Calls still in flight
-- settle onto it later.
-- A failed or cancelled job with calls in flight is charged when the last of them settles: until then its hold stays.
-- Invariant: an end state never changes; asking for the same again is 'already', for another 'conflict'.
-- A claimed idempotency key is answered by store_answer_v1 afterwards; ending is idempotent, so a crash in between loses nothing.
-- Locks: idempotency key, job, team period, wallet.
--
-- p_end: {job_id, team_id, status, metadata, result, error_message}
create or replace function end_job_v2(p_at timestamptz, p_instance uuid, p_end jsonb, p_claim jsonb)
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
    set status = p_end ->> 'status', ended_at = p_at, ended_cost_nanos = j.provider_cost_nanos, last_activity_at = p_at,
      metadata = j.metadata || coalesce(nullif(p_end -> 'metadata', 'null'), '{}'),
      result = nullif(p_end -> 'result', 'null'), error_message = p_end ->> 'error_message'
    where j.id = ending.id;
    perform charge_job_v1(p_at, ending.id, p_end ->> 'status');
  elsif ending.status = p_end ->> 'status' then
    told := 'already';
  else
    told := 'conflict';
  end if;

  if p_claim is not null and told in ('not_found', 'conflict') then
    delete from idempotency_keys k where k.id = p_claim ->> 'id';
  end if;

  return query
    select told, null::int, null::bytea, j.status::text, j.created_at, j.ended_at, j.calls, j.succeeded_calls, j.failed_calls,
      j.calls_in_flight::int, j.input_tokens, j.output_tokens, j.latency_ms, j.charged, w.balance
    from (select 1) one
    left join jobs j on j.id = ending.id
    left join wallets w on w.team_id = j.team_id;
end $$;
