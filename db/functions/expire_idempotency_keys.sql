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
