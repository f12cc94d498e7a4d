-- Renews an instance's lease and tells it the time, the versions of cached configuration, and which of its streams are to
-- stop: because their job has ended, or because their team or its organization is suspended or deleted. They are told again
-- until they are settled. A lease that lapsed begins anew.
-- Losing the last heartbeats in a crash of the database is harmless, so they do not wait for the disk.
create or replace function heartbeat_v2(p_instance uuid, p_data_directory uuid, p_lease interval)
returns table (now timestamptz, lease_since timestamptz, versions jsonb, ended_calls uuid[], suspended_calls uuid[])
language plpgsql volatile set enable_seqscan = off set synchronous_commit = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  since timestamptz;
begin
  insert into instances as i (id, data_directory_id, started_at, seen_at, lease_since)
  values (p_instance, p_data_directory, moment, moment, moment)
  on conflict (id) do update set
    seen_at = moment,
    lease_since = case when i.seen_at < moment - p_lease then moment else i.lease_since end
  returning i.lease_since into since;

  return query select
    moment,
    since,
    (select coalesce(jsonb_object_agg(v.kind, v.version), '{}') from config_versions v),
    coalesce(array_agg(c.id) filter (where j.ended_at is not null), '{}'),
    coalesce(array_agg(c.id) filter (where j.ended_at is null
      and (t.status in ('suspended', 'deleted') or o.status in ('suspended', 'deleted'))), '{}')
  from llm_calls c
    join jobs j on j.id = c.job_id
    join teams t on t.id = j.team_id
    join organizations o on o.id = t.organization_id
  where c.instance_id = p_instance and c.status = 'in_flight' and c.stream;
end $$;
