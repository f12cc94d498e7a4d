CREATE TABLE "model_rollups" (
	"job_type" text NOT NULL,
	"alias" text NOT NULL,
	"target" text NOT NULL,
	"span" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"jobs" integer DEFAULT 0 NOT NULL,
	"calls" integer DEFAULT 0 NOT NULL,
	"succeeded" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"cache_hits" integer DEFAULT 0 NOT NULL,
	"flagged" integer DEFAULT 0 NOT NULL,
	"input_tokens" bigint DEFAULT 0 NOT NULL,
	"cached_input_tokens" bigint DEFAULT 0 NOT NULL,
	"output_tokens" bigint DEFAULT 0 NOT NULL,
	"latency_ms" bigint DEFAULT 0 NOT NULL,
	"cost_nanos" bigint DEFAULT 0 NOT NULL,
	"revenue_nanos" bigint DEFAULT 0 NOT NULL,
	"earned" bigint DEFAULT 0 NOT NULL,
	"returned" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "model_rollups_span_starts_at_job_type_alias_target_pk" PRIMARY KEY("span","starts_at","job_type","alias","target")
);
--> statement-breakpoint
CREATE TABLE "total_rollups" (
	"scope" text NOT NULL,
	"subject" text NOT NULL,
	"span" text NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"jobs" integer DEFAULT 0 NOT NULL,
	"calls" integer DEFAULT 0 NOT NULL,
	"succeeded" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"cache_hits" integer DEFAULT 0 NOT NULL,
	"flagged" integer DEFAULT 0 NOT NULL,
	"input_tokens" bigint DEFAULT 0 NOT NULL,
	"cached_input_tokens" bigint DEFAULT 0 NOT NULL,
	"output_tokens" bigint DEFAULT 0 NOT NULL,
	"latency_ms" bigint DEFAULT 0 NOT NULL,
	"cost_nanos" bigint DEFAULT 0 NOT NULL,
	"revenue_nanos" bigint DEFAULT 0 NOT NULL,
	"charged" bigint DEFAULT 0 NOT NULL,
	"refunded" bigint DEFAULT 0 NOT NULL,
	"fees" bigint DEFAULT 0 NOT NULL,
	"fee_revenue_nanos" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "total_rollups_scope_span_starts_at_subject_pk" PRIMARY KEY("scope","span","starts_at","subject")
);
--> statement-breakpoint
CREATE INDEX "total_rollups_subject" ON "total_rollups" USING btree ("subject","span","starts_at");--> statement-breakpoint
CREATE INDEX "call_rollups_months" ON "call_rollups" USING btree ("alias","starts_at") WHERE "call_rollups"."span" = 'month';
--> statement-breakpoint
-- What the figures of a day or month are of all teams together, but of test teams: by job type, organization and team, and by
-- job type, alias and target. The caller holds its row in rollup_spans and has computed call_rollups and job_rollups.
create or replace function roll_up_totals_v1(p_span text, p_starts_at timestamptz)
returns void
language plpgsql volatile set enable_seqscan = off as $$
begin
  delete from total_rollups
  where scope in ('job_type', 'organization', 'team') and span = p_span and starts_at = p_starts_at;
  insert into total_rollups (
    scope, subject, span, starts_at, jobs, calls, succeeded, failed, cache_hits, flagged, input_tokens,
    cached_input_tokens, output_tokens, latency_ms, cost_nanos, revenue_nanos, charged, refunded, fees, fee_revenue_nanos)
  select s.scope, s.subject, p_span, p_starts_at, sum(jobs), sum(calls), sum(succeeded), sum(failed), sum(cache_hits),
    sum(flagged), sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(latency_ms), sum(cost_nanos),
    sum(revenue_nanos), sum(charged), sum(refunded), sum(fees), sum(fee_revenue_nanos)
  from (
    select r.team_id, r.job_type, 0 as jobs, r.calls, r.succeeded, r.failed + r.aborted as failed, r.cache_hits, r.flagged,
      r.input_tokens, r.cached_input_tokens, r.output_tokens, r.latency_ms, r.cost_nanos, 0 as revenue_nanos, 0 as charged,
      0 as refunded, 0 as fees, 0 as fee_revenue_nanos
    from call_rollups r where r.span = p_span and r.starts_at = p_starts_at
    union all
    select r.team_id, r.job_type, r.jobs, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, r.revenue_nanos, r.charged, r.refunded, r.fees,
      r.fee_revenue_nanos
    from job_rollups r where r.span = p_span and r.starts_at = p_starts_at
  ) counted
  join teams t on t.id = counted.team_id and t.test_of is null
  cross join lateral (values ('job_type', counted.job_type), ('organization', t.organization_id), ('team', t.id))
    as s (scope, subject)
  group by s.scope, s.subject;

  delete from model_rollups where span = p_span and starts_at = p_starts_at;
  insert into model_rollups (
    span, starts_at, job_type, alias, target, jobs, calls, succeeded, failed, cache_hits, flagged, input_tokens,
    cached_input_tokens, output_tokens, latency_ms, cost_nanos, revenue_nanos, earned, returned)
  select p_span, p_starts_at, r.job_type, r.alias, r.target, sum(r.jobs), sum(r.calls), sum(r.succeeded),
    sum(r.failed + r.aborted), sum(r.cache_hits), sum(r.flagged), sum(r.input_tokens), sum(r.cached_input_tokens),
    sum(r.output_tokens), sum(r.latency_ms), sum(r.cost_nanos), sum(r.revenue_nanos), sum(r.earned), sum(r.returned)
  from call_rollups r join teams t on t.id = r.team_id and t.test_of is null
  where r.span = p_span and r.starts_at = p_starts_at
  group by r.job_type, r.alias, r.target;
