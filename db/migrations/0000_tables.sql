CREATE TABLE "admin_sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "admin_sessions_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "api_tokens" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"last_four" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_tokens_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "setup_links" (
	"token_hash" "bytea" PRIMARY KEY NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "credit_grants" (
	"id" uuid PRIMARY KEY NOT NULL,
	"wallet_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"priority" integer DEFAULT 100 NOT NULL,
	"amount" bigint NOT NULL,
	"remaining" bigint NOT NULL,
	"expires_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "credit_grants_remaining" CHECK ("credit_grants"."remaining" between 0 and "credit_grants"."amount")
);
--> statement-breakpoint
CREATE TABLE "credit_transactions" (
	"wallet_id" uuid NOT NULL,
	"entry_no" bigint NOT NULL,
	"kind" text NOT NULL,
	"amount" bigint NOT NULL,
	"balance_after" bigint NOT NULL,
	"grant_id" uuid,
	"call_id" uuid,
	"job_id" uuid,
	"actor" text NOT NULL,
	"reason" text,
	"idempotency_key" text,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "credit_transactions_wallet_id_entry_no_pk" PRIMARY KEY("wallet_id","entry_no")
);
--> statement-breakpoint
CREATE TABLE "wallets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"balance" bigint DEFAULT 0 NOT NULL,
	"held" bigint DEFAULT 0 NOT NULL,
	"credit_limit" bigint DEFAULT 0,
	"unattributed" bigint DEFAULT 0 NOT NULL,
	"entry_no" bigint DEFAULT 0 NOT NULL,
	"next_due_at" timestamp with time zone DEFAULT 'infinity' NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "wallets_team_id_unique" UNIQUE("team_id"),
	CONSTRAINT "wallets_held" CHECK ("wallets"."held" >= 0)
);
--> statement-breakpoint
CREATE TABLE "config_versions" (
	"kind" text PRIMARY KEY NOT NULL,
	"version" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "instances" (
	"id" uuid PRIMARY KEY NOT NULL,
	"data_directory_id" uuid NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"seen_at" timestamp with time zone NOT NULL,
	"lease_since" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"name" text PRIMARY KEY NOT NULL,
	"value" jsonb NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"body_hash" text NOT NULL,
	"instance_id" uuid,
	"call_id" uuid,
	"response_status" integer,
	"sealed_response" "bytea",
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"key_id" uuid,
	"type" text NOT NULL,
	"user_id" text,
	"external_task_id" text,
	"reference" text,
	"ends_with_call" boolean DEFAULT false NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"max_credits" bigint,
	"calls" integer DEFAULT 0 NOT NULL,
	"succeeded_calls" integer DEFAULT 0 NOT NULL,
	"failed_calls" integer DEFAULT 0 NOT NULL,
	"calls_in_flight" integer DEFAULT 0 NOT NULL,
	"input_tokens" bigint DEFAULT 0 NOT NULL,
	"output_tokens" bigint DEFAULT 0 NOT NULL,
	"latency_ms" bigint DEFAULT 0 NOT NULL,
	"provider_cost_nanos" bigint DEFAULT 0 NOT NULL,
	"held" bigint DEFAULT 0 NOT NULL,
	"charged" bigint DEFAULT 0 NOT NULL,
	"result" jsonb,
	"error_message" text,
	"created_at" timestamp with time zone NOT NULL,
	"last_activity_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "jobs_status" CHECK ("jobs"."status" in ('pending', 'in_progress', 'completed', 'failed', 'cancelled', 'expired')),
	CONSTRAINT "jobs_ended" CHECK (("jobs"."ended_at" is null) = ("jobs"."status" in ('pending', 'in_progress'))),
	CONSTRAINT "jobs_calls_in_flight" CHECK ("jobs"."calls_in_flight" >= 0)
);
--> statement-breakpoint
CREATE TABLE "llm_calls" (
	"id" uuid PRIMARY KEY NOT NULL,
	"job_id" uuid NOT NULL,
	"team_id" text NOT NULL,
	"key_id" uuid,
	"instance_id" uuid NOT NULL,
	"alias" text NOT NULL,
	"endpoint" text NOT NULL,
	"stream" boolean DEFAULT false NOT NULL,
	"purpose" text,
	"metadata" jsonb,
	"status" text DEFAULT 'in_flight' NOT NULL,
	"lost" boolean DEFAULT false NOT NULL,
	"target" text,
	"input_tokens" integer,
	"cached_input_tokens" integer,
	"cache_write_tokens" integer,
	"output_tokens" integer,
	"reasoning_tokens" integer,
	"price_snapshot" jsonb NOT NULL,
	"worst_cost_nanos" bigint,
	"provider_cost_nanos" bigint,
	"litellm_cost_nanos" bigint,
	"cost_flags" text[] DEFAULT '{}' NOT NULL,
	"held" bigint DEFAULT 0 NOT NULL,
	"charged" bigint DEFAULT 0 NOT NULL,
	"latency_ms" integer,
	"first_token_ms" integer,
	"finish_reason" text,
	"error_code" text,
	"error_message" text,
	"created_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "llm_calls_status" CHECK ("llm_calls"."status" in ('in_flight', 'succeeded', 'failed', 'aborted'))
) PARTITION BY RANGE ("id");
--> statement-breakpoint
CREATE TABLE "model_access_group_members" (
	"group_id" text NOT NULL,
	"alias_id" uuid NOT NULL,
	CONSTRAINT "model_access_group_members_group_id_alias_id_pk" PRIMARY KEY("group_id","alias_id")
);
--> statement-breakpoint
CREATE TABLE "model_access_groups" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "model_alias_targets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"alias_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"model" text NOT NULL,
	"credential_id" uuid,
	"weight" integer DEFAULT 1 NOT NULL,
	"timeout_ms" integer DEFAULT 600000 NOT NULL,
	"retries" integer DEFAULT 2 NOT NULL,
	"price_source" text NOT NULL,
	"input_nanos_per_million" bigint,
	"output_nanos_per_million" bigint,
	"cached_input_nanos_per_million" bigint,
	"cache_write_nanos_per_million" bigint,
	"reasoning_nanos_per_million" bigint
);
--> statement-breakpoint
CREATE TABLE "model_aliases" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"mode" text DEFAULT 'chat' NOT NULL,
	"default_output_tokens" integer,
	"max_output_tokens" integer,
	"extra_params" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "model_aliases_name_unique" UNIQUE("name"),
	CONSTRAINT "model_aliases_status" CHECK ("model_aliases"."status" in ('active', 'disabled')),
	CONSTRAINT "model_aliases_mode" CHECK ("model_aliases"."mode" in ('chat', 'embedding'))
);
--> statement-breakpoint
CREATE TABLE "provider_credentials" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"sealed_key" "bytea",
	"api_base" text,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "provider_credentials_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "team_access_groups" (
	"team_id" text NOT NULL,
	"group_id" text NOT NULL,
	CONSTRAINT "team_access_groups_team_id_group_id_pk" PRIMARY KEY("team_id","group_id")
);
--> statement-breakpoint
CREATE TABLE "organizations" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "organizations_status" CHECK ("organizations"."status" in ('active', 'suspended', 'deleted'))
);
--> statement-breakpoint
CREATE TABLE "teams" (
	"id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"name" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"paused_until" timestamp with time zone,
	"default_alias" text,
	"job_type_aliases" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "teams_status" CHECK ("teams"."status" in ('active', 'suspended', 'paused', 'deleted'))
);
--> statement-breakpoint
CREATE TABLE "virtual_keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"team_id" text NOT NULL,
	"name" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"last_four" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "virtual_keys_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
