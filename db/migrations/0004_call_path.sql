ALTER TABLE "model_alias_targets" ADD COLUMN "fallback_order" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "model_aliases" ADD COLUMN "timeouts" jsonb DEFAULT '{}'::jsonb NOT NULL;