CREATE TABLE "team_rollups" (
	"scope" text NOT NULL,
	"subject" text NOT NULL,
	"team_id" text NOT NULL,
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
	CONSTRAINT "team_rollups_scope_subject_span_starts_at_team_id_pk" PRIMARY KEY("scope","subject","span","starts_at","team_id")
);
--> statement-breakpoint
-- Generated at first, so that one rewrite of the table fills it and leaves nothing dead behind; from here on functions write it.
ALTER TABLE "jobs" ADD COLUMN "ended_cost_nanos" bigint GENERATED ALWAYS AS (CASE WHEN "ended_at" IS NOT NULL THEN "provider_cost_nanos" END) STORED;--> statement-breakpoint
ALTER TABLE "jobs" ALTER COLUMN "ended_cost_nanos" DROP EXPRESSION;--> statement-breakpoint
CREATE INDEX "team_rollups_span" ON "team_rollups" USING btree ("span","starts_at");--> statement-breakpoint
CREATE INDEX "jobs_cost" ON "jobs" USING btree ("ended_cost_nanos") WHERE "jobs"."ended_cost_nanos" is not null;
--> statement-breakpoint
-- Ends a job as completed, failed or cancelled, once, and charges it where its plan charges at the end. Calls still in flight
-- settle onto it later.
-- A failed or cancelled job with calls in flight is charged when the last of them settles: until then its hold stays.
-- Invariant: an end state never changes; asking for the same again is 'already', for another 'conflict'.
-- A claimed idempotency key is answered by store_answer_v1 afterwards; ending is idempotent, so a crash in between loses nothing.
-- Locks: idempotency key, job, team period, wallet.
--
-- p_end: {job_id, team_id, status, metadata, result, error_message}
create or replace function end_job_v2(p_at timestamptz, p_instance uuid, p_end jsonb, p_claim jsonb)
returns table (
  outcome text, response_status int, sealed_response bytea, job_status text, created_at timestamptz, ended_at timestamptz,
  calls int, succeeded_calls int, failed_calls int, calls_in_flight int, input_tokens bigint, output_tokens bigint,
  latency_ms bigint, charged bigint, balance bigint)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  claimed text;
  ending jobs%rowtype;
  told text;
begin
  if p_claim is not null then
    claimed := claim_idempotency_key_v1(p_at, p_instance, null, p_claim);
    if claimed <> 'claimed' then
      return query
        select claimed, k.response_status, k.sealed_response, null::text, null::timestamptz, null::timestamptz, null::int,
          null::int, null::int, null::int, null::bigint, null::bigint, null::bigint, null::bigint, null::bigint
        from idempotency_keys k where k.id = p_claim ->> 'id';
      return;
    end if;
  end if;

  select * into ending from jobs j
  where j.id = (p_end ->> 'job_id')::uuid and j.team_id = p_end ->> 'team_id' for update;

  if not found then
    told := 'not_found';
  elsif ending.ended_at is null then
    told := 'ended';
    update jobs j
    set status = p_end ->> 'status', ended_at = p_at, ended_cost_nanos = j.provider_cost_nanos, last_activity_at = p_at,
      metadata = j.metadata || coalesce(nullif(p_end -> 'metadata', 'null'), '{}'),
      result = nullif(p_end -> 'result', 'null'), error_message = p_end ->> 'error_message'
    where j.id = ending.id;
    perform charge_job_v1(p_at, ending.id, p_end ->> 'status');
  elsif ending.status = p_end ->> 'status' then
    told := 'already';
  else
    told := 'conflict';
  end if;

  if p_claim is not null and told in ('not_found', 'conflict') then
    delete from idempotency_keys k where k.id = p_claim ->> 'id';
  end if;

  return query
    select told, null::int, null::bytea, j.status::text, j.created_at, j.ended_at, j.calls, j.succeeded_calls, j.failed_calls,
      j.calls_in_flight::int, j.input_tokens, j.output_tokens, j.latency_ms, j.charged, w.balance
    from (select 1) one
    left join jobs j on j.id = ending.id
    left join wallets w on w.team_id = j.team_id;
end $$;
--> statement-breakpoint
-- Ends jobs that nobody has touched for their time to live: no call in flight, no activity. Returns how many.
-- Never completing a job is no free ride: one with a successful call is charged as completed.
-- Right when two instances run it: a job that another one holds is left to it.
-- Locks jobs, team periods, wallets, each ascending.
create or replace function expire_idle_jobs_v2(p_at timestamptz, p_idle interval, p_limit int)
returns int language plpgsql volatile set enable_seqscan = off as $$
declare
  idle uuid[];
  ending uuid;
begin
  select array_agg(j.id) into idle from (
    select id from jobs
    where ended_at is null and calls_in_flight = 0 and last_activity_at < p_at - p_idle
    order by id limit p_limit for update skip locked
  ) j;
  if idle is null then
    return 0;
  end if;

  perform lock_ending_jobs_v1(idle, '{}');
  update jobs j set status = 'expired', ended_at = p_at, ended_cost_nanos = j.provider_cost_nanos where j.id = any (idle);
  foreach ending in array idle loop
    perform charge_job_v1(p_at, ending, 'expired');
  end loop;
  return cardinality(idle);
end $$;
--> statement-breakpoint
-- Resolves calls whose instance is gone: aborted, at what they may have cost at most as estimated cost, free of charge for the
-- team. A job that was to end with its call fails; one that ended before, and waited for its calls, is charged now.
-- Who calls it has made sure that these instances are dead or silent; should one come back, its settle finds 'swept'.
-- Invariant: afterwards no call of these instances from p_from to the last that was looked at is in flight or holds anything, and no
-- key of theirs runs for it.
-- Locks, each ascending: jobs, team periods, wallets, budget periods.
-- Looks at calls in the order of their ids. Returns how many it resolved, and the id to go on from; null = there are no more.
--
-- p_calls: only these, of instances that live but cannot book how they ended; each is told as a notice. null = all.
create or replace function resolve_lost_calls_v4(
  p_at timestamptz, p_instances uuid[], p_from uuid, p_limit int, p_calls uuid[], out resolved int, out next_from uuid)
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
declare
  chosen uuid[];
  ending uuid[];
  pending uuid[];
  job record;
  budget_holds jsonb;
