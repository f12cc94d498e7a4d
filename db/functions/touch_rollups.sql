-- Has the quarters of a job and of its calls computed again, because something about it changed after its end.
create or replace function touch_rollups_v1(p_job uuid) returns void language plpgsql volatile set enable_seqscan = off as $$
begin
  insert into rollup_touches (starts_at)
  select distinct date_bin(interval '15 minutes', t.created_at, timestamptz 'epoch') from (
    select j.created_at from jobs j where j.id = p_job
    union all
    select c.created_at from jobs j join llm_calls c on c.job_id = j.id
      and c.id >= first_uuid_v7_v1(j.created_at - interval '1 minute')
    where j.id = p_job
  ) t;
end $$;
