DROP INDEX "jobs_external_task";--> statement-breakpoint
CREATE INDEX "jobs_named" ON "jobs" USING btree ("reference","team_id") WHERE "jobs"."reference" is not null;--> statement-breakpoint
CREATE INDEX "jobs_external_task" ON "jobs" USING btree ("external_task_id","team_id") WHERE "jobs"."external_task_id" is not null;