ALTER TABLE "credit_grants" ADD CONSTRAINT "credit_grants_wallet_id_wallets_id_fk" FOREIGN KEY ("wallet_id") REFERENCES "public"."wallets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credit_transactions" ADD CONSTRAINT "credit_transactions_wallet_id_wallets_id_fk" FOREIGN KEY ("wallet_id") REFERENCES "public"."wallets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "wallets" ADD CONSTRAINT "wallets_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_access_group_members" ADD CONSTRAINT "model_access_group_members_group_id_model_access_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."model_access_groups"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_access_group_members" ADD CONSTRAINT "model_access_group_members_alias_id_model_aliases_id_fk" FOREIGN KEY ("alias_id") REFERENCES "public"."model_aliases"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_alias_targets" ADD CONSTRAINT "model_alias_targets_alias_id_model_aliases_id_fk" FOREIGN KEY ("alias_id") REFERENCES "public"."model_aliases"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_alias_targets" ADD CONSTRAINT "model_alias_targets_credential_id_provider_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."provider_credentials"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "team_access_groups" ADD CONSTRAINT "team_access_groups_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "team_access_groups" ADD CONSTRAINT "team_access_groups_group_id_model_access_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."model_access_groups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "teams" ADD CONSTRAINT "teams_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "virtual_keys" ADD CONSTRAINT "virtual_keys_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "credit_grants_wallet" ON "credit_grants" USING btree ("wallet_id") WHERE "credit_grants"."remaining" > 0;--> statement-breakpoint
CREATE UNIQUE INDEX "credit_transactions_idempotency" ON "credit_transactions" USING btree ("wallet_id","idempotency_key") WHERE "credit_transactions"."idempotency_key" is not null;--> statement-breakpoint
CREATE INDEX "idempotency_keys_expiry" ON "idempotency_keys" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "idempotency_keys_running" ON "idempotency_keys" USING btree ("instance_id") WHERE "idempotency_keys"."instance_id" is not null;--> statement-breakpoint
CREATE INDEX "jobs_team" ON "jobs" USING btree ("team_id","id");--> statement-breakpoint
CREATE INDEX "jobs_external_task" ON "jobs" USING btree ("team_id","external_task_id") WHERE "jobs"."external_task_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "jobs_reference" ON "jobs" USING btree ("team_id","reference") WHERE "jobs"."reference" is not null and "jobs"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "jobs_open" ON "jobs" USING btree ("id") WHERE "jobs"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "llm_calls_job" ON "llm_calls" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "llm_calls_team" ON "llm_calls" USING btree ("team_id","created_at");--> statement-breakpoint
CREATE INDEX "llm_calls_in_flight" ON "llm_calls" USING btree ("instance_id") WHERE "llm_calls"."status" = 'in_flight';--> statement-breakpoint
CREATE UNIQUE INDEX "model_alias_targets_position" ON "model_alias_targets" USING btree ("alias_id","position");--> statement-breakpoint
CREATE INDEX "teams_organization" ON "teams" USING btree ("organization_id");--> statement-breakpoint
CREATE INDEX "virtual_keys_team" ON "virtual_keys" USING btree ("team_id");