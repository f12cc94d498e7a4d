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
