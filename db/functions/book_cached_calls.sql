-- Books calls that were answered from the response cache: each is opened and settled at once, in one transaction, so that no such
-- call ever stands in flight.
-- Invariant: an item is settled when, and only when, it is opened; every rule of open_calls and settle_calls holds for it. Items are
-- accepted or refused each on its own; the refused change nothing.
-- p_opens are the items of open_calls, p_settles in the same order those of settle_calls (their job is the one that was opened).
-- Outcomes: those of open_calls; 'opened' tells besides what was charged, and the wallet's balance where it was touched.
-- Locks: all that are needed are taken by open_calls, in its order. Settling takes no further one: calls of jobs that are charged at
-- their end touch no wallet; the others, and those that end their job, are settled one at a time, since settle_calls locks
-- for many at once more than each of them needs. A free hit alone locks its job only: of the wallet it takes nothing.
create or replace function book_cached_calls_v1(p_at timestamptz, p_instance uuid, p_opens jsonb, p_settles jsonb)
returns table (
  "position" int, outcome text, job_id uuid, job_status text, sealed_response bytea, plan_version_id uuid, detail jsonb,
  charged bigint, balance bigint)
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  open jsonb := p_opens -> 0;
  found_job uuid;
  version uuid;
  available bigint;
  opened record;
  ended record;
  settle jsonb;
  together jsonb := '[]';
begin
  if jsonb_array_length(p_opens) = 1 and not open ?| '{claim,create,budgets}' and coalesce((open ->> 'hold')::bigint, 0) = 0 then
    -- One free hit in a job without caps, by far the most frequent: the same as below in one step.
    if open ? 'hold' then
      select w.balance, coalesce(w.balance + w.credit_limit - w.held, 0) into balance, available from wallets w
      where w.id = (open ->> 'wallet_id')::uuid and w.next_due_at > p_at;
    end if;
    select * into ended from jsonb_to_record(p_settles -> 0) as x (
      status text, target text, input_tokens int, cached_input_tokens int, cache_write_tokens int, output_tokens int,
      reasoning_tokens int, provider_cost_nanos bigint, charge bigint, latency_ms int, first_token_ms int, finish_reason text);
    with counted as (
      update jobs j
      set calls = j.calls + 1, succeeded_calls = j.succeeded_calls + 1,
        input_tokens = j.input_tokens + coalesce(ended.input_tokens, 0),
        output_tokens = j.output_tokens + coalesce(ended.output_tokens, 0),
        latency_ms = j.latency_ms + coalesce(ended.latency_ms, 0), status = 'in_progress', last_activity_at = p_at
      where j.id = (open ->> 'job_id')::uuid and j.team_id = open ->> 'team_id' and j.ended_at is null
        and j.max_cost_nanos is null and j.max_credits is null and (j.ends_by is null or j.ends_by > p_at)
        and (j.terms ->> 'max_calls' is null or j.calls < (j.terms ->> 'max_calls')::int)
        and j.terms ->> 'single' is distinct from 'true'
        and case when j.terms ->> 'charged' = 'call'
          then open ? 'hold' and available >= 0 and j.plan_version_id = (open ->> 'plan_version_id')::uuid and ended.charge = 0
            and greatest(coalesce((j.terms ->> 'minimum')::bigint, 0), j.call_charges) <= j.charged
          else not open ? 'hold' end
      returning j.id, j.team_id, j.plan_version_id
    )
    insert into llm_calls (
      id, job_id, team_id, key_id, instance_id, alias, endpoint, stream, purpose, metadata, price_snapshot, worst_cost_nanos,
      created_at, status, target, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
      provider_cost_nanos, cache_hit, latency_ms, first_token_ms, finish_reason, ended_at)
    select
      (open ->> 'call_id')::uuid, counted.id, counted.team_id, (open ->> 'key_id')::uuid, p_instance, open ->> 'alias',
      open ->> 'endpoint', coalesce((open ->> 'stream')::boolean, false), open ->> 'purpose', nullif(open -> 'metadata', 'null'),
      open -> 'price_snapshot', (open ->> 'worst_cost_nanos')::bigint, p_at, ended.status, ended.target, ended.input_tokens,
      coalesce(ended.cached_input_tokens, 0 * ended.input_tokens), coalesce(ended.cache_write_tokens, 0 * ended.input_tokens),
      ended.output_tokens, coalesce(ended.reasoning_tokens, 0 * ended.input_tokens), ended.provider_cost_nanos, true,
      ended.latency_ms, ended.first_token_ms, ended.finish_reason, p_at
    from counted
    returning job_id, (select counted.plan_version_id from counted) into found_job, version;
    if found then
      "position" := 0;
      outcome := 'opened';
      job_id := found_job;
      job_status := 'in_progress';
      plan_version_id := version;
      charged := 0;
      return next;
      return;
    end if;
    balance := null;
  end if;

  for opened in select * from open_calls_v2(p_at, p_instance, p_opens) o order by o."position" loop
    "position" := opened."position";
    outcome := opened.outcome;
    job_id := opened.job_id;
    job_status := opened.job_status;
    sealed_response := opened.sealed_response;
    plan_version_id := opened.plan_version_id;
    detail := opened.detail;
    charged := 0;
    balance := opened.balance;
    if outcome = 'opened' then
      settle := p_settles -> opened."position" || jsonb_build_object('job_id', opened.job_id);
      if opened.balance is null and settle ->> 'end_job' is null then
        together := together || settle;
      else
        select * into strict ended from settle_calls_v2(p_at, jsonb_build_array(settle));
        assert ended.outcome = 'settled', 'a call that was just opened is ' || ended.outcome;
        charged := ended.charged;
        balance := coalesce(ended.balance, opened.balance);
      end if;
    end if;
    return next;
  end loop;

  if together <> '[]' then
    assert (select bool_and(s.outcome = 'settled') from settle_calls_v2(p_at, together) s), 'a call that was just opened is not settled';
  end if;
end $$;
