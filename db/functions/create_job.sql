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
