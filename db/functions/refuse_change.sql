-- Refuses to change or delete rows of tables that only grow.
create or replace function refuse_change_v1() returns trigger language plpgsql as $$
begin
  raise exception '% only grows: % is refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;
