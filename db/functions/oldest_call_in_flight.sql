-- No call in flight has a lower id: the lowest that any instance says; of one of the release before, five minutes before its start.
-- Without instances nobody knows.
create or replace function oldest_call_in_flight_v1()
returns uuid language sql stable as $$
  select coalesce(
    (select coalesce(oldest_call, first_uuid_v7_v1(started_at - interval '5 minutes')) as id from instances order by 1 limit 1),
    '00000000-0000-0000-0000-000000000000');
$$;
