-- A refund comes after the end of its job, whoever makes it.
create or replace function touch_refunded_job_v1() returns trigger language plpgsql as $$
begin
  perform touch_rollups_v1(new.id);
  return null;
end $$;