begin
  if p_calls is null then
    -- By the primary key alone: no index may hold the status, which every settle changes.
    select array_agg(id order by id) into chosen from (
      select c.id from llm_calls c
      where c.id >= p_from and c.instance_id = any (p_instances) and c.status = 'in_flight' order by c.id limit p_limit
    ) lost;
    next_from := chosen[p_limit];
  else
    chosen := p_calls;
  end if;

  perform 1 from jobs j
  where j.id in (select c.job_id from llm_calls c where c.id = any (chosen)) order by j.id for update;

  -- What another one has settled meanwhile stays settled.
  select array_agg(c.id), array_agg(distinct j.id) filter (where j.ends_with_call and j.ended_at is null),
    array_agg(distinct j.id) filter (where j.charge_pending)
  into chosen, ending, pending
  from llm_calls c join jobs j on j.id = c.job_id where c.id = any (chosen) and c.status = 'in_flight';
  perform lock_ending_jobs_v1(
    ending || pending, (select array_agg(h.wallet_id) from credit_holds h where h.id = any (chosen) and h.state = 'open'));

  with aborted as (
    update llm_calls c
    set status = 'aborted', lost = true, ended_at = p_at, provider_cost_nanos = coalesce(c.cost_held, c.worst_cost_nanos),
      cost_flags = case when c.worst_cost_nanos is null then array['unpriced', 'estimated'] else array['estimated'] end,
      error_code = case when p_calls is null then 'instance_lost' else 'settle_refused' end
    where c.id = any (chosen) and c.status = 'in_flight'
    returning c.id, c.job_id, c.provider_cost_nanos, c.held, c.cost_held, c.budget_holds
  ), released as (
    update credit_holds h set state = 'released', resolved_at = p_at
    from aborted where h.id = aborted.id and h.state = 'open'
    returning h.wallet_id, h.amount
  ), freed as (
    update wallets w set held = w.held - sums.amount, updated_at = p_at
    from (select wallet_id, sum(amount)::bigint as amount from released group by wallet_id) sums
    where w.id = sums.wallet_id
  ), booked as (
    update jobs j
    set calls_in_flight = j.calls_in_flight - sums.n, failed_calls = j.failed_calls + sums.n,
      provider_cost_nanos = j.provider_cost_nanos + sums.cost, last_activity_at = p_at,
      held = j.held - sums.held, cost_held = j.cost_held - sums.cost_held,
      status = case when j.id = any (ending) then 'failed' else j.status end,
      ended_at = case when j.id = any (ending) then p_at else j.ended_at end,
      ended_cost_nanos = case when j.id = any (ending) or j.ended_at is not null then j.provider_cost_nanos + sums.cost end
    from (
      select job_id, count(*)::int as n, coalesce(sum(provider_cost_nanos), 0) as cost, sum(held)::bigint as held,
        coalesce(sum(cost_held), 0)::bigint as cost_held
      from aborted group by job_id
    ) sums
    where j.id = sums.job_id
  )
  select count(*), jsonb_agg(jsonb_build_object('holds', a.budget_holds, 'held', a.cost_held, 'spent', a.cost_held))
    filter (where a.budget_holds is not null)
  into resolved, budget_holds from aborted a;

  for job in
    select j.id, j.status from jobs j
    where j.id = any (ending) or (j.id = any (pending) and j.charge_pending and j.calls_in_flight = 0) order by j.id
  loop
    perform charge_job_v1(p_at, job.id, job.status);
  end loop;
  if budget_holds is not null then
    perform settle_budgets_v1(budget_holds);
  end if;

  if p_calls is not null then
    insert into outbox (id, kind, organization_id, team_id, payload, created_at)
    select new_uuid_v7_v1(p_at), 'call.unsettled', t.organization_id, t.id,
      jsonb_build_object('call_id', c.id, 'job_id', c.job_id, 'model', c.alias), p_at
    from llm_calls c join teams t on t.id = c.team_id where c.id = any (chosen);
  end if;

  delete from idempotency_keys k where k.instance_id = any (p_instances)
    and (k.call_id = any (chosen) or (k.call_id is null and p_calls is null));
end $$;
--> statement-breakpoint
-- What the figures of a day or month are of all teams together, but of test teams: by job type, organization and team, and by
-- job type, alias and target; of a month also what each team's are, by each of these three. The caller holds its row in
-- rollup_spans and has computed call_rollups and job_rollups.
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

  if p_span = 'month' then
    delete from team_rollups where span = p_span and starts_at = p_starts_at;
    insert into team_rollups (
      scope, subject, team_id, span, starts_at, jobs, calls, succeeded, failed, cache_hits, flagged, input_tokens,
      cached_input_tokens, output_tokens, latency_ms, cost_nanos, revenue_nanos, charged, refunded)
    select counted.scope, counted.subject, counted.team_id, p_span, p_starts_at, sum(jobs), sum(calls), sum(succeeded), sum(failed),
      sum(cache_hits), sum(flagged), sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(latency_ms),
      sum(cost_nanos), sum(revenue_nanos), sum(charged), sum(refunded)
    from (
      -- By type, what jobs were charged is read from the jobs.
      select r.team_id, s.scope, s.subject, case when s.of_calls then r.jobs else 0 end as jobs, r.calls, r.succeeded,
        r.failed + r.aborted as failed, r.cache_hits, r.flagged, r.input_tokens, r.cached_input_tokens, r.output_tokens,
        r.latency_ms, r.cost_nanos, case when s.of_calls then r.revenue_nanos else 0 end as revenue_nanos,
        case when s.of_calls then r.earned else 0 end as charged, case when s.of_calls then r.returned else 0 end as refunded
      from call_rollups r
      cross join lateral (values ('job_type', r.job_type, false), ('alias', r.alias, true), ('target', r.target, true))
        as s (scope, subject, of_calls)
      where r.span = p_span and r.starts_at = p_starts_at
      union all
      select r.team_id, 'job_type', r.job_type, r.jobs, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, r.revenue_nanos, r.charged, r.refunded
      from job_rollups r where r.span = p_span and r.starts_at = p_starts_at
    ) counted
    join teams t on t.id = counted.team_id and t.test_of is null
    group by counted.scope, counted.subject, counted.team_id
    -- So that what is read together lies together.
    order by counted.scope, counted.subject, counted.team_id;
  end if;
