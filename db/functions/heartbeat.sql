-- Renews an instance's lease and tells it the time, the versions of cached configuration, and which of its streams are to
-- stop: because their job has ended, because their team or its organization is suspended or deleted, or because an admin
-- cancelled them. They are told again until they are settled. A lease that lapsed begins anew.
-- Invariant: no call that the instance has in flight, or opens before its next heartbeat, has an id below oldest_call.
-- The instance says so; what is kept may be from an earlier heartbeat, and is then only lower. The calls of one that is gone are
-- looked for from there on, since no index may hold what a settle changes.
-- Losing the last heartbeats in a crash of the database is harmless, so they do not wait for the disk.
--
-- p_streams: the calls that it streams, and p_jobs: their jobs, in the same order.
create or replace function heartbeat_v4(
  p_instance uuid, p_data_directory uuid, p_lease interval, p_oldest_call uuid, p_streams uuid[], p_jobs uuid[])
returns table (now timestamptz, lease_since timestamptz, versions jsonb, ended_calls uuid[], suspended_calls uuid[],
  cancelled_calls uuid[])
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set synchronous_commit = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  since timestamptz;
begin
  insert into instances as i (id, data_directory_id, started_at, seen_at, lease_since, oldest_call)
  values (p_instance, p_data_directory, moment, moment, moment, p_oldest_call)
  on conflict (id) do update set
    seen_at = moment,
    lease_since = case when i.seen_at < moment - p_lease then moment else i.lease_since end,
    oldest_call = p_oldest_call
  returning i.lease_since into since;

  return query select
    moment,
    since,
    (select coalesce(jsonb_object_agg(v.kind, v.version), '{}') from config_versions v),
    coalesce(array_agg(s.call_id) filter (where j.ended_at is not null), '{}'),
    coalesce(array_agg(s.call_id) filter (where j.ended_at is null
      and (t.status in ('suspended', 'deleted') or o.status in ('suspended', 'deleted'))), '{}'),
    (select coalesce(array_agg(c.call_id), '{}') from call_cancellations c where c.call_id = any (p_streams))
  from unnest(p_streams, p_jobs) as s (call_id, job_id)
    join jobs j on j.id = s.job_id
    join teams t on t.id = j.team_id
    join organizations o on o.id = t.organization_id;
end $$;
