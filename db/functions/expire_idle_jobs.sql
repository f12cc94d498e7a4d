-- Ends jobs that nobody has touched for their time to live: no call in flight, no activity. Returns how many.
-- Never completing a job is no free ride: one with a successful call is charged as completed.
-- Right when two instances run it: a job that another one holds is left to it.
-- Locks jobs, team periods, wallets, each ascending.
create or replace function expire_idle_jobs_v2(p_at timestamptz, p_idle interval, p_limit int)
returns int language plpgsql volatile set enable_seqscan = off as $$
declare
  idle uuid[];
  ending uuid;
begin
  select array_agg(j.id) into idle from (
    select id from jobs
    where ended_at is null and calls_in_flight = 0 and last_activity_at < p_at - p_idle
    order by id limit p_limit for update skip locked
  ) j;
  if idle is null then
    return 0;
  end if;

  perform lock_ending_jobs_v1(idle, '{}');
  update jobs j set status = 'expired', ended_at = p_at, ended_cost_nanos = j.provider_cost_nanos where j.id = any (idle);
  foreach ending in array idle loop
    perform charge_job_v1(p_at, ending, 'expired');
  end loop;
  return cardinality(idle);
end $$;
