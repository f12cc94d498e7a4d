-- Makes the partitions of llm_calls for the month of p_at and the three that follow. A month's bounds are the smallest
-- UUIDv7 of its first millisecond and of the next month's. Half of a page is left to the settles, which write each row anew.
create or replace function ensure_call_partitions_v1(p_at timestamptz)
returns void language plpgsql volatile as $$
declare
  month timestamp := date_trunc('month', p_at at time zone 'UTC');
begin
  perform pg_advisory_xact_lock(hashtext('llm_calls partitions'));
  for ahead in 0..3 loop
    if to_regclass('llm_calls_' || to_char(month, 'YYYY_MM')) is null then
      execute format(
        'create table %I partition of llm_calls for values from (%L) to (%L) with (fillfactor = 50)',
        'llm_calls_' || to_char(month, 'YYYY_MM'),
        first_uuid_v7_v1(month at time zone 'UTC'), first_uuid_v7_v1((month + interval '1 month') at time zone 'UTC'));
    end if;
    month := month + interval '1 month';
  end loop;
end $$;
