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
