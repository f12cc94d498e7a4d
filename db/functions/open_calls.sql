-- Opens calls: claims their idempotency keys, makes or locks their jobs, holds what they may charge and cost, writes their
-- in-flight rows.
-- Invariant: an item is 'opened' when, and only when, its job is open, belongs to its team and is within its limits, and what
-- its plan, its job's caps and its hard budgets ask for is held; then its row stands and the job counts it in flight. Each item is
-- accepted or refused on its own; the refused change nothing (a budget period's row without sums says what no row says).
-- Locks in this order, each ascending: idempotency keys, job references, jobs, team periods, wallets, budget periods.
--
-- Item: {call_id, job_id, team_id, key_id, wallet_id, alias, endpoint, stream, purpose, metadata, price_snapshot,
--        worst_cost_nanos, cost_min_nanos, plan_version_id, hold, hold_min, budgets?: [{id, starts_at, limit}],
--        create?: {type, user_id, external_task_id, metadata, reference, ends_with_call, max_credits, start},
--        claim?: {id, body_hash}}
-- hold, in micro-credits, and worst_cost_nanos are what the call may take at most; hold_min and cost_min_nanos what it could do
-- with if its output is cut short (null = it cannot). Granted is what is affordable in between.
-- Outcomes: opened, job_not_found, job_ended (with job_status), replay (with the stored answer), running, mismatch, other_terms
-- (hold was computed for another plan version than the job's, which charges each call: compute it anew), insufficient_credits,
-- fee_unaffordable, job_limit_exceeded {limit}, budget_exceeded {budget_id, spent, held, limit}, model_unpriced.
-- Plans are generic: over a partitioned table PostgreSQL prefers a plan made anew each time, which costs more than the work.
create or replace function open_calls_v2(p_at timestamptz, p_instance uuid, p_items jsonb)
returns table (
  "position" int, outcome text, job_id uuid, job_status text, response_status int, sealed_response bytea,
  held bigint, cost_held bigint, available bigint, balance bigint, plan_version_id uuid, detail jsonb)
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  -- Stands for "no limit" among the amounts compared below.
  unlimited constant bigint := 9223372036854775807;
  n int := jsonb_array_length(p_items);
  item jsonb := p_items -> 0;
  with_claims boolean;
  with_creations boolean;
  with_budgets boolean;
  entry record;
  job jobs%rowtype;
  version uuid;
  -- By item:
  outcomes text[];
  details jsonb[];
  job_ids uuid[];
  job_statuses text[];
  helds bigint[];
  cost_helds bigint[];
  availables bigint[];
  balances bigint[];
  versions uuid[];
  -- By budget period:
  budget_keys text[];
  budget_used bigint[];
  budget_spent bigint[];
  budget_added bigint[];
  -- Of the wallet and the job that the loop is at:
  at_wallet uuid;
  at_job uuid;
  wallet_balance bigint;
  room bigint;
  wallets_changed boolean := false;
  made boolean;
  terms jsonb;
  beginning jsonb;
  per_call boolean;
  job_version uuid;
  job_calls int;
  job_charged bigint;
  job_held bigint;
  job_cost bigint;
  max_credits bigint;
  max_cost bigint;
  ends_by timestamptz;
  -- Of the item that the loop is at:
  refused text;
  reason jsonb;
  hold bigint;
  least_hold bigint;
  cost bigint;
  least_cost bigint;
  cost_room bigint;
  budget record;
  slot int;
  previous record;
begin
  if n = 1 and not item ? 'claim' and not item ? 'create' and not item ? 'budgets' then
    -- One call in a job that is charged at its end, by far the most frequent: nothing is held, no wallet touched.
    update jobs
    set calls = calls + 1, calls_in_flight = calls_in_flight + 1, status = 'in_progress', last_activity_at = p_at
    where id = (item ->> 'job_id')::uuid and team_id = item ->> 'team_id' and ended_at is null and max_cost_nanos is null
      and (ends_by is null or ends_by > p_at)
      and (terms is null or (
        terms ->> 'charged' = 'job' and (terms ->> 'max_calls' is null or calls < (terms ->> 'max_calls')::int)))
    returning plan_version_id into version;
    if found then
      insert into llm_calls (
        id, job_id, team_id, key_id, instance_id, alias, endpoint, stream, purpose, metadata, price_snapshot,
        worst_cost_nanos, created_at)
      values (
        (item ->> 'call_id')::uuid, (item ->> 'job_id')::uuid, item ->> 'team_id', (item ->> 'key_id')::uuid, p_instance,
        item ->> 'alias', item ->> 'endpoint', (item ->> 'stream')::boolean, item ->> 'purpose',
        nullif(item -> 'metadata', 'null'), item -> 'price_snapshot', (item ->> 'worst_cost_nanos')::bigint, p_at);
      return query select 0, 'opened'::text, (item ->> 'job_id')::uuid, 'in_progress'::text, null::int, null::bytea,
        0::bigint, null::bigint, null::bigint, null::bigint, version, null::jsonb;
      return;
    end if;

    -- One call that is charged itself, without caps, where the wallet has enough: the same steps as below without sets.
    select * into job from jobs j
    where j.id = (item ->> 'job_id')::uuid and j.team_id = item ->> 'team_id' for update;
    if found and job.ended_at is null and job.terms ->> 'charged' = 'call' and job.max_cost_nanos is null
      and job.max_credits is null and job.ends_by is null and job.terms ->> 'max_calls' is null
      and job.terms ->> 'single' is distinct from 'true'
      and job.plan_version_id = (item ->> 'plan_version_id')::uuid
    then
      hold := greatest(
        coalesce((item ->> 'hold')::bigint, 0),
        case when job.charged = 0 then coalesce((job.terms ->> 'minimum')::bigint, 0) else 0 end);
      select coalesce(w.balance + w.credit_limit - w.held, unlimited), w.balance into room, wallet_balance from wallets w
      where w.id = (item ->> 'wallet_id')::uuid and w.next_due_at > p_at for update;
      if found and room >= 0 and room >= hold then
        if hold > 0 then
          update wallets w set held = w.held + hold, updated_at = p_at where w.id = (item ->> 'wallet_id')::uuid;
          insert into credit_holds (id, wallet_id, job_id, amount, created_at)
          values ((item ->> 'call_id')::uuid, (item ->> 'wallet_id')::uuid, job.id, hold, p_at);
        end if;
        insert into llm_calls (
          id, job_id, team_id, key_id, instance_id, alias, endpoint, stream, purpose, metadata, price_snapshot,
          worst_cost_nanos, held, created_at)
        values (
          (item ->> 'call_id')::uuid, job.id, item ->> 'team_id', (item ->> 'key_id')::uuid, p_instance,
          item ->> 'alias', item ->> 'endpoint', (item ->> 'stream')::boolean, item ->> 'purpose',
          nullif(item -> 'metadata', 'null'), item -> 'price_snapshot', (item ->> 'worst_cost_nanos')::bigint, hold, p_at);
        update jobs j
        set calls = j.calls + 1, calls_in_flight = j.calls_in_flight + 1, held = j.held + hold, status = 'in_progress',
          last_activity_at = p_at
        where j.id = job.id;
        return query select 0, 'opened'::text, job.id, 'in_progress'::text, null::int, null::bytea,
          hold, null::bigint, nullif(room, unlimited) - hold, wallet_balance, job.plan_version_id, null::jsonb;
        return;
      end if;
    end if;
  end if;

  outcomes := array_fill(null::text, array[n]);
  details := array_fill(null::jsonb, array[n]);
  job_statuses := array_fill(null::text, array[n]);
  helds := array_fill(0::bigint, array[n]);
  cost_helds := array_fill(null::bigint, array[n]);
  availables := array_fill(null::bigint, array[n]);
  balances := array_fill(null::bigint, array[n]);
  versions := array_fill(null::uuid, array[n]);
  select array_agg((value ->> 'job_id')::uuid order by ordinality), bool_or(value ? 'claim'), bool_or(value ? 'create'),
    bool_or(value ? 'budgets')
  into job_ids, with_claims, with_creations, with_budgets
  from jsonb_array_elements(p_items) with ordinality;

  if with_claims then
    for entry in
      select ordinality::int as i, value from jsonb_array_elements(p_items) with ordinality
      where value ? 'claim' order by value -> 'claim' ->> 'id', ordinality
    loop
      refused := claim_idempotency_key_v1(p_at, p_instance, (entry.value ->> 'call_id')::uuid, entry.value -> 'claim');
      if refused <> 'claimed' then
        outcomes[entry.i] := refused;
      end if;
    end loop;
  end if;

  -- A reference is locked by its name, since its job may not exist yet.
  if with_creations then
    previous := row(null::bigint, null::text, null::text, null::uuid);
    for entry in
      select t.*, hashtextextended(t.team_id || ' ' || t.reference, 0) as lock from (
        select ordinality::int as i, value ->> 'team_id' as team_id, value -> 'create' ->> 'reference' as reference
        from jsonb_array_elements(p_items) with ordinality where value -> 'create' ->> 'reference' is not null
      ) t order by lock, team_id, reference, i
    loop
      continue when outcomes[entry.i] is not null;
      if previous is not null and (at_wallet, '') is not distinct from (null::uuid, 'x') then
        continue;
      end if;
      perform pg_advisory_xact_lock(entry.lock);
    end loop;
  end if;
end $$;
