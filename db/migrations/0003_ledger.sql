-- Refuses to change or delete rows of tables that only grow.
create or replace function refuse_change_v1() returns trigger language plpgsql as $$
begin
  raise exception '% only grows: % is refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;
--> statement-breakpoint
-- Room within the page for the updates that every call makes.
alter table "credit_holds" set (fillfactor = 80);
--> statement-breakpoint
alter table "team_periods" set (fillfactor = 50);
--> statement-breakpoint
alter table "budget_periods" set (fillfactor = 50);
--> statement-breakpoint
-- The ledger and the audit log only grow.
create or replace trigger credit_transactions_immutable before update or delete or truncate on credit_transactions
for each statement execute function refuse_change_v1();
--> statement-breakpoint
create or replace trigger audit_log_immutable before update or delete or truncate on audit_log
for each statement execute function refuse_change_v1();
--> statement-breakpoint
-- The plan that counts where nobody has chosen one: one credit a job.
insert into pricing_plans (id, name, created_at, updated_at) values ('default', 'Default', now(), now());
--> statement-breakpoint
insert into pricing_plan_versions (id, plan_id, number, kind, rules, effective_from, actor, created_at)
values ('00000000-0000-7000-8000-000000000001', 'default', 1, 'flat', '{"price": "1"}', '1970-01-01T00:00:00Z', 'system', now());
--> statement-breakpoint
insert into plan_assignments (id, plan_id, effective_from, actor, created_at)
values ('00000000-0000-7000-8000-000000000002', 'default', '1970-01-01T00:00:00Z', 'system', now());