end $$;
--> statement-breakpoint
-- The figures of a day from its quarters, of a month from its days, and their totals; the caller holds its row in rollup_spans.
create or replace function roll_up_parts_v1(p_span text, p_starts_at timestamptz, p_ends_at timestamptz)
returns void
language plpgsql volatile set enable_seqscan = off as $$
declare
  part text := case p_span when 'day' then 'quarter' else 'day' end;
begin
  delete from call_rollups where span = p_span and starts_at = p_starts_at;
  insert into call_rollups (
    span, starts_at, team_id, key_id, job_type, alias, target, jobs, calls, succeeded, failed, aborted, cache_hits,
    input_tokens, cached_input_tokens, output_tokens, cost_nanos, charged, earned, returned, revenue_nanos, latency_ms,
    flagged)
  select p_span, p_starts_at, team_id, key_id, job_type, alias, target, sum(jobs), sum(calls), sum(succeeded), sum(failed),
    sum(aborted), sum(cache_hits), sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(cost_nanos),
    sum(charged), sum(earned), sum(returned), sum(revenue_nanos), sum(latency_ms), sum(flagged)
  from call_rollups where span = part and starts_at >= p_starts_at and starts_at < p_ends_at
  group by team_id, key_id, job_type, alias, target;

  delete from job_rollups where span = p_span and starts_at = p_starts_at;
  insert into job_rollups (
    span, starts_at, team_id, job_type, jobs, completed, failed, cancelled, expired, charged, refunded, revenue_nanos,
    fees, fee_revenue_nanos, cost_nanos)
  select p_span, p_starts_at, team_id, job_type, sum(jobs), sum(completed), sum(failed), sum(cancelled), sum(expired),
    sum(charged), sum(refunded), sum(revenue_nanos), sum(fees), sum(fee_revenue_nanos), sum(cost_nanos)
  from job_rollups where span = part and starts_at >= p_starts_at and starts_at < p_ends_at
  group by team_id, job_type;

  delete from user_rollups where span = p_span and starts_at = p_starts_at;
  insert into user_rollups (
    span, starts_at, team_id, user_id, jobs, calls, succeeded, failed, cache_hits, input_tokens, output_tokens, charged,
    refunded)
  select p_span, p_starts_at, team_id, user_id, sum(jobs), sum(calls), sum(succeeded), sum(failed), sum(cache_hits),
    sum(input_tokens), sum(output_tokens), sum(charged), sum(refunded)
  from user_rollups where span = part and starts_at >= p_starts_at and starts_at < p_ends_at
  group by team_id, user_id;

  perform roll_up_totals_v1(p_span, p_starts_at);
end $$;
--> statement-breakpoint
-- What is computed already; from here on each span is added up when it is computed.
SELECT roll_up_totals_v1(s."span", s."starts_at") FROM "rollup_spans" s WHERE s."span" IN ('day', 'month');
