CREATE TABLE "audit_log" (
	"id" uuid PRIMARY KEY NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"address" text,
	"request_id" text,
	"action" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"organization_id" text,
	"team_id" text,
	"before" jsonb,
	"after" jsonb
);
--> statement-breakpoint
CREATE TABLE "budget_periods" (
	"budget_id" uuid NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"spent" bigint DEFAULT 0 NOT NULL,
	"held" bigint DEFAULT 0 NOT NULL,
	"unheld" bigint DEFAULT 0 NOT NULL,
	"counted_from" timestamp with time zone,
	CONSTRAINT "budget_periods_budget_id_starts_at_pk" PRIMARY KEY("budget_id","starts_at"),
	CONSTRAINT "budget_periods_held" CHECK ("budget_periods"."held" >= 0)
);
--> statement-breakpoint
CREATE TABLE "budgets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"subject_id" text NOT NULL,
	"hard" boolean NOT NULL,
	"period" text NOT NULL,
	"limit_nanos" bigint NOT NULL,
	"alert_percents" jsonb DEFAULT '[80,100]'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "budgets_scope" CHECK ("budgets"."scope" in ('organization', 'team', 'key', 'alias')),
	CONSTRAINT "budgets_period" CHECK ("budgets"."period" in ('day', 'week', 'month', 'ever')),
	CONSTRAINT "budgets_limit" CHECK ("budgets"."limit_nanos" >= 0)
);
--> statement-breakpoint
CREATE TABLE "notice_states" (
	"id" text PRIMARY KEY NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"organization_id" text,
	"team_id" text,
	"payload" jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"delivered_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "credit_holds" (
	"id" uuid PRIMARY KEY NOT NULL,
	"wallet_id" uuid NOT NULL,
	"job_id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"resolved_at" timestamp with time zone,
	CONSTRAINT "credit_holds_state" CHECK ("credit_holds"."state" in ('open', 'settled', 'released')),
	CONSTRAINT "credit_holds_amount" CHECK ("credit_holds"."amount" >= 0)
);
--> statement-breakpoint
CREATE TABLE "credit_refills" (
	"id" uuid PRIMARY KEY NOT NULL,
	"wallet_id" uuid NOT NULL,
	"amount" bigint NOT NULL,
	"period" text NOT NULL,
	"expires" boolean NOT NULL,
	"priority" integer DEFAULT 50 NOT NULL,
	"active" boolean DEFAULT true NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "credit_refills_period" CHECK ("credit_refills"."period" in ('day', 'week', 'month')),
	CONSTRAINT "credit_refills_amount" CHECK ("credit_refills"."amount" > 0)
);
--> statement-breakpoint
CREATE TABLE "top_up_batches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"amount" bigint NOT NULL,
	"priority" integer DEFAULT 100 NOT NULL,
	"expires_at" timestamp with time zone,
	"credits_last_days" integer,
	"price_paid_nanos" bigint,
	"actor" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "top_up_codes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"batch_id" uuid NOT NULL,
	"hash" "bytea" NOT NULL,
	"last_four" text NOT NULL,
	"redeemed_at" timestamp with time zone,
	"redeemed_by" text,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "top_up_codes_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "call_bodies" (
	"call_id" uuid PRIMARY KEY NOT NULL,
	"sealed_request" "bytea" NOT NULL,
	"sealed_response" "bytea",
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "status_changes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organization_id" text,
	"team_id" text,
	"status" text NOT NULL,
	"paused_until" timestamp with time zone,
	"reason" text,
	"actor" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "plan_assignments" (
	"id" uuid PRIMARY KEY NOT NULL,
	"organization_id" text,
	"team_id" text,
	"plan_id" text,
	"effective_from" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"reason" text,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "plan_assignments_scope" CHECK ("plan_assignments"."organization_id" is null or "plan_assignments"."team_id" is null)
);
--> statement-breakpoint
CREATE TABLE "pricing_plan_versions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"plan_id" text NOT NULL,
	"number" integer NOT NULL,
	"kind" text NOT NULL,
	"rules" jsonb NOT NULL,
	"effective_from" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "pricing_plan_versions_kind" CHECK ("pricing_plan_versions"."kind" in ('flat', 'tiered', 'markup', 'per_token', 'subscription'))
);
--> statement-breakpoint
CREATE TABLE "pricing_plans" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "pricing_plans_status" CHECK ("pricing_plans"."status" in ('active', 'archived'))
);
--> statement-breakpoint
CREATE TABLE "team_periods" (
	"team_id" text NOT NULL,
	"period" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"completed" integer DEFAULT 0 NOT NULL,
	"included_taken" integer DEFAULT 0 NOT NULL,
	"costly_failures" integer DEFAULT 0 NOT NULL,
	"fee_charged" bigint,
	CONSTRAINT "team_periods_team_id_period_starts_at_pk" PRIMARY KEY("team_id","period","starts_at"),
	CONSTRAINT "team_periods_period" CHECK ("team_periods"."period" in ('day', 'week', 'month')),
	CONSTRAINT "team_periods_counts" CHECK ("team_periods"."completed" >= 0 and "team_periods"."included_taken" >= 0)
);
--> statement-breakpoint
CREATE TABLE "call_rollups" (
	"span" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"team_id" text NOT NULL,
	"key_id" uuid NOT NULL,
	"job_type" text NOT NULL,
	"alias" text NOT NULL,
	"target" text NOT NULL,
	"jobs" integer DEFAULT 0 NOT NULL,
	"calls" integer DEFAULT 0 NOT NULL,
	"succeeded" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"aborted" integer DEFAULT 0 NOT NULL,
	"cache_hits" integer DEFAULT 0 NOT NULL,
	"input_tokens" bigint DEFAULT 0 NOT NULL,
	"cached_input_tokens" bigint DEFAULT 0 NOT NULL,
	"output_tokens" bigint DEFAULT 0 NOT NULL,
	"cost_nanos" bigint DEFAULT 0 NOT NULL,
	"charged" bigint DEFAULT 0 NOT NULL,
	"earned" bigint DEFAULT 0 NOT NULL,
	"returned" bigint DEFAULT 0 NOT NULL,
	"latency_ms" bigint DEFAULT 0 NOT NULL,
	"flagged" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "call_rollups_span_starts_at_team_id_key_id_job_type_alias_target_pk" PRIMARY KEY("span","starts_at","team_id","key_id","job_type","alias","target")
);
--> statement-breakpoint
CREATE TABLE "job_rollups" (
	"span" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"team_id" text NOT NULL,
	"job_type" text NOT NULL,
	"jobs" integer DEFAULT 0 NOT NULL,
	"completed" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"cancelled" integer DEFAULT 0 NOT NULL,
	"expired" integer DEFAULT 0 NOT NULL,
	"charged" bigint DEFAULT 0 NOT NULL,
	"refunded" bigint DEFAULT 0 NOT NULL,
	"cost_nanos" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "job_rollups_span_starts_at_team_id_job_type_pk" PRIMARY KEY("span","starts_at","team_id","job_type")
);
--> statement-breakpoint
CREATE TABLE "rollup_spans" (
	"span" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"computed_at" timestamp with time zone NOT NULL,
	"open" boolean NOT NULL,
	CONSTRAINT "rollup_spans_span_starts_at_pk" PRIMARY KEY("span","starts_at")
);
--> statement-breakpoint
CREATE TABLE "rollup_touches" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "rollup_touches_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"starts_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "user_rollups" (
	"span" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"team_id" text NOT NULL,
	"user_id" text NOT NULL,
	"jobs" integer DEFAULT 0 NOT NULL,
	"calls" integer DEFAULT 0 NOT NULL,
	"succeeded" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"cache_hits" integer DEFAULT 0 NOT NULL,
	"input_tokens" bigint DEFAULT 0 NOT NULL,
	"output_tokens" bigint DEFAULT 0 NOT NULL,
	"charged" bigint DEFAULT 0 NOT NULL,
	"refunded" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "user_rollups_span_starts_at_team_id_user_id_pk" PRIMARY KEY("span","starts_at","team_id","user_id")
);
--> statement-breakpoint
DROP INDEX "llm_calls_team";--> statement-breakpoint
ALTER TABLE "api_tokens" ADD COLUMN "last_used_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "credit_grants" ADD COLUMN "price_paid_nanos" bigint;--> statement-breakpoint
ALTER TABLE "credit_grants" ADD COLUMN "reference" text;--> statement-breakpoint
ALTER TABLE "credit_grants" ADD COLUMN "refill_id" uuid;--> statement-breakpoint
ALTER TABLE "credit_grants" ADD COLUMN "period_start" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "credit_transactions" ADD COLUMN "charge_id" uuid;--> statement-breakpoint
ALTER TABLE "credit_transactions" ADD COLUMN "reference" text;--> statement-breakpoint
ALTER TABLE "credit_transactions" ADD COLUMN "counterpart_team_id" text;--> statement-breakpoint
ALTER TABLE "wallets" ADD COLUMN "low_balance_threshold" bigint;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "charged" bigint;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD COLUMN "balance" bigint;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "plan_version_id" uuid;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "terms" jsonb;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "period_start" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "place" text;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "max_cost_nanos" bigint;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "ends_by" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "cost_held" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "call_charges" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "refunded" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "charge_pending" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "charged_over_hold" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "llm_calls" ADD COLUMN "cost_held" bigint;--> statement-breakpoint
ALTER TABLE "llm_calls" ADD COLUMN "budget_holds" jsonb;--> statement-breakpoint
ALTER TABLE "llm_calls" ADD COLUMN "cache_hit" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "model_access_groups" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "model_alias_targets" ADD COLUMN "audio_input_nanos_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_alias_targets" ADD COLUMN "audio_output_nanos_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_alias_targets" ADD COLUMN "image_input_nanos_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_alias_targets" ADD COLUMN "long_context_tokens" integer;--> statement-breakpoint
ALTER TABLE "model_alias_targets" ADD COLUMN "long_input_nanos_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_alias_targets" ADD COLUMN "long_cached_input_nanos_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_alias_targets" ADD COLUMN "long_cache_write_nanos_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_alias_targets" ADD COLUMN "long_output_nanos_per_million" bigint;--> statement-breakpoint
ALTER TABLE "model_aliases" ADD COLUMN "min_output_tokens" integer DEFAULT 256 NOT NULL;--> statement-breakpoint
ALTER TABLE "model_aliases" ADD COLUMN "reasoning" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "model_aliases" ADD COLUMN "cache_ttl_seconds" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "model_aliases" ADD COLUMN "limits" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "provider_credentials" ADD COLUMN "last_four" text;--> statement-breakpoint
ALTER TABLE "provider_credentials" ADD COLUMN "organization_id" text;--> statement-breakpoint
ALTER TABLE "provider_credentials" ADD COLUMN "enabled" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "provider_credentials" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "organizations" ADD COLUMN "status_reason" text;--> statement-breakpoint
ALTER TABLE "teams" ADD COLUMN "status_reason" text;--> statement-breakpoint
ALTER TABLE "teams" ADD COLUMN "limits" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "virtual_keys" ADD COLUMN "prefix" text DEFAULT 'sk-' NOT NULL;--> statement-breakpoint
ALTER TABLE "virtual_keys" ADD COLUMN "ip_allow_list" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "virtual_keys" ADD COLUMN "limits" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "virtual_keys" ADD COLUMN "rotated_from" uuid;--> statement-breakpoint
ALTER TABLE "virtual_keys" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "budget_periods" ADD CONSTRAINT "budget_periods_budget_id_budgets_id_fk" FOREIGN KEY ("budget_id") REFERENCES "public"."budgets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_refills" ADD CONSTRAINT "credit_refills_wallet_id_wallets_id_fk" FOREIGN KEY ("wallet_id") REFERENCES "public"."wallets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "top_up_codes" ADD CONSTRAINT "top_up_codes_batch_id_top_up_batches_id_fk" FOREIGN KEY ("batch_id") REFERENCES "public"."top_up_batches"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "top_up_codes" ADD CONSTRAINT "top_up_codes_redeemed_by_teams_id_fk" FOREIGN KEY ("redeemed_by") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "status_changes" ADD CONSTRAINT "status_changes_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "status_changes" ADD CONSTRAINT "status_changes_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "plan_assignments" ADD CONSTRAINT "plan_assignments_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "plan_assignments" ADD CONSTRAINT "plan_assignments_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "plan_assignments" ADD CONSTRAINT "plan_assignments_plan_id_pricing_plans_id_fk" FOREIGN KEY ("plan_id") REFERENCES "public"."pricing_plans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pricing_plan_versions" ADD CONSTRAINT "pricing_plan_versions_plan_id_pricing_plans_id_fk" FOREIGN KEY ("plan_id") REFERENCES "public"."pricing_plans"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "team_periods" ADD CONSTRAINT "team_periods_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_subject" ON "audit_log" USING btree ("subject_kind","subject_id","id");--> statement-breakpoint
CREATE INDEX "audit_log_team" ON "audit_log" USING btree ("team_id","id");--> statement-breakpoint
CREATE INDEX "budget_periods_counted" ON "budget_periods" USING btree ("budget_id") WHERE "budget_periods"."counted_from" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "budgets_subject" ON "budgets" USING btree ("scope","subject_id","period","hard") WHERE "budgets"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "outbox_waiting" ON "outbox" USING btree ("id") WHERE "outbox"."delivered_at" is null;--> statement-breakpoint
CREATE INDEX "credit_holds_job" ON "credit_holds" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "credit_refills_wallet" ON "credit_refills" USING btree ("wallet_id");--> statement-breakpoint
CREATE INDEX "top_up_codes_batch" ON "top_up_codes" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "call_bodies_created" ON "call_bodies" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "status_changes_organization" ON "status_changes" USING btree ("organization_id","id");--> statement-breakpoint
CREATE INDEX "status_changes_team" ON "status_changes" USING btree ("team_id","id");--> statement-breakpoint
CREATE INDEX "plan_assignments_team" ON "plan_assignments" USING btree ("team_id","effective_from");--> statement-breakpoint
CREATE INDEX "plan_assignments_organization" ON "plan_assignments" USING btree ("organization_id","effective_from");--> statement-breakpoint
CREATE UNIQUE INDEX "pricing_plan_versions_number" ON "pricing_plan_versions" USING btree ("plan_id","number");--> statement-breakpoint
CREATE INDEX "call_rollups_team" ON "call_rollups" USING btree ("team_id","span","starts_at");--> statement-breakpoint
CREATE INDEX "job_rollups_team" ON "job_rollups" USING btree ("team_id","span","starts_at");--> statement-breakpoint
CREATE INDEX "rollup_spans_open" ON "rollup_spans" USING btree ("starts_at") WHERE "rollup_spans"."open";--> statement-breakpoint
CREATE INDEX "user_rollups_team" ON "user_rollups" USING btree ("team_id","span","starts_at");--> statement-breakpoint
ALTER TABLE "provider_credentials" ADD CONSTRAINT "provider_credentials_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "credit_grants_refill" ON "credit_grants" USING btree ("refill_id","period_start") WHERE "credit_grants"."refill_id" is not null;--> statement-breakpoint
CREATE INDEX "credit_grants_expiry" ON "credit_grants" USING btree ("expires_at") WHERE "credit_grants"."remaining" > 0 and "credit_grants"."expires_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "credit_transactions_charge" ON "credit_transactions" USING btree ("charge_id") WHERE "credit_transactions"."charge_id" is not null;--> statement-breakpoint
CREATE INDEX "credit_transactions_job" ON "credit_transactions" USING btree ("job_id") WHERE "credit_transactions"."job_id" is not null;--> statement-breakpoint
CREATE INDEX "wallets_due" ON "wallets" USING btree ("next_due_at") WHERE "wallets"."next_due_at" < 'infinity';--> statement-breakpoint
CREATE INDEX "llm_calls_team" ON "llm_calls" USING btree ("team_id","id");--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_held" CHECK ("jobs"."held" >= 0 and "jobs"."cost_held" >= 0);--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_refunded" CHECK ("jobs"."refunded" between 0 and "jobs"."charged");