end $$;
--> statement-breakpoint
-- One text for all figures of a span, with a day those of the third of a month that goes with it: two are equal when, and only
-- when, the figures are.
create or replace function rollup_digest_v1(p_span text, p_starts_at timestamptz)
returns text language plpgsql stable as $$
begin
  return (
    select md5(string_agg(line, e'\n' order by line)) from (
      select 'c' || c::text as line from call_rollups c where c.span = p_span and c.starts_at = p_starts_at
      union all
      select 'j' || j::text from job_rollups j where j.span = p_span and j.starts_at = p_starts_at
      union all
      select 'u' || u::text from user_rollups u where u.span = p_span and u.starts_at = p_starts_at
      union all
      select 't' || u::text from user_rollups u
      where p_span = 'day' and u.span = 'third' and u.starts_at = start_of_third_v1(p_starts_at)
      union all
      select 'a' || a::text from total_rollups a
      where a.scope in ('job_type', 'organization', 'team') and a.span = p_span and a.starts_at = p_starts_at
      union all
      select 'm' || m::text from model_rollups m where m.span = p_span and m.starts_at = p_starts_at
      union all
      select 'n' || n::text from team_rollups n where n.span = p_span and n.starts_at = p_starts_at
    ) lines);
end $$;
--> statement-breakpoint
-- Ends calls: writes what they cost and gave, resolves their holds, charges them where their job's plan charges each call, books
-- hard budgets, adds to their jobs, stores or frees their idempotency keys, and ends a job that was to end with its only call.
-- Invariant: a call is ended and charged once. A second settle changes nothing ('already'); one that finds its call swept records
-- the true cost in place of the estimate and charges nothing ('swept').
-- Charged in a job: max(its minimum, the sum of its calls) - what was charged before. What exceeds the hold is booked and flagged.
-- A failed call that gave nothing is free.
-- Locks, each ascending: jobs, team periods, wallets, budget periods.
--
-- Item: {call_id, job_id (null = that of the call's row), wallet_id, status, target, attempts, input_tokens,
--        cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, provider_cost_nanos, litellm_cost_nanos,
--        cost_flags, charge, cache_hit, latency_ms, first_token_ms, finish_reason, error_code, error_message, claim_id, response_status,
--        sealed_response (hex; null frees the key), end_job}
-- Outcomes: settled (with what was charged, and balance and available where the wallet was touched), already, swept, unknown.
-- Plans are generic: over a partitioned table PostgreSQL prefers a plan made anew each time, which costs more than the work.
-- They are made while the tables are empty and kept, so hash and merge joins are off: they would read whole tables later.
create or replace function settle_calls_v2(p_at timestamptz, p_items jsonb)
returns table ("position" int, outcome text, charged bigint, balance bigint, available bigint)
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  n int := jsonb_array_length(p_items);
  one record;
  job record;
  call record;
  taken bigint := 0;
  charge bigint := 0;
  wallet_balance bigint;
  wallet_available bigint;
  per_call boolean;
  -- Ended jobs that are charged when their last call has ended.
  due boolean;
  due_as text;
  pending uuid[];
  -- By item:
  outcomes text[];
  job_ids uuid[];
  charges bigint[];
  settled int[];
  takens bigint[];
  ending int[];
  budget_holds jsonb;
  with_claims boolean;
  touched boolean := false;
  entry record;
  swept record;
begin
  -- One item, by far the most frequent: the same steps without sets.
  if n = 1 then
    select * into one from jsonb_to_record(p_items -> 0) as x (
      call_id uuid, job_id uuid, wallet_id uuid, status text, target text, attempts jsonb, input_tokens int,
      cached_input_tokens int, cache_write_tokens int, output_tokens int, reasoning_tokens int, provider_cost_nanos bigint,
      litellm_cost_nanos bigint, cost_flags text[], charge bigint, cache_hit boolean, latency_ms int, first_token_ms int,
      finish_reason text, error_code text, error_message text, claim_id text, response_status int, sealed_response text,
      end_job text);
    select j.id, j.terms, j.charged, j.call_charges, j.ended_at into job from jobs j where j.id = one.job_id for update;
    if not found then
      select j.id, j.terms, j.charged, j.call_charges, j.ended_at into job from jobs j
      where j.id = (select c.job_id from llm_calls c where c.id = one.call_id) for update;
    end if;
    per_call := coalesce(job.terms ->> 'charged' = 'call', false);
    if per_call and (one.status <> 'failed' or one.output_tokens > 0) then
      charge := coalesce(one.charge, 0);
      if charge > 0 or one.status = 'succeeded' then
        taken := greatest(
          greatest(coalesce((job.terms ->> 'minimum')::bigint, 0), job.call_charges + charge) - job.charged, 0);
      end if;
    end if;
    update llm_calls c
    set status = one.status, target = one.target, attempts = one.attempts, input_tokens = one.input_tokens,
      cached_input_tokens = coalesce(one.cached_input_tokens, 0 * one.input_tokens),
      cache_write_tokens = coalesce(one.cache_write_tokens, 0 * one.input_tokens), output_tokens = one.output_tokens,
      reasoning_tokens = coalesce(one.reasoning_tokens, 0 * one.input_tokens),
      provider_cost_nanos = one.provider_cost_nanos, litellm_cost_nanos = one.litellm_cost_nanos,
      cost_flags = coalesce(one.cost_flags, '{}') || case when taken > c.held then array['over_hold'] else '{}' end,
      charged = taken, cache_hit = coalesce(one.cache_hit, false),
      latency_ms = one.latency_ms, first_token_ms = one.first_token_ms,
      finish_reason = one.finish_reason, error_code = one.error_code, error_message = one.error_message, ended_at = p_at
    -- Written so that only the key's index serves: those of jobs and of calls in flight would lead through many rows.
    where c.id = one.call_id and c.ended_at is null and (c.job_id = job.id) is true
    returning c.held, c.cost_held, c.budget_holds into call;
    if found then
      if per_call and (call.held > 0 or taken > 0) then
        with resolved as (
          update credit_holds h set state = case when taken > 0 then 'settled' else 'released' end, resolved_at = p_at
          where h.id = one.call_id and h.state = 'open'
        ), debited as (
          update wallets w
          set held = w.held - call.held, balance = w.balance - taken, entry_no = w.entry_no + (taken > 0)::int,
            unattributed = w.unattributed + least(taken, greatest(w.balance, 0)), updated_at = p_at
          where w.id = one.wallet_id
          returning w.balance, w.balance + w.credit_limit - w.held as available, w.entry_no
        ), entered as (
          insert into credit_transactions (
            wallet_id, entry_no, kind, amount, balance_after, call_id, job_id, charge_id, actor, created_at)
          select one.wallet_id, d.entry_no, 'charge', -taken, d.balance, one.call_id, job.id, one.call_id, 'system', p_at
          from debited d where taken > 0
        )
        select d.balance, d.available into strict wallet_balance, wallet_available from debited d;
      end if;
      update jobs j
      set calls_in_flight = j.calls_in_flight - 1,
        succeeded_calls = j.succeeded_calls + (one.status = 'succeeded')::int,
        failed_calls = j.failed_calls + (one.status <> 'succeeded')::int,
        input_tokens = j.input_tokens + coalesce(one.input_tokens, 0),
        output_tokens = j.output_tokens + coalesce(one.output_tokens, 0),
        latency_ms = j.latency_ms + coalesce(one.latency_ms, 0),
        provider_cost_nanos = j.provider_cost_nanos + coalesce(one.provider_cost_nanos, 0),
        held = j.held - call.held, cost_held = j.cost_held - coalesce(call.cost_held, 0),
        charged = j.charged + taken, call_charges = j.call_charges + charge,
        charged_over_hold = j.charged_over_hold or taken > call.held,
        last_activity_at = p_at,
        status = case when one.end_job is not null and j.ended_at is null then one.end_job else j.status end,
        ended_at = case when one.end_job is not null and j.ended_at is null then p_at else j.ended_at end,
        ended_cost_nanos = case when one.end_job is not null or j.ended_at is not null
          then j.provider_cost_nanos + coalesce(one.provider_cost_nanos, 0) end
      where j.id = job.id
      returning j.charge_pending and j.calls_in_flight = 0, j.status into due, due_as;
      if due then
        perform charge_job_v1(p_at, job.id, due_as);
      end if;
      if one.end_job is not null and job.ended_at is null and job.terms ->> 'charged' = 'job' then
        taken := charge_job_v1(p_at, job.id, one.end_job);
      end if;
      if one.end_job is not null and wallet_balance is null then
        select w.balance, w.balance + w.credit_limit - w.held into wallet_balance, wallet_available
        from wallets w where w.id = one.wallet_id;
      end if;
      if call.budget_holds is not null then
        perform settle_budgets_v1(jsonb_build_array(jsonb_build_object(
          'holds', call.budget_holds, 'held', call.cost_held, 'spent', coalesce(one.provider_cost_nanos, call.cost_held))));
      end if;
      if one.claim_id is not null and one.sealed_response is not null then
        update idempotency_keys k
        set response_status = one.response_status, sealed_response = decode(one.sealed_response, 'hex'), instance_id = null,
          charged = taken, balance = wallet_balance
        where k.id = one.claim_id and k.call_id = one.call_id;
      elsif one.claim_id is not null then
        delete from idempotency_keys k where k.id = one.claim_id and k.call_id = one.call_id;
      end if;
      "position" := 0;
      outcome := 'settled';
      charged := taken;
      balance := wallet_balance;
      available := wallet_available;
      return next;
      return;
    end if;
  end if;

  if n > 1 then
    return query
      select (o.i - 1)::int, 'settled'::text, o.charged, o.balance, o.available
      from settle_plain_calls_v1(p_at, p_items) with ordinality as o (charged, balance, available, i);
    if found then
      return;
    end if;
  end if;

  outcomes := array_fill(null::text, array[n]);
  charges := array_fill(0::bigint, array[n]);
  select array_agg(
      coalesce((value ->> 'job_id')::uuid, (select c.job_id from llm_calls c where c.id = (value ->> 'call_id')::uuid))
      order by ordinality),
    coalesce(bool_or(value ->> 'claim_id' is not null), false), array_agg(ordinality) filter (where value ->> 'end_job' is not null)
  into job_ids, with_claims, ending
  from jsonb_array_elements(p_items) with ordinality;

  select coalesce(bool_or(l.terms ->> 'charged' = 'call'), false), array_agg(l.id) filter (where l.charge_pending)
  into per_call, pending
  from (
    select j.id, j.terms, j.charge_pending from jobs j where j.id = any (job_ids) order by j.id for update
  ) l;
  if ending is not null or pending is not null then
    touched := true;
    perform lock_ending_jobs_v1(
      (select array_agg(job_ids[i]) from unnest(ending) i) || pending,
      (select array_agg((value ->> 'wallet_id')::uuid) from jsonb_array_elements(p_items)));
  elsif per_call then
    touched := true;
    perform 1 from wallets w
    where w.id in (select (value ->> 'wallet_id')::uuid from jsonb_array_elements(p_items)) order by w.id for update;
  end if;

  with live as materialized (
    select distinct on (x.call_id) x.*, c.held, c.cost_held, c.budget_holds, j.ended_at as job_ended_at,
      j.terms ->> 'charged' as charged_by, j.charged as job_charged, j.call_charges,
      coalesce((j.terms ->> 'minimum')::bigint, 0) as minimum,
      case
        when j.terms ->> 'charged' = 'call' and (x.status <> 'failed' or x.output_tokens > 0) then coalesce(x.charge, 0)
        else 0
      end as own_charge
    from rows from (
        jsonb_to_recordset(p_items) as (
          call_id uuid, wallet_id uuid, status text, target text, attempts jsonb, input_tokens int, cached_input_tokens int,
          cache_write_tokens int, output_tokens int, reasoning_tokens int, provider_cost_nanos bigint,
          litellm_cost_nanos bigint, cost_flags text[], charge bigint, cache_hit boolean, latency_ms int, first_token_ms int,
          finish_reason text, error_code text, error_message text, claim_id text, end_job text),
        generate_series(1, n)
      ) as x (
        call_id, wallet_id, status, target, attempts, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
        reasoning_tokens, provider_cost_nanos, litellm_cost_nanos, cost_flags, charge, cache_hit, latency_ms, first_token_ms,
        finish_reason, error_code, error_message, claim_id, end_job, i)
      cross join lateral (
        select held, cost_held, budget_holds, job_id, ended_at from llm_calls where id = x.call_id limit 1
      ) c
      join jobs j on j.id = job_ids[x.i]
    where c.job_id = j.id and c.ended_at is null
    order by x.call_id, x.i
  ), owed as (
    select live.*, job_ids[i] as job_id,
      greatest(job_charged, case
        when bool_or(charged_by = 'call' and (status = 'succeeded' or own_charge > 0)) over calls_so_far
        then greatest(minimum, call_charges + sum(own_charge) over calls_so_far)
        else 0
      end)::bigint as owed
    from live window calls_so_far as (partition by job_ids[i] order by i rows unbounded preceding)
  ), priced as materialized (
    select owed.*, owed - lag(owed, 1, job_charged) over (partition by job_id order by i) as taken from owed
  ), ended as (
    update llm_calls c
    set status = p.status, target = p.target, attempts = p.attempts, input_tokens = p.input_tokens,
      cached_input_tokens = coalesce(p.cached_input_tokens, 0 * p.input_tokens),
      cache_write_tokens = coalesce(p.cache_write_tokens, 0 * p.input_tokens), output_tokens = p.output_tokens,
      reasoning_tokens = coalesce(p.reasoning_tokens, 0 * p.input_tokens),
      provider_cost_nanos = p.provider_cost_nanos, litellm_cost_nanos = p.litellm_cost_nanos,
      cost_flags = coalesce(p.cost_flags, '{}') || case when p.taken > p.held then array['over_hold'] else '{}' end,
      charged = p.taken, cache_hit = coalesce(p.cache_hit, false),
      latency_ms = p.latency_ms, first_token_ms = p.first_token_ms,
      finish_reason = p.finish_reason, error_code = p.error_code, error_message = p.error_message, ended_at = p_at
    from priced p where c.id = p.call_id
  ), resolved as (
    update credit_holds h set state = case when p.taken > 0 then 'settled' else 'released' end, resolved_at = p_at
    from priced p where p.held > 0 and h.id = p.call_id and h.state = 'open'
  ), entries as (
    insert into credit_transactions (
      wallet_id, entry_no, kind, amount, balance_after, call_id, job_id, charge_id, actor, created_at)
    select w.id, w.entry_no + row_number() over so_far, 'charge', -p.taken, w.balance - sum(p.taken) over so_far, p.call_id,
      p.job_id, p.call_id, 'system', p_at
    from priced p join wallets w on w.id = p.wallet_id
    where p.taken > 0 window so_far as (partition by w.id order by p.i rows unbounded preceding)
  ), debited as (
    update wallets w
    set held = w.held - sums.held, balance = w.balance - sums.taken, entry_no = w.entry_no + sums.entries,
      unattributed = w.unattributed + least(sums.taken, greatest(w.balance, 0)), updated_at = p_at
    from (
      select wallet_id, sum(held)::bigint as held, sum(taken)::bigint as taken, count(*) filter (where taken > 0) as entries
      from priced where held > 0 or taken > 0 group by wallet_id
    ) sums
    where w.id = sums.wallet_id
  ), booked as (
    update jobs j
    set calls_in_flight = j.calls_in_flight - sums.n,
      succeeded_calls = j.succeeded_calls + sums.succeeded, failed_calls = j.failed_calls + sums.n - sums.succeeded,
      input_tokens = j.input_tokens + sums.input_tokens, output_tokens = j.output_tokens + sums.output_tokens,
      latency_ms = j.latency_ms + sums.latency_ms, provider_cost_nanos = j.provider_cost_nanos + sums.cost,
      held = j.held - sums.held, cost_held = j.cost_held - sums.cost_held, charged = j.charged + sums.taken,
      call_charges = j.call_charges + sums.own_charge, charged_over_hold = j.charged_over_hold or sums.over_hold,
      last_activity_at = p_at,
      status = case when sums.end_job is not null and j.ended_at is null then sums.end_job else j.status end,
      ended_at = case when sums.end_job is not null and j.ended_at is null then p_at else j.ended_at end,
      ended_cost_nanos = case when sums.end_job is not null or j.ended_at is not null then j.provider_cost_nanos + sums.cost end
    from (
      select job_id, count(*)::int as n, (count(*) filter (where status = 'succeeded'))::int as succeeded,
        coalesce(sum(input_tokens), 0) as input_tokens, coalesce(sum(output_tokens), 0) as output_tokens,
        coalesce(sum(latency_ms), 0) as latency_ms, coalesce(sum(provider_cost_nanos), 0) as cost,
        sum(held)::bigint as held, coalesce(sum(cost_held), 0)::bigint as cost_held, sum(taken)::bigint as taken,
        sum(own_charge)::bigint as own_charge, bool_or(taken > held) as over_hold, max(end_job) as end_job
      from priced group by job_id
    ) sums
    where j.id = sums.job_id
  )
  select array_agg(i), array_agg(taken), array_agg(i) filter (where end_job is not null and job_ended_at is null and charged_by = 'job'),
    jsonb_agg(jsonb_build_object(
      'holds', budget_holds, 'held', cost_held, 'spent', coalesce(provider_cost_nanos, cost_held)
    )) filter (where budget_holds is not null)
  into settled, takens, ending, budget_holds
  from priced;

  for slot in 1..coalesce(cardinality(settled), 0) loop
    outcomes[settled[slot]] := 'settled';
    charges[settled[slot]] := takens[slot];
  end loop;
  for slot in 1..coalesce(cardinality(ending), 0) loop
    charges[ending[slot]] := charge_job_v1(p_at, job_ids[ending[slot]], p_items -> (ending[slot] - 1) ->> 'end_job');
  end loop;
  for entry in
    select j.id, j.status from jobs j where j.id = any (pending) and j.charge_pending and j.calls_in_flight = 0 order by j.id
  loop
    perform charge_job_v1(p_at, entry.id, entry.status);
  end loop;
  if with_claims then
    with answers as materialized (
      select x.*, w.balance
      from rows from (
          jsonb_to_recordset(p_items) as (
            call_id uuid, wallet_id uuid, claim_id text, response_status int, sealed_response text),
          generate_series(1, n)
        ) as x (call_id, wallet_id, claim_id, response_status, sealed_response, i)
        left join lateral (select * from wallets where touched and id = x.wallet_id limit 1) w on true
      where x.claim_id is not null and outcomes[x.i] = 'settled'
    ), answered as (
      update idempotency_keys k
      set response_status = a.response_status, sealed_response = decode(a.sealed_response, 'hex'), instance_id = null,
        charged = charges[a.i], balance = a.balance
      from answers a where k.id = a.claim_id and k.call_id = a.call_id and a.sealed_response is not null
    )
    delete from idempotency_keys k
    using answers a where k.id = a.claim_id and k.call_id = a.call_id and a.sealed_response is null;
  end if;

  if coalesce(cardinality(settled), 0) < n then
    for entry in
      select ordinality::int as i, (value ->> 'call_id')::uuid as call_id, (value ->> 'provider_cost_nanos')::bigint as cost, value
      from jsonb_array_elements(p_items) with ordinality
    loop
      continue when outcomes[entry.i] is not null;
      select c.job_id, c.status, c.lost, c.provider_cost_nanos as estimate, c.budget_holds,
        'estimated' = any (c.cost_flags) as estimated
      into swept from llm_calls c where c.id = entry.call_id for update;
      if not found then
        outcomes[entry.i] := 'unknown';
      elsif not swept.lost or not swept.estimated then
        outcomes[entry.i] := 'already';
      else
        update llm_calls c
        set provider_cost_nanos = entry.cost, cost_flags = array_remove(c.cost_flags, 'estimated'),
          target = entry.value ->> 'target', attempts = entry.value -> 'attempts',
          input_tokens = (entry.value ->> 'input_tokens')::int, output_tokens = (entry.value ->> 'output_tokens')::int
        where c.id = entry.call_id;
        update jobs j
        set provider_cost_nanos = j.provider_cost_nanos + coalesce(entry.cost, 0) - coalesce(swept.estimate, 0),
          ended_cost_nanos = j.ended_cost_nanos + coalesce(entry.cost, 0) - coalesce(swept.estimate, 0)
        where j.id = swept.job_id;
        perform touch_rollups_v1(swept.job_id);
        if swept.budget_holds is not null then
          budget_holds := coalesce(budget_holds, '[]') || jsonb_build_object(
            'holds', swept.budget_holds, 'held', 0,
            'spent', coalesce(entry.cost, swept.estimate, 0) - coalesce(swept.estimate, 0));
        end if;
        outcomes[entry.i] := 'swept';
      end if;
    end loop;
  end if;

  -- All at once, since their locks are taken in ascending order.
  if budget_holds is not null then
    perform settle_budgets_v1(budget_holds);
  end if;

  return query
    select i - 1, outcomes[i], charges[i], w.balance, w.balance + w.credit_limit - w.held
    from generate_series(1, n) i
    left join lateral (
      select * from wallets
      where touched and outcomes[i] = 'settled' and id = (p_items -> (i - 1) ->> 'wallet_id')::uuid limit 1
    ) w on true
    order by i;
end $$;
--> statement-breakpoint
-- Ends calls together where each is in flight and nothing but its hold and its charge hangs on it, as nearly always: no keys, no
-- budgets, no job that ends with it or waits for it. Returns a row an item, in their order.
-- Invariant: ends all of them or, without a row, changes nothing; then settle_calls takes them, under the same locks. Charged in a
-- job as settle_calls says, call after call.
-- Called by settle_calls, under its planner settings. Locks, each ascending: jobs, and the wallets of those that charge each call.
-- What is locked stays where it lies, so that it is changed there (ctid), whatever the planner takes an index to be good for.
-- Arrays are in the order of the items: nothing between a function scan and array_agg may sort, as a `distinct` would.
create or replace function settle_plain_calls_v1(p_at timestamptz, p_items jsonb)
returns table (charged bigint, balance bigint, available bigint)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  n constant int := jsonb_array_length(p_items);
  plain boolean;
  -- The least and the greatest id: with these, only the months that they lie in are opened.
  lowest uuid;
  highest uuid;
  -- By item; of jobs and wallets their places among the locked:
  call_ids uuid[];
  job_ids uuid[];
  wallet_ids uuid[];
  successes int[];
  charges bigint[];
  inputs bigint[];
  outputs bigint[];
  latencies bigint[];
  costs bigint[];
  helds bigint[];
  cost_helds bigint[];
  jobs_of int[];
  wallets_of int[];
  takens bigint[];
  entry_nos bigint[];
  balances_after bigint[];
  over_hold boolean[];
  ends int[];
  -- By job; `owed` is what it is charged in all:
  locked_jobs uuid[];
  job_rows tid[];
  per_call boolean[];
  owed bigint[];
  call_charges bigint[];
  minimums bigint[];
  -- By wallet; null where no job charges each call:
  charged_wallets uuid[];
  locked_wallets uuid[];
  wallet_rows tid[];
  wallet_balances bigint[];
  wallet_rooms bigint[];
  last_entries bigint[];
  wallet_freed bigint[];
  wallet_taken bigint[];
  wallet_entries bigint[];
  job int;
  wallet int;
  taken bigint;
begin
  select bool_and(x.claim_id is null and x.end_job is null and x.job_id is not null), min(x.call_id::text)::uuid,
    max(x.call_id::text)::uuid, array_agg(x.call_id), array_agg(x.job_id), array_agg(x.wallet_id),
    array_agg((x.status = 'succeeded')::int),
    array_agg(case when x.status <> 'failed' or x.output_tokens > 0 then coalesce(x.charge, 0) else 0 end),
    array_agg(x.input_tokens), array_agg(x.output_tokens), array_agg(x.latency_ms), array_agg(x.provider_cost_nanos)
  into plain, lowest, highest, call_ids, job_ids, wallet_ids, successes, charges, inputs, outputs, latencies, costs
  from jsonb_to_recordset(p_items) as x (
    call_id uuid, job_id uuid, wallet_id uuid, status text, charge bigint, input_tokens bigint, output_tokens bigint,
    latency_ms bigint, provider_cost_nanos bigint, claim_id text, end_job text);
  if not plain or (select count(distinct id) from unnest(call_ids) id) < n then
    return;
  end if;

  select array_agg(l.id), array_agg(l.row), array_agg(l.per_call), array_agg(l.charged), array_agg(l.call_charges),
    array_agg(l.minimum), not bool_or(l.charge_pending)
  into locked_jobs, job_rows, per_call, owed, call_charges, minimums, plain
  from (
    select j.id, j.ctid as row, coalesce(j.terms ->> 'charged' = 'call', false) as per_call, j.charged, j.call_charges,
      j.charge_pending, coalesce((j.terms ->> 'minimum')::bigint, 0) as minimum
    from jobs j where j.id = any (job_ids) order by j.id for update
  ) l;
  if plain is distinct from true then
    return;
  end if;
  select bool_and(c.budget_holds is null), array_agg(c.held), array_agg(coalesce(c.cost_held, 0)), array_agg(p.job),
    array_agg(case when per_call[p.job] then x.charge else 0 end), array_agg(x.wallet_id) filter (where per_call[p.job])
  into plain, helds, cost_helds, jobs_of, charges, charged_wallets
  from unnest(call_ids, job_ids, wallet_ids, charges) as x (call_id, job_id, wallet_id, charge)
    cross join lateral (
      select held, cost_held, budget_holds, job_id, ended_at from llm_calls
      where id = x.call_id and id between lowest and highest limit 1
    ) c
    cross join lateral (select array_position(locked_jobs, x.job_id) as job) p
  where c.job_id = x.job_id and c.ended_at is null;
  if plain is distinct from true or cardinality(helds) < n then
    return;
  end if;

  -- All of them filled: an array without elements begins where it is first assigned to, and unnest counts from there.
  takens := array_fill(0::bigint, array[n]);
  over_hold := array_fill(false, array[n]);
  wallets_of := array_fill(null::int, array[n]);
  entry_nos := array_fill(null::bigint, array[n]);
  balances_after := array_fill(null::bigint, array[n]);
  if charged_wallets is not null then
    select array_agg(l.id), array_agg(l.row), array_agg(l.balance), array_agg(l.room), array_agg(l.entry_no), array_agg(0)
    into locked_wallets, wallet_rows, wallet_balances, wallet_rooms, last_entries, wallet_freed
    from (
      select w.id, w.ctid as row, w.balance, w.balance + w.credit_limit - w.held as room, w.entry_no
      from wallets w where w.id = any (charged_wallets) order by w.id for update
    ) l;
    wallet_taken := wallet_freed;
    wallet_entries := wallet_freed;
    for i in 1..n loop
      job := jobs_of[i];
      continue when not per_call[job];
      wallet := array_position(locked_wallets, wallet_ids[i]);
      wallets_of[i] := wallet;
      wallet_freed[wallet] := wallet_freed[wallet] + helds[i];
      call_charges[job] := call_charges[job] + charges[i];
      if successes[i] > 0 or charges[i] > 0 then
        taken := greatest(minimums[job], call_charges[job], owed[job]) - owed[job];
        if taken > 0 then
          takens[i] := taken;
          owed[job] := owed[job] + taken;
          wallet_taken[wallet] := wallet_taken[wallet] + taken;
          wallet_entries[wallet] := wallet_entries[wallet] + 1;
          entry_nos[i] := last_entries[wallet] + wallet_entries[wallet];
          balances_after[i] := wallet_balances[wallet] - wallet_taken[wallet];
          if taken > helds[i] then
            over_hold[i] := true;
          end if;
        end if;
      end if;
    end loop;
  end if;

  update llm_calls c
  set status = x.status, target = x.target, attempts = x.attempts, input_tokens = x.input_tokens,
    cached_input_tokens = coalesce(x.cached_input_tokens, 0 * x.input_tokens),
    cache_write_tokens = coalesce(x.cache_write_tokens, 0 * x.input_tokens), output_tokens = x.output_tokens,
    reasoning_tokens = coalesce(x.reasoning_tokens, 0 * x.input_tokens),
    provider_cost_nanos = x.provider_cost_nanos, litellm_cost_nanos = x.litellm_cost_nanos,
    cost_flags = case when x.over_hold then coalesce(x.cost_flags, '{}') || '{over_hold}'::text[] else coalesce(x.cost_flags, '{}') end,
    charged = x.taken, cache_hit = coalesce(x.cache_hit, false), latency_ms = x.latency_ms, first_token_ms = x.first_token_ms,
    finish_reason = x.finish_reason, error_code = x.error_code, error_message = x.error_message, ended_at = p_at
  from rows from (
    jsonb_to_recordset(p_items) as (
      call_id uuid, status text, target text, attempts jsonb, cached_input_tokens int, cache_write_tokens int, reasoning_tokens int,
      litellm_cost_nanos bigint, cost_flags text[], cache_hit boolean, first_token_ms int, finish_reason text, error_code text,
      error_message text),
    unnest(call_ids, takens, over_hold, inputs, outputs, latencies, costs)
  ) as x (
    call_id, status, target, attempts, cached_input_tokens, cache_write_tokens, reasoning_tokens, litellm_cost_nanos, cost_flags,
    cache_hit, first_token_ms, finish_reason, error_code, error_message,
    same_id, taken, over_hold, input_tokens, output_tokens, latency_ms, provider_cost_nanos)
  -- The second equation holds for every item. It lets the planner expect one, which is looked up by its key; of a hundred it
  -- would read a table that was small when it planned, and goes on doing so when it no longer is. The bound leaves out months
  -- that are over; with an upper one beside it the planner would take the two for narrow, and read all calls in between.
  where c.id = x.call_id and x.same_id = x.call_id and c.id >= lowest;
  if charged_wallets is not null then
    update credit_holds h set state = case when x.taken > 0 then 'settled' else 'released' end, resolved_at = p_at
    from unnest(call_ids, helds, takens) as x (call_id, held, taken)
    where x.held > 0 and h.id = x.call_id and h.state = 'open';
    insert into credit_transactions (
      wallet_id, entry_no, kind, amount, balance_after, call_id, job_id, charge_id, actor, created_at)
    select x.wallet_id, x.entry_no, 'charge', -x.taken, x.balance_after, x.call_id, x.job_id, x.call_id, 'system', p_at
    from unnest(wallet_ids, entry_nos, takens, balances_after, call_ids, job_ids)
      as x (wallet_id, entry_no, taken, balance_after, call_id, job_id)
    where x.taken > 0;
    update wallets w
    set held = w.held - x.freed, balance = w.balance - x.taken, entry_no = w.entry_no + x.entries,
      unattributed = w.unattributed + least(x.taken, greatest(w.balance, 0)), updated_at = p_at
    from unnest(wallet_rows, wallet_freed, wallet_taken, wallet_entries) as x (row, freed, taken, entries)
    where w.ctid = x.row and (x.freed > 0 or x.taken > 0);
  end if;

  return query
    select x.taken, wallet_balances[x.wallet] - wallet_taken[x.wallet],
      wallet_rooms[x.wallet] + wallet_freed[x.wallet] - wallet_taken[x.wallet]
    from unnest(takens, wallets_of) as x (taken, wallet);

  ends := array_fill(1, array[n]);
  if cardinality(locked_jobs) < n then
    -- Several end in one job: from here on the arrays are by job.
    select array_agg(s.job), array_agg(s.ends), array_agg(s.successes), array_agg(s.input), array_agg(s.output),
      array_agg(s.latency), array_agg(s.cost), array_agg(s.held), array_agg(s.cost_held), array_agg(s.taken), array_agg(s.charge),
      array_agg(s.over_hold)
    into jobs_of, ends, successes, inputs, outputs, latencies, costs, helds, cost_helds, takens, charges, over_hold
    from (
      select y.job, sum(y.ends) as ends, sum(y.successes) as successes, sum(y.input) as input, sum(y.output) as output,
        sum(y.latency) as latency, sum(y.cost) as cost, sum(y.held) as held, sum(y.cost_held) as cost_held,
        sum(y.taken) as taken, sum(y.charge) as charge, bool_or(y.over_hold) as over_hold
      from unnest(jobs_of, ends, successes, inputs, outputs, latencies, costs, helds, cost_helds, takens, charges, over_hold)
        as y (job, ends, successes, input, output, latency, cost, held, cost_held, taken, charge, over_hold)
      group by y.job
    ) s;
  end if;
  update jobs j
  set calls_in_flight = j.calls_in_flight - x.ends, succeeded_calls = j.succeeded_calls + x.successes,
    failed_calls = j.failed_calls + x.ends - x.successes, input_tokens = j.input_tokens + coalesce(x.input, 0),
    output_tokens = j.output_tokens + coalesce(x.output, 0), latency_ms = j.latency_ms + coalesce(x.latency, 0),
    provider_cost_nanos = j.provider_cost_nanos + coalesce(x.cost, 0),
    ended_cost_nanos = j.ended_cost_nanos + coalesce(x.cost, 0), held = j.held - x.held,
    cost_held = j.cost_held - x.cost_held, charged = j.charged + x.taken, call_charges = j.call_charges + x.charge,
    charged_over_hold = j.charged_over_hold or x.over_hold, last_activity_at = p_at
  from unnest(jobs_of, ends, successes, inputs, outputs, latencies, costs, helds, cost_helds, takens, charges, over_hold)
    as x (job, ends, successes, input, output, latency, cost, held, cost_held, taken, charge, over_hold)
  where j.ctid = job_rows[x.job];
end $$;
--> statement-breakpoint
-- Months that are computed already; from here on each is added up when it is computed.
SELECT roll_up_totals_v1(s."span", s."starts_at") FROM "rollup_spans" s WHERE s."span" = 'month';
--> statement-breakpoint
-- Nothing counts as changed by a rewrite, so that nobody would do it for the new column; without figures of it the index is passed over.
ANALYZE "jobs", "team_rollups";
