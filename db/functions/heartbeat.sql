-- Renews an instance's lease and tells it the time, the versions of cached configuration, and which of its streams are to
-- stop because their job has ended. A lease that lapsed begins anew.
-- Losing the last heartbeats in a crash of the database is harmless, so they do not wait for the disk.
create or replace function heartbeat_v1(p_instance uuid, p_data_directory uuid, p_lease interval)
returns table (now timestamptz, lease_since timestamptz, versions jsonb, stop_calls uuid[])
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
    (select coalesce(array_agg(c.id), '{}') from llm_calls c join jobs j on j.id = c.job_id
      where c.instance_id = p_instance and c.status = 'in_flight' and c.stream and j.ended_at is not null);
end $$;
