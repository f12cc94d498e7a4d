-- Creates a job. Its answer is known beforehand, so an idempotency key is claimed and answered in this one statement.
-- Invariant: a key makes at most one job, and whoever repeats it gets that job's answer; a refusal frees the key.
-- Locks: idempotency key, then as start_job.
--
-- Outcomes: replay, running, mismatch, and those of start_job.
create or replace function create_job_v2(p_at timestamptz, p_job jsonb, p_claim jsonb)
returns table (outcome text, response_status int, sealed_response bytea, detail jsonb)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  claimed text;
  started record;
begin
  if p_claim is not null then
    claimed := claim_idempotency_key_v1(p_at, null, null, p_claim);
    if claimed <> 'claimed' then
      return query
        select claimed, k.response_status, k.sealed_response, null::jsonb
        from idempotency_keys k where k.id = p_claim ->> 'id';
      return;
    end if;
  end if;

  select s.outcome, s.detail into started from start_job_v1(p_at, p_job) s;

  if p_claim is not null and started.outcome = 'created' then
    perform store_answer_v1(
      p_claim ->> 'id', (p_claim ->> 'response_status')::int, p_claim ->> 'sealed_response');
  elsif p_claim is not null then
    delete from idempotency_keys k where k.id = p_claim ->> 'id';
  end if;
  return query select started.outcome, null::int, null::bytea, started.detail;
end $$;
