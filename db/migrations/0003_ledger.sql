-- Takes what was spent since the last time from particular grants, in burn order: priority, expiry (none last), age.
-- The caller holds the wallet's lock. Runs before a grant is added, expires or is shown, so that spending is borne by the
-- grants that were there when it happened.
-- Invariant: what remains of the grants less `unattributed` does not change.
create or replace function attribute_spending_v1(p_at timestamptz, p_wallet uuid)
returns void language plpgsql volatile set enable_seqscan = off as $$
declare
  spent bigint;
  burned bigint;
begin
  select w.unattributed into strict spent from wallets w where w.id = p_wallet;
  if spent = 0 then
    return;
  end if;

  with ordered as (
    select g.id, g.remaining,
      sum(g.remaining) over (order by g.priority, g.expires_at nulls last, g.created_at, g.id) - g.remaining as before
    from credit_grants g where g.wallet_id = p_wallet and g.remaining > 0
  ), burn as (
    update credit_grants g
    set remaining = g.remaining - least(o.remaining, spent - o.before)::bigint
    from ordered o where g.id = o.id and o.before < spent
    returning least(o.remaining, spent - o.before) as taken
  )
  select coalesce(sum(taken), 0) into burned from burn;

  update wallets w set unattributed = w.unattributed - burned, updated_at = p_at where w.id = p_wallet;
end $$;
--> statement-breakpoint
-- Books one change of a balance: the ledger's entry and the wallet's new balance. The caller holds the wallet's lock.
-- Invariant: balance = sum of the entries = balance_after of the last; entry numbers have no gaps.
-- What is taken without naming a grant waits in `unattributed`, as far as the balance covered it; beyond that it is debt, which
-- no grant has to bear. Makes no grants: credits are given by give_credits_v1.
--
-- p_entry: {kind, job_id, call_id, charge_id, grant_id, actor, reason, reference, idempotency_key, counterpart_team_id}; a debit
-- with a grant_id was taken from that grant by the caller. Returns the balance afterwards.
create or replace function book_entry_v1(p_at timestamptz, p_wallet uuid, p_amount bigint, p_entry jsonb)
returns bigint language plpgsql volatile set enable_seqscan = off as $$
declare
  booked wallets%rowtype;
begin
  update wallets w
  set balance = w.balance + p_amount, entry_no = w.entry_no + 1, updated_at = p_at,
    unattributed = w.unattributed + case
      when p_amount < 0 and p_entry ->> 'grant_id' is null then least(-p_amount, greatest(w.balance, 0))
      else 0
    end
  where w.id = p_wallet
  returning w.* into strict booked;

  insert into credit_transactions (
    wallet_id, entry_no, kind, amount, balance_after, grant_id, call_id, job_id, actor, reason, idempotency_key, charge_id,
    reference, counterpart_team_id, created_at)
  values (
    p_wallet, booked.entry_no, p_entry ->> 'kind', p_amount, booked.balance, (p_entry ->> 'grant_id')::uuid,
    (p_entry ->> 'call_id')::uuid, (p_entry ->> 'job_id')::uuid, p_entry ->> 'actor', p_entry ->> 'reason',
    p_entry ->> 'idempotency_key', (p_entry ->> 'charge_id')::uuid, p_entry ->> 'reference',
    p_entry ->> 'counterpart_team_id', p_at);
  return booked.balance;
end $$;
--> statement-breakpoint
-- Changes a wallet by hand: allocation, top-up, refund, deduction, adjustment.
-- Invariants: balance = sum of the entries = balance_after of the last; what remains of the grants less `unattributed` =
-- max(balance, 0); a deduction takes at most what is available; the refunds of a job are at most its charge.
-- An adjustment puts right what is wrong, so it may leave a debt; that blocks new work.
-- Idempotent by idempotency_key within the wallet: 'replayed' tells the entry that was made, 'mismatch' that it was another change:
-- anything in p_change that the entry or its grant says differently, but who makes it.
-- Locks: job (of a refund), wallet.
--
-- p_change: {team_id, kind, amount, job_id, actor, reason, reference, price_paid_nanos, priority, expires_at, idempotency_key};
-- the amount is above 0, an adjustment's is not 0, a refund's null = all that is left of the charge.
-- Outcomes: changed, replayed, mismatch, team_not_found, job_not_found, refund_exceeds_charge {charged, refunded, refundable},
-- insufficient_credits {needed, available}.
create or replace function change_wallet_v2(p_at timestamptz, p_change jsonb)
returns table (
  outcome text, entry_no bigint, amount bigint, balance_after bigint, created_at timestamptz, detail jsonb)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  wallet wallets%rowtype;
  job jobs%rowtype;
  earlier credit_transactions%rowtype;
  same boolean;
  kind text := p_change ->> 'kind';
  change bigint := (p_change ->> 'amount')::bigint * case when p_change ->> 'kind' = 'deduction' then -1 else 1 end;
  available bigint;
  balance bigint;
begin
  if kind = 'refund' then
    select * into job from jobs j
    where j.id = (p_change ->> 'job_id')::uuid and j.team_id = p_change ->> 'team_id' for update;
    if not found then
      return query select 'job_not_found'::text, null::bigint, null::bigint, null::bigint, null::timestamptz, null::jsonb;
      return;
    end if;
  end if;

  select w.* into wallet from wallets w join teams t on t.id = w.team_id
  where w.team_id = p_change ->> 'team_id' and t.status <> 'deleted' for update of w;
  if not found then
    return query select 'team_not_found'::text, null::bigint, null::bigint, null::bigint, null::timestamptz, null::jsonb;
    return;
  end if;

  if p_change ->> 'idempotency_key' is not null then
    select * into earlier from credit_transactions t
    where t.wallet_id = wallet.id and t.idempotency_key = p_change ->> 'idempotency_key';
    if found then
      -- What was left of the charge, by the entries before: jobs.refunded holds this refund already.
      same := earlier.kind = kind and earlier.job_id is not distinct from job.id
        and earlier.amount = coalesce(change, (
          select -sum(t.amount) from credit_transactions t
          where t.job_id = job.id and t.wallet_id = wallet.id and t.entry_no < earlier.entry_no and t.kind in ('charge', 'refund')))
        and earlier.reason is not distinct from p_change ->> 'reason'
        and earlier.reference is not distinct from p_change ->> 'reference'
        and (earlier.grant_id is null or exists (
          select from credit_grants g
          where g.id = earlier.grant_id and g.priority = coalesce((p_change ->> 'priority')::int, 100)
            and g.expires_at is not distinct from (p_change ->> 'expires_at')::timestamptz
            and g.price_paid_nanos is not distinct from (p_change ->> 'price_paid_nanos')::bigint));
      return query select case when same then 'replayed' else 'mismatch' end,
        earlier.entry_no, earlier.amount, earlier.balance_after, earlier.created_at, null::jsonb;
      return;
    end if;
  end if;

  if kind = 'refund' then
    change := coalesce(change, job.charged - job.refunded);
    if change <= 0 or change > job.charged - job.refunded then
      return query select 'refund_exceeds_charge'::text, null::bigint, null::bigint, null::bigint, null::timestamptz,
        jsonb_build_object('charged', job.charged::text, 'refunded', job.refunded::text,
          'refundable', (job.charged - job.refunded)::text);
      return;
    end if;
    update jobs j set refunded = j.refunded + change where j.id = job.id;
  end if;

  perform roll_over_v1(p_at, wallet.id);
  if change > 0 then
    balance := give_credits_v1(p_at, wallet.id, change, p_change);
  else
    select w.balance + w.credit_limit - w.held into available from wallets w where w.id = wallet.id;
    if kind = 'deduction' and -change > available then
      return query select 'insufficient_credits'::text, null::bigint, null::bigint, null::bigint, null::timestamptz,
        jsonb_build_object('needed', (-change)::text, 'available', available::text);
      return;
    end if;
    balance := book_entry_v1(p_at, wallet.id, change, p_change);
  end if;
  return query
    select 'changed'::text, w.entry_no, change, balance, p_at, null::jsonb from wallets w where w.id = wallet.id;
end $$;
--> statement-breakpoint
-- Charges a job that is charged at its end, when it ends as p_as: completed, failed, cancelled or expired. Returns the charge.
-- Called under the job's lock by the statement that ends it. A failed or cancelled job with calls in flight then waits with its
-- hold (charge_pending), and is charged by the settle of its last call.
-- Invariant: the job's hold is resolved here, once, when no call can change the charge any more, and one entry at most is
-- booked (charge_id = the job); a job that ends free gives its included place back. Counts are those of the period in which
-- the job was created.
-- Locks: team period (only where something is counted), wallet.
create or replace function charge_job_v1(p_at timestamptz, p_job uuid, p_as text)
returns bigint language plpgsql volatile set enable_seqscan = off as $$
declare
  job jobs%rowtype;
  terms jsonb;
  kind text;
  counted jsonb;
  used team_periods%rowtype;
  as_completed boolean;
  deferred boolean;
  worked boolean;
  costly boolean;
  free boolean := false;
  charge bigint := 0;
  credit_price numeric;
  wallet uuid;
  balance_before bigint;
  entry bigint;
begin
  select * into job from jobs j where j.id = p_job;
  terms := job.terms;
  if terms ->> 'charged' is distinct from 'job' then
    return 0;
  end if;
  -- Whether a failed job is free depends on what its calls give, and one in flight may still give everything.
  deferred := p_as in ('failed', 'cancelled') and job.calls_in_flight > 0 and terms ->> 'failed_jobs' is distinct from 'full';
  if deferred <> job.charge_pending then
    update jobs j set charge_pending = deferred where j.id = p_job;
  end if;
  if deferred then
    return 0;
  end if;
  kind := terms ->> 'kind';
  counted := nullif(terms -> 'period', 'null');
  -- A stream that its client left just before the end has given what there was to give.
  worked := job.succeeded_calls > 0 or job.output_tokens > 0;
  as_completed := p_as = 'completed' or (p_as = 'expired' and worked)
    or (p_as in ('failed', 'cancelled') and coalesce(terms ->> 'failed_jobs', 'free') = 'full');
  -- It has used the provider and gave nothing in return: free, but not without end.
  costly := not as_completed and worked;

  if counted is not null and (kind in ('tiered', 'subscription') or costly) then
    insert into team_periods (team_id, period, starts_at, ends_at)
    values (job.team_id, counted ->> 'period', job.period_start, (counted ->> 'ends_at')::timestamptz)
    on conflict do nothing;
    select * into strict used from team_periods p
    where p.team_id = job.team_id and p.period = counted ->> 'period' and p.starts_at = job.period_start
    for update;
  end if;

  if as_completed then
    charge := case
      when kind = 'tiered' then (
        select (tier ->> 'price')::bigint from jsonb_array_elements(terms -> 'tiers') with ordinality as t (tier, n)
        where tier ->> 'up_to' is null or (tier ->> 'up_to')::int > used.completed order by n limit 1)
      when job.place = 'included' then 0
      when job.place = 'overage' then (terms ->> 'overage')::bigint
      else (terms ->> 'price')::bigint
    end;
    charge := coalesce(charge, 0);
  elsif costly and coalesce(used.costly_failures, 0) + 1 > coalesce((terms ->> 'free_failures')::int, 0) then
    credit_price := nullif((terms ->> 'credit_price_nanos')::numeric, 0);
    -- Half up. Without a credit price the cost is worth the whole hold.
    charge := least(job.held, div(2000000 * job.provider_cost_nanos::numeric + credit_price, 2 * credit_price)::bigint);
  else
    free := true;
  end if;

  if used.team_id is not null then
    update team_periods p
    set completed = p.completed + as_completed::int, costly_failures = p.costly_failures + costly::int,
      included_taken = p.included_taken - (free and job.place is not distinct from 'included')::int
    where p.team_id = used.team_id and p.period = used.period and p.starts_at = used.starts_at;
  end if;

  if job.held > 0 or charge > 0 then
    select w.id, w.balance into strict wallet, balance_before from wallets w where w.team_id = job.team_id for update;
    update credit_holds h set state = case when charge > 0 then 'settled' else 'released' end, resolved_at = p_at
    where h.id = job.id and h.state = 'open';
    update wallets w
    set held = w.held - job.held, balance = w.balance - charge, entry_no = w.entry_no + (charge > 0)::int,
      unattributed = w.unattributed + least(charge, greatest(w.balance, 0)), updated_at = p_at
    where w.id = wallet
    returning w.entry_no into entry;
    if charge > 0 then
      insert into credit_transactions (
        wallet_id, entry_no, kind, amount, balance_after, job_id, charge_id, actor, created_at)
      values (wallet, entry, 'charge', -charge, balance_before - charge, job.id, job.id, 'system', p_at);
    end if;
    update jobs j
    set held = j.held - job.held, charged = j.charged + charge, charged_over_hold = charge > job.held,
      place = case when kind = 'tiered' and as_completed then (used.completed + 1)::text else j.place end
    where j.id = job.id;
  end if;
  return charge;
end $$;
--> statement-breakpoint
-- Creates a job. Its answer is known beforehand, so an idempotency key is claimed and answered in this one statement.
-- Invariant: a key makes at most one job, and whoever repeats it gets that job's answer; a refusal frees the key.
-- Locks: idempotency key, then as start_job.
--
-- Outcomes: replay, running, mismatch, and those of start_job.
create or replace function create_job_v2(p_at timestamptz, p_job jsonb, p_claim jsonb)
returns table (outcome text, response_status int, sealed_response bytea, detail jsonb)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  claimed text;
  started record;
begin
  if p_claim is not null then
    claimed := claim_idempotency_key_v1(p_at, null, null, p_claim);
    if claimed <> 'claimed' then
      return query
        select claimed, k.response_status, k.sealed_response, null::jsonb
        from idempotency_keys k where k.id = p_claim ->> 'id';
      return;
    end if;
  end if;

  select s.outcome, s.detail into started from start_job_v1(p_at, p_job) s;

  if p_claim is not null and started.outcome = 'created' then
    perform store_answer_v1(
      p_claim ->> 'id', (p_claim ->> 'response_status')::int, p_claim ->> 'sealed_response');
  elsif p_claim is not null then
    delete from idempotency_keys k where k.id = p_claim ->> 'id';
  end if;
  return query select started.outcome, null::int, null::bytea, started.detail;
end $$;
--> statement-breakpoint
-- Brings a wallet up to date before it is shown: what is due has happened, what was spent is taken from its grants.
create or replace function current_wallet_v1(p_at timestamptz, p_wallet uuid)
returns void language plpgsql volatile set enable_seqscan = off as $$
begin
  perform roll_over_v1(p_at, p_wallet);
  perform 1 from wallets w where w.id = p_wallet for update;
  perform attribute_spending_v1(p_at, p_wallet);
end $$;
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
    set status = p_end ->> 'status', ended_at = p_at, last_activity_at = p_at,
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
    select told, null::int, null::bytea, j.status, j.created_at, j.ended_at, j.calls, j.succeeded_calls, j.failed_calls,
      j.calls_in_flight, j.input_tokens, j.output_tokens, j.latency_ms, j.charged, w.balance
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
  update jobs j set status = 'expired', ended_at = p_at where j.id = any (idle);
  foreach ending in array idle loop
    perform charge_job_v1(p_at, ending, 'expired');
  end loop;
  return cardinality(idle);
end $$;
--> statement-breakpoint
-- Gives a wallet credits: one entry, one grant. The caller holds the wallet's lock.
-- Invariant: what remains of the grants less `unattributed` = max(balance, 0). A debt is paid first: only what lies above it
-- remains of the grant.
--
-- p_grant: {kind, priority, expires_at, price_paid_nanos, refill_id, period_start} and what book_entry_v1 takes of an entry.
-- Returns the balance afterwards.
create or replace function give_credits_v1(p_at timestamptz, p_wallet uuid, p_amount bigint, p_grant jsonb)
returns bigint language plpgsql volatile set enable_seqscan = off as $$
declare
  given uuid := new_uuid_v7_v1(p_at);
  expires timestamptz := (p_grant ->> 'expires_at')::timestamptz;
  balance_after bigint;
begin
  perform attribute_spending_v1(p_at, p_wallet);
  balance_after := book_entry_v1(p_at, p_wallet, p_amount, p_grant || jsonb_build_object('grant_id', given));
  insert into credit_grants (
    id, wallet_id, kind, priority, amount, remaining, expires_at, price_paid_nanos, reference, refill_id, period_start,
    created_at)
  values (
    given, p_wallet, p_grant ->> 'kind', coalesce((p_grant ->> 'priority')::int, 100), p_amount,
    greatest(least(p_amount, balance_after), 0), expires, (p_grant ->> 'price_paid_nanos')::bigint,
    p_grant ->> 'reference', (p_grant ->> 'refill_id')::uuid, (p_grant ->> 'period_start')::timestamptz, p_at);
  if expires is not null then
    update wallets w set next_due_at = least(w.next_due_at, expires) where w.id = p_wallet;
  end if;
  return balance_after;
end $$;
--> statement-breakpoint
-- Renews an instance's lease and tells it the time, the versions of cached configuration, and which of its streams are to
-- stop: because their job has ended, or because their team or its organization is suspended or deleted. They are told again
-- until they are settled. A lease that lapsed begins anew.
-- Losing the last heartbeats in a crash of the database is harmless, so they do not wait for the disk.
create or replace function heartbeat_v2(p_instance uuid, p_data_directory uuid, p_lease interval)
returns table (now timestamptz, lease_since timestamptz, versions jsonb, ended_calls uuid[], suspended_calls uuid[])
language plpgsql volatile set enable_seqscan = off set synchronous_commit = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  since timestamptz;
begin
  insert into instances as i (id, data_directory_id, started_at, seen_at, lease_since)
  values (p_instance, p_data_directory, moment, moment, moment)
  on conflict (id) do update set
    seen_at = moment,
    lease_since = case when i.seen_at < moment - p_lease then moment else i.lease_since end
  returning i.lease_since into since;

  return query select
    moment,
    since,
    (select coalesce(jsonb_object_agg(v.kind, v.version), '{}') from config_versions v),
    coalesce(array_agg(c.id) filter (where j.ended_at is not null), '{}'),
    coalesce(array_agg(c.id) filter (where j.ended_at is null
      and (t.status in ('suspended', 'deleted') or o.status in ('suspended', 'deleted'))), '{}')
  from llm_calls c
    join jobs j on j.id = c.job_id
    join teams t on t.id = j.team_id
    join organizations o on o.id = t.organization_id
  where c.instance_id = p_instance and c.status = 'in_flight' and c.stream;
end $$;
--> statement-breakpoint
-- Locks what the end of several jobs changes: the periods in which they count and the wallets that they are charged to, each
-- ascending, along with further wallets that the caller needs. The caller holds the jobs' locks.
create or replace function lock_ending_jobs_v1(p_jobs uuid[], p_wallets uuid[])
returns void language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
begin
  perform 1 from team_periods p
  where (p.team_id, p.period, p.starts_at) in (
    select j.team_id, j.terms -> 'period' ->> 'period', j.period_start from jobs j
    where j.id = any (p_jobs) and j.terms ->> 'charged' = 'job'
  )
  order by p.team_id, p.period, p.starts_at for update;

  perform 1 from wallets w
  where w.id = any (p_wallets) or w.team_id in (
    select j.team_id from jobs j where j.id = any (p_jobs) and j.terms ->> 'charged' = 'job'
  )
  order by w.id for update;
end $$;
--> statement-breakpoint
-- A new UUIDv7 of an instant: its 48 bits of milliseconds, then random ones.
create or replace function new_uuid_v7_v1(p_at timestamptz)
returns uuid language sql volatile as $$
  select encode(
    set_bit(
      set_bit(
        overlay(
          uuid_send(gen_random_uuid())
          placing substring(int8send(floor(extract(epoch from p_at) * 1000)::bigint) from 3) from 1 for 6),
        52, 1),
      53, 1),
    'hex')::uuid;
$$;
--> statement-breakpoint
-- The span that is to be computed next; no row = everything is as current as it should be. In this order: what was touched
-- after its end; the earliest quarter that was never computed; what was open, the older the less often (every 30 s at
-- first, every 15 min for what is 15 h old); days and months that are over and had a part changed.
-- Quarters are first computed in the order of time: whatever lies before the newest is computed or empty.
create or replace function next_rollup_span_v1(p_at timestamptz)
returns table (span text, starts_at timestamptz)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  quarter constant interval := interval '15 minutes';
  frontier timestamptz := (select max(s.starts_at) + quarter from rollup_spans s where s.span = 'quarter');
  lowest uuid := first_uuid_v7_v1(coalesce(frontier, timestamptz 'epoch' + interval '1 minute') - interval '1 minute');
  found_at timestamptz;
begin
  return query select 'quarter', min(t.starts_at) from rollup_touches t where t.starts_at < frontier
    having min(t.starts_at) is not null;
  if found then return; end if;

  -- Ids and times differ by a minute at most: one before the first id found, none that is not computed can lie.
  select least(
    (select j.created_at from jobs j where j.id >= lowest and j.created_at >= coalesce(frontier, '-infinity') order by j.id limit 1),
    (select c.created_at from llm_calls c where c.id >= lowest and c.created_at >= coalesce(frontier, '-infinity') order by c.id limit 1)
  ) into found_at;
  if found_at <= p_at then
    return query select 'quarter',
      greatest(frontier, date_bin(quarter, found_at - interval '1 minute', timestamptz 'epoch'));
    return;
  end if;

  return query
    select s.span, s.starts_at from rollup_spans s
    where s.open and case s.span
      when 'quarter' then s.computed_at <= p_at - least(interval '15 minutes', greatest(interval '30 seconds', (p_at - s.starts_at) / 60))
      else p_at >= rollup_span_end_v1(s.span, s.starts_at) + interval '2 minutes' end
    order by case s.span when 'quarter' then 0 when 'day' then 1 else 2 end, s.computed_at limit 1;
end $$;
--> statement-breakpoint
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
-- Outcomes: opened, job_not_found, job_ended (with job_status), replay (with the stored answer, and
-- {charged, balance} that its first settle came to), running, mismatch, other_terms
-- (hold was computed for another plan version than the job's, which charges each call: compute it anew), insufficient_credits,
-- fee_unaffordable, job_limit_exceeded {limit}, budget_exceeded {budget_id, spent, held, limit}, model_unpriced.
-- Plans are generic: over a partitioned table PostgreSQL prefers a plan made anew each time, which costs more than the work.
-- They are made while the tables are empty and kept, so hash and merge joins are off: they would read whole tables later.
create or replace function open_calls_v2(p_at timestamptz, p_instance uuid, p_items jsonb)
returns table (
  "position" int, outcome text, job_id uuid, job_status text, response_status int, sealed_response bytea,
  held bigint, cost_held bigint, available bigint, balance bigint, plan_version_id uuid, detail jsonb)
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
set plan_cache_mode = force_generic_plan as $$
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
  budget_ids uuid[];
  budget_starts timestamptz[];
  budget_spent bigint[];
  budget_held bigint[];
  budget_added bigint[];
  -- Of the wallet and the job that the loop is at:
  at_wallet uuid;
  at_job uuid;
  wallet_balance bigint;
  room bigint;
  wallets_changed boolean := false;
  made boolean;
  terms jsonb;
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
  all_fit boolean;
  found_job uuid;
  last_job uuid;
  last_team text;
  last_reference text;
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
    for entry in
      select t.*, hashtextextended(t.team_id || ' ' || t.reference, 0) as name_lock from (
        select ordinality::int as i, value ->> 'team_id' as team_id, value -> 'create' ->> 'reference' as reference
        from jsonb_array_elements(p_items) with ordinality where value -> 'create' ->> 'reference' is not null
      ) t order by name_lock, t.team_id, t.reference, t.i
    loop
      continue when outcomes[entry.i] is not null;
      if entry.team_id = last_team and entry.reference = last_reference then
        job_ids[entry.i] := last_job;
        continue;
      end if;
      perform pg_advisory_xact_lock(entry.name_lock);
      select j.id into found_job from jobs j
      where j.team_id = entry.team_id and j.reference = entry.reference and j.ended_at is null;
      if found then
        job_ids[entry.i] := found_job;
      end if;
      last_team := entry.team_id;
      last_reference := entry.reference;
      last_job := job_ids[entry.i];
    end loop;
  end if;

  perform 1 from jobs j where j.id = any (job_ids) order by j.id for update;

  if with_creations then
    for entry in
      select distinct value ->> 'team_id' as team_id, p ->> 'period' as period, (p ->> 'starts_at')::timestamptz as starts_at,
        (p ->> 'ends_at')::timestamptz as ends_at
      from jsonb_array_elements(p_items), lateral (select nullif(value -> 'create' -> 'start' -> 'period', 'null') as p) q
      where p is not null and value -> 'create' -> 'start' -> 'terms' ->> 'kind' in ('tiered', 'subscription')
      order by 1, 2, 3
    loop
      insert into team_periods (team_id, period, starts_at, ends_at)
      values (entry.team_id, entry.period, entry.starts_at, entry.ends_at) on conflict do nothing;
      perform 1 from team_periods p
      where p.team_id = entry.team_id and p.period = entry.period and p.starts_at = entry.starts_at for update;
    end loop;
  end if;

  for entry in
    select w.id, w.next_due_at <= p_at as due from wallets w
    where w.id in (
      select (t.value ->> 'wallet_id')::uuid from jsonb_array_elements(p_items) with ordinality as t (value, i)
      left join jobs j on j.id = job_ids[t.i]
      where coalesce(j.terms, t.value -> 'create' -> 'start' -> 'terms') ->> 'charged' = 'call'
        or (j.id is null and t.value -> 'create' -> 'start' is not null)
    )
    order by w.id for update
  loop
    if entry.due then
      perform roll_over_v1(p_at, entry.id);
    end if;
  end loop;

  if with_budgets then
    insert into budget_periods (budget_id, starts_at)
    select distinct (b ->> 'id')::uuid, (b ->> 'starts_at')::timestamptz
    from jsonb_array_elements(p_items), lateral jsonb_array_elements(coalesce(nullif(value -> 'budgets', 'null'), '[]')) b
    order by 1, 2 on conflict do nothing;
    select array_agg(b.budget_id), array_agg(b.starts_at), array_agg(b.spent), array_agg(b.held)
    into budget_ids, budget_starts, budget_spent, budget_held
    from (
      select * from budget_periods
      where (budget_id, starts_at) in (
        select (b ->> 'id')::uuid, (b ->> 'starts_at')::timestamptz
        from jsonb_array_elements(p_items), lateral jsonb_array_elements(coalesce(nullif(value -> 'budgets', 'null'), '[]')) b
      )
      order by budget_id, starts_at for update
    ) b;
    budget_added := array_fill(0::bigint, array[coalesce(cardinality(budget_ids), 0)]);
  end if;

  -- Where nothing stands in the way of any item, as nearly always, they are opened together.
  if not with_claims and not with_creations and not with_budgets then
    select bool_and(
        t.open and t.calls + t.same_job <= t.most_calls and (not t.per_call or (t.own_terms and t.room >= t.same_wallet))),
      array_agg(t.hold order by t.i), array_agg(case when t.per_call then nullif(t.room, unlimited) - t.same_wallet end order by t.i),
      array_agg(case when t.per_call then t.balance end order by t.i), array_agg(t.plan_version_id order by t.i)
    into all_fit, helds, availables, balances, versions
    from (
      select x.*, count(*) over (partition by x.job_id) as same_job, sum(x.hold) over (partition by x.wallet_id) as same_wallet
      from (
        select t.i, j.id as job_id, j.calls, j.plan_version_id, w.id as wallet_id, w.balance,
          coalesce(j.ended_at is null and j.max_cost_nanos is null and j.max_credits is null and j.ends_by is null
            and j.terms ->> 'single' is distinct from 'true' and j.team_id = t.value ->> 'team_id', false) as open,
          coalesce((j.terms ->> 'max_calls')::bigint, unlimited) as most_calls,
          j.terms ->> 'charged' is not distinct from 'call' as per_call,
          j.plan_version_id is not distinct from (t.value ->> 'plan_version_id')::uuid as own_terms,
          coalesce(w.balance + w.credit_limit - w.held, unlimited) as room,
          case when j.terms ->> 'charged' = 'call' then greatest(
            coalesce((t.value ->> 'hold')::bigint, 0),
            case when j.charged = 0 then coalesce((j.terms ->> 'minimum')::bigint, 0) else 0 end)
          else 0 end as hold
        from jsonb_array_elements(p_items) with ordinality as t (value, i)
          left join jobs j on j.id = job_ids[t.i]
          left join wallets w on w.id = (t.value ->> 'wallet_id')::uuid and j.terms ->> 'charged' = 'call'
      ) x
    ) t;
    if all_fit then
      outcomes := array_fill('opened'::text, array[n]);
      job_statuses := array_fill('in_progress'::text, array[n]);
    else
      helds := array_fill(0::bigint, array[n]);
      availables := array_fill(null::bigint, array[n]);
      balances := array_fill(null::bigint, array[n]);
      versions := array_fill(null::uuid, array[n]);
    end if;
  end if;

  -- Otherwise one item after the other; what it is granted is no longer there for the next. Jobs that take credits at their creation come
  -- first: what they leave is read anew.
  for entry in
    select t.i::int as i, x.*, job_ids[t.i] as asked_job, j.id as found_job, j.ended_at, j.status, j.terms, j.calls, j.charged,
      j.held, j.provider_cost_nanos, j.cost_held, j.max_credits, j.max_cost_nanos, j.ends_by,
      j.plan_version_id as job_version,
      coalesce(j.id is null and x.beginning -> 'terms' ->> 'charged' = 'job', false) as takes_at_creation,
      w.balance, coalesce(w.balance + w.credit_limit - w.held, unlimited) as room
    from jsonb_array_elements(p_items) with ordinality as t (value, i)
      cross join lateral (
        select (t.value ->> 'team_id') as team_id, (t.value ->> 'wallet_id')::uuid as wallet_id,
          (t.value ->> 'plan_version_id')::uuid as plan_version_id, (t.value ->> 'hold')::bigint as hold,
          (t.value ->> 'hold_min')::bigint as hold_min, (t.value ->> 'worst_cost_nanos')::bigint as worst_cost,
          (t.value ->> 'cost_min_nanos')::bigint as cost_min, t.value ->> 'key_id' as key_id,
          coalesce(nullif(t.value -> 'budgets', 'null'), '[]') as budgets, nullif(t.value -> 'create', 'null') as creation,
          nullif(t.value -> 'create' -> 'start', 'null') as beginning
      ) x
      left join jobs j on j.id = job_ids[t.i] and j.team_id = x.team_id
      left join wallets w on w.id = x.wallet_id
    where outcomes[t.i] is null
    order by takes_at_creation desc, x.wallet_id, job_ids[t.i], t.i
  loop
    if entry.wallet_id is distinct from at_wallet then
      at_wallet := entry.wallet_id;
      -- What one team's item has found out of a job tells nothing about another team's.
      at_job := null;
      room := entry.room;
      wallet_balance := entry.balance;
      if wallets_changed then
        select coalesce(w.balance + w.credit_limit - w.held, unlimited), w.balance into room, wallet_balance
        from wallets w where w.id = at_wallet;
      end if;
    end if;
    if entry.asked_job is distinct from at_job then
      at_job := entry.asked_job;
      made := entry.found_job is not null;
      terms := entry.terms;
      job_version := entry.job_version;
      job_calls := entry.calls;
      job_charged := entry.charged;
      job_held := entry.held;
      job_cost := entry.provider_cost_nanos + entry.cost_held;
      max_credits := entry.max_credits;
      max_cost := entry.max_cost_nanos;
      ends_by := entry.ends_by;
    end if;
    if not made and entry.creation is not null then
      terms := nullif(entry.beginning -> 'terms', 'null');
      job_version := (entry.beginning ->> 'plan_version_id')::uuid;
      job_calls := 0;
      job_charged := 0;
      job_held := 0;
      job_cost := 0;
      max_credits := (entry.creation ->> 'max_credits')::bigint;
      max_cost := (entry.beginning ->> 'max_cost_nanos')::bigint;
      ends_by := (entry.beginning ->> 'ends_by')::timestamptz;
    end if;

    refused := null;
    reason := null;
    hold := 0;
    cost := null;
    per_call := coalesce(terms ->> 'charged' = 'call', false);
    versions[entry.i] := job_version;
    job_statuses[entry.i] := entry.status;

    if not made and entry.creation is null then
      refused := 'job_not_found';
    elsif entry.ended_at is not null then
      refused := 'job_ended';
    elsif per_call and entry.plan_version_id is distinct from job_version then
      refused := 'other_terms';
    elsif job_calls >= (case when terms ->> 'single' = 'true' then 1 else (terms ->> 'max_calls')::int end) then
      refused := 'job_limit_exceeded';
      reason := jsonb_build_object('limit', 'max_calls', 'max_calls', job_calls);
    elsif ends_by <= p_at then
      refused := 'job_limit_exceeded';
      reason := jsonb_build_object('limit', 'max_duration', 'ended_by', ends_by);
    end if;

    -- Provider cost: held of the job's cap and of hard budgets.
    if refused is null and (max_cost is not null or entry.budgets <> '[]') then
      cost := entry.worst_cost;
      least_cost := coalesce(entry.cost_min, cost);
      if cost is null then
        refused := 'model_unpriced';
      elsif max_cost - job_cost < least_cost then
        refused := 'job_limit_exceeded';
        reason := jsonb_build_object('limit', 'max_cost');
      else
        cost := least(cost, max_cost - job_cost);
        for budget in
          select p.slot, (b ->> 'limit')::bigint as budget_limit
          from jsonb_array_elements(entry.budgets) b
          join unnest(budget_ids, budget_starts) with ordinality as p (budget_id, starts_at, slot)
            on p.budget_id = (b ->> 'id')::uuid and p.starts_at = (b ->> 'starts_at')::timestamptz
        loop
          cost_room := budget.budget_limit - budget_spent[budget.slot] - budget_held[budget.slot] - budget_added[budget.slot];
          if cost_room < least_cost and refused is null then
            refused := 'budget_exceeded';
            reason := jsonb_build_object(
              'budget_id', budget_ids[budget.slot], 'spent', budget_spent[budget.slot]::text,
              'held', (budget_held[budget.slot] + budget_added[budget.slot])::text, 'limit', budget.budget_limit::text);
          end if;
          cost := least(cost, cost_room);
        end loop;
      end if;
    end if;

    -- Credits of the call itself; while nothing is charged it may come to the job's minimum.
    if refused is null and per_call then
      least_hold := case when job_charged = 0 then coalesce((terms ->> 'minimum')::bigint, 0) else 0 end;
      hold := greatest(coalesce(entry.hold, 0), least_hold);
      least_hold := greatest(coalesce(entry.hold_min, hold), least_hold);
      if max_credits - job_charged - job_held < least_hold then
        refused := 'job_limit_exceeded';
        reason := jsonb_build_object(
          'limit', 'max_credits', 'needed', least_hold::text, 'max_credits', max_credits::text);
      elsif room < 0 or room < least_hold then
        refused := 'insufficient_credits';
        reason := jsonb_build_object('needed', least_hold::text, 'available', room::text);
      else
        hold := least(hold, room, max_credits - job_charged - job_held);
      end if;
    end if;

    if refused is null and not made then
      select s.outcome, s.detail into refused, reason from start_job_v1(p_at, entry.creation || jsonb_build_object(
        'id', entry.asked_job, 'team_id', entry.team_id, 'key_id', entry.key_id, 'wallet_id', entry.wallet_id)) s;
      if refused = 'created' then
        refused := null;
        made := true;
        if entry.takes_at_creation then
          wallets_changed := true;
          room := coalesce((reason ->> 'available')::bigint, unlimited);
          wallet_balance := (reason ->> 'balance')::bigint;
        end if;
      end if;
    end if;

    if refused is not null then
      outcomes[entry.i] := refused;
      details[entry.i] := reason;
      continue;
    end if;
    outcomes[entry.i] := 'opened';
    job_statuses[entry.i] := 'in_progress';
    helds[entry.i] := hold;
    cost_helds[entry.i] := cost;
    job_calls := job_calls + 1;
    job_held := job_held + hold;
    if per_call and room < unlimited then
      room := room - hold;
    end if;
    if per_call or entry.takes_at_creation then
      availables[entry.i] := nullif(room, unlimited);
      balances[entry.i] := wallet_balance;
    end if;
    if cost is not null then
      job_cost := job_cost + cost;
      for budget in
        select p.slot from jsonb_array_elements(entry.budgets) b
        join unnest(budget_ids, budget_starts) with ordinality as p (budget_id, starts_at, slot)
          on p.budget_id = (b ->> 'id')::uuid and p.starts_at = (b ->> 'starts_at')::timestamptz
      loop
        budget_added[budget.slot] := budget_added[budget.slot] + cost;
      end loop;
    end if;
  end loop;

  with opened as materialized (
    select value, job_ids[ordinality] as job_id, (value ->> 'call_id')::uuid as call_id,
      (value ->> 'wallet_id')::uuid as wallet_id, helds[ordinality] as held, cost_helds[ordinality] as cost_held
    from jsonb_array_elements(p_items) with ordinality where outcomes[ordinality] = 'opened'
  ), written as (
    insert into llm_calls (
      id, job_id, team_id, key_id, instance_id, alias, endpoint, stream, purpose, metadata, price_snapshot,
      worst_cost_nanos, held, cost_held, budget_holds, created_at)
    select
      call_id, job_id, value ->> 'team_id', (value ->> 'key_id')::uuid, p_instance,
      value ->> 'alias', value ->> 'endpoint', (value ->> 'stream')::boolean, value ->> 'purpose',
      nullif(value -> 'metadata', 'null'), value -> 'price_snapshot', (value ->> 'worst_cost_nanos')::bigint, held, cost_held,
      case when value -> 'budgets' <> '[]' then (
        select jsonb_agg(jsonb_build_object('id', b -> 'id', 'starts_at', b -> 'starts_at'))
        from jsonb_array_elements(nullif(value -> 'budgets', 'null')) b
      ) end, p_at
    from opened
  ), set_aside as (
    insert into credit_holds (id, wallet_id, job_id, amount, created_at)
    select call_id, wallet_id, job_id, held, p_at from opened where held > 0
  ), lowered as (
    update wallets w set held = w.held + sums.held, updated_at = p_at
    from (select wallet_id, sum(held)::bigint as held from opened where held > 0 group by wallet_id) sums
    where w.id = sums.wallet_id
  )
  update jobs j
  set calls = j.calls + added.n, calls_in_flight = j.calls_in_flight + added.n, held = j.held + added.held,
    cost_held = j.cost_held + added.cost_held, status = 'in_progress', last_activity_at = p_at
  from (
    select job_id, count(*)::int as n, sum(held)::bigint as held, coalesce(sum(cost_held), 0)::bigint as cost_held
    from opened group by job_id
  ) added
  where j.id = added.job_id;

  if with_budgets then
    update budget_periods p set held = p.held + added.held
    from unnest(budget_ids, budget_starts, budget_added) as added (budget_id, starts_at, held)
    where p.budget_id = added.budget_id and p.starts_at = added.starts_at and added.held > 0;
  end if;

  -- What was refused after its key was claimed frees the key again.
  if with_claims then
    delete from idempotency_keys k
    using jsonb_array_elements(p_items) with ordinality as t (value, ordinality)
    where k.id = t.value -> 'claim' ->> 'id' and k.call_id = (t.value ->> 'call_id')::uuid
      and outcomes[t.ordinality] <> 'opened';
  end if;

  return query
    select i - 1, outcomes[i], job_ids[i], job_statuses[i], k.response_status, k.sealed_response, helds[i], cost_helds[i],
      availables[i], balances[i], versions[i],
      case
        when outcomes[i] <> 'replay' then details[i]
        when k.charged is not null then jsonb_build_object('charged', k.charged::text, 'balance', k.balance::text)
      end
    from generate_series(1, n) i
    left join idempotency_keys k on outcomes[i] = 'replay' and k.id = p_items -> (i - 1) -> 'claim' ->> 'id'
    order by i;
end $$;
--> statement-breakpoint
-- The UTC day, ISO week or month that an instant lies in: its first instant, and that of the next.
create or replace function period_of_v1(p_period text, p_at timestamptz, out starts_at timestamptz, out ends_at timestamptz)
language sql immutable as $$
  select start at time zone 'UTC', (start + ('1 ' || p_period)::interval) at time zone 'UTC'
  from (select date_trunc(p_period, p_at at time zone 'UTC') as start) s;
$$;
--> statement-breakpoint
-- Redeems a top-up code for a team, once. The same team again is told the entry that it made ('replayed').
-- Locks: code, wallet.
--
-- p_redeem: {team_id, hash (hex of SHA-256 of the code), actor}
-- Outcomes: changed, replayed, code_not_found, code_unusable {reason: redeemed / revoked / expired}, team_not_found.
create or replace function redeem_top_up_code_v1(p_at timestamptz, p_redeem jsonb)
returns table (
  outcome text, entry_no bigint, amount bigint, balance_after bigint, created_at timestamptz, detail jsonb)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  code record;
  unusable text;
  changed record;
begin
  select c.id, c.redeemed_at, c.redeemed_by, c.revoked_at, b.expires_at, b.name, b.amount, b.priority, b.credits_last_days,
    b.price_paid_nanos
  into code from top_up_codes c join top_up_batches b on b.id = c.batch_id
  where c.hash = decode(p_redeem ->> 'hash', 'hex') for update of c;
  if not found then
    return query select 'code_not_found'::text, null::bigint, null::bigint, null::bigint, null::timestamptz, null::jsonb;
    return;
  end if;

  unusable := case
    when code.redeemed_by = p_redeem ->> 'team_id' then null
    when code.redeemed_at is not null then 'redeemed'
    when code.revoked_at is not null then 'revoked'
    when code.expires_at <= p_at then 'expired'
  end;
  if unusable is not null then
    return query select 'code_unusable'::text, null::bigint, null::bigint, null::bigint, null::timestamptz,
      jsonb_build_object('reason', unusable);
    return;
  end if;

  select * into changed from change_wallet_v2(p_at, jsonb_build_object(
    'team_id', p_redeem ->> 'team_id', 'kind', 'top_up', 'amount', code.amount::text, 'actor', p_redeem ->> 'actor',
    'reference', code.name, 'priority', code.priority, 'price_paid_nanos', code.price_paid_nanos::text,
    -- From the first time on, so that a repeat asks for the same change.
    'expires_at', coalesce(code.redeemed_at, p_at) + make_interval(hours => 24 * code.credits_last_days),
    'idempotency_key', 'top-up-code:' || code.id));
  if changed.outcome = 'changed' then
    update top_up_codes c set redeemed_at = p_at, redeemed_by = p_redeem ->> 'team_id' where c.id = code.id;
  end if;
  return query select changed.outcome, changed.entry_no, changed.amount, changed.balance_after, changed.created_at, changed.detail;
end $$;
--> statement-breakpoint
-- Refuses to change or delete rows of tables that only grow.
create or replace function refuse_change_v1() returns trigger language plpgsql as $$
begin
  raise exception '% only grows: % is refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;
--> statement-breakpoint
-- Resolves calls whose instance is gone: aborted, at what they may have cost at most as estimated cost, free of charge for the
-- team. A job that was to end with its call fails; one that ended before, and waited for its calls, is charged now.
-- Who calls it has made sure that these instances are dead or silent; should one come back, its settle finds 'swept'.
-- Invariant: afterwards no call of these instances is in flight or holds anything (as far as p_limit reaches), and no key of theirs
-- runs.
-- Locks, each ascending: jobs, team periods, wallets, budget periods. Returns how many calls it resolved: call again while that is p_limit.
create or replace function resolve_lost_calls_v2(p_at timestamptz, p_instances uuid[], p_limit int)
returns int language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
declare
  chosen uuid[];
  ending uuid[];
  pending uuid[];
  job record;
  budget_holds jsonb;
  resolved int;
begin
  select array_agg(id) into chosen from (
    select c.id from llm_calls c where c.instance_id = any (p_instances) and c.status = 'in_flight' limit p_limit
  ) lost;

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
      error_code = 'instance_lost'
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
      ended_at = case when j.id = any (ending) then p_at else j.ended_at end
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

  delete from idempotency_keys k where k.instance_id = any (p_instances)
    and (k.call_id is null or k.call_id = any (chosen));
  return resolved;
end $$;
--> statement-breakpoint
-- Does what is due in a wallet by an instant: gives refills, expires grants, and works out when something is due next.
-- Every function that takes a hold, changes or shows the wallet calls it under the wallet's lock, which it takes itself.
-- Invariants: expiry takes at most what is available, so that open holds stay covered; what they keep alive stays due, and
-- goes when they end. A refill gives once a period; a period that nobody was there for is not made up.
create or replace function roll_over_v1(p_at timestamptz, p_wallet uuid)
returns void language plpgsql volatile set enable_seqscan = off as $$
declare
  wallet wallets%rowtype;
  -- Null = unlimited; least() passes over it.
  available bigint;
  taken bigint;
  expiring record;
  refill record;
begin
  select * into wallet from wallets w where w.id = p_wallet for update;
  if not found or wallet.next_due_at > p_at then
    return;
  end if;

  perform attribute_spending_v1(p_at, p_wallet);

  for refill in
    select r.*, p.starts_at as period_start, p.ends_at as period_end
    from credit_refills r, period_of_v1(r.period, p_at) p
    where r.wallet_id = p_wallet and r.active and r.starts_at <= p.starts_at
      and not exists (select 1 from credit_grants g where g.refill_id = r.id and g.period_start = p.starts_at)
    order by r.id
  loop
    perform give_credits_v1(p_at, p_wallet, refill.amount, jsonb_build_object(
      'kind', 'refill', 'actor', 'system', 'priority', refill.priority, 'refill_id', refill.id,
      'period_start', refill.period_start, 'expires_at', case when refill.expires then refill.period_end end));
  end loop;

  -- After the refills, so that doing it again at the same instant changes nothing.
  select w.balance + w.credit_limit - w.held into available from wallets w where w.id = p_wallet;
  for expiring in
    select g.id, g.remaining from credit_grants g
    where g.wallet_id = p_wallet and g.remaining > 0 and g.expires_at <= p_at
    order by g.priority, g.expires_at, g.created_at, g.id
  loop
    taken := least(expiring.remaining, available);
    exit when taken <= 0;
    update credit_grants g set remaining = g.remaining - taken where g.id = expiring.id;
    perform book_entry_v1(p_at, p_wallet, -taken,
      jsonb_build_object('kind', 'expiry', 'grant_id', expiring.id, 'actor', 'system'));
    available := available - taken;
  end loop;

  update wallets w
  set next_due_at = coalesce(least(
    (select min(g.expires_at) from credit_grants g where g.wallet_id = p_wallet and g.remaining > 0),
    (select min(case when r.starts_at > p_at then r.starts_at else p.ends_at end)
      from credit_refills r, period_of_v1(r.period, p_at) p where r.wallet_id = p_wallet and r.active)
  ), 'infinity')
  where w.id = p_wallet;
end $$;
--> statement-breakpoint
-- Rolls over wallets in which something is due, so that figures are current where nobody works. Returns how many.
-- Right when two instances run it: a wallet that another one holds is left to it. One in which open holds keep everything
-- alive is passed over until they end, so that it takes no other's place.
create or replace function roll_over_due_wallets_v1(p_at timestamptz, p_limit int)
returns int language plpgsql volatile set enable_seqscan = off as $$
declare
  due uuid;
  rolled int := 0;
begin
  for due in
    select w.id from wallets w
    where w.next_due_at <= p_at and w.next_due_at < 'infinity'
      and (w.held = 0 or w.credit_limit is null or w.balance + w.credit_limit > w.held)
    order by w.next_due_at limit p_limit for update skip locked
  loop
    perform roll_over_v1(p_at, due);
    rolled := rolled + 1;
  end loop;
  return rolled;
end $$;
--> statement-breakpoint
-- The figures of a day from its quarters, of a month from its days; the caller holds its row in rollup_spans.
create or replace function roll_up_parts_v1(p_span text, p_starts_at timestamptz, p_ends_at timestamptz)
returns void
language plpgsql volatile set enable_seqscan = off as $$
declare
  part text := case p_span when 'day' then 'quarter' else 'day' end;
begin
  delete from call_rollups where span = p_span and starts_at = p_starts_at;
  insert into call_rollups (
    span, starts_at, team_id, key_id, job_type, alias, target, jobs, calls, succeeded, failed, aborted, cache_hits,
    input_tokens, cached_input_tokens, output_tokens, cost_nanos, charged, earned, returned, latency_ms, flagged)
  select p_span, p_starts_at, team_id, key_id, job_type, alias, target, sum(jobs), sum(calls), sum(succeeded), sum(failed),
    sum(aborted), sum(cache_hits), sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(cost_nanos),
    sum(charged), sum(earned), sum(returned), sum(latency_ms), sum(flagged)
  from call_rollups where span = part and starts_at >= p_starts_at and starts_at < p_ends_at
  group by team_id, key_id, job_type, alias, target;

  delete from job_rollups where span = p_span and starts_at = p_starts_at;
  insert into job_rollups (
    span, starts_at, team_id, job_type, jobs, completed, failed, cancelled, expired, charged, refunded, cost_nanos)
  select p_span, p_starts_at, team_id, job_type, sum(jobs), sum(completed), sum(failed), sum(cancelled), sum(expired),
    sum(charged), sum(refunded), sum(cost_nanos)
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
end $$;
--> statement-breakpoint
-- The figures of a quarter of an hour from jobs and calls; the caller holds its row in rollup_spans. Returns whether
-- something in it can still change by itself: a call in flight, a job without an end, or a transaction under way.
-- What a job was charged as a whole is shared out to its calls in proportion to their cost; without any cost, evenly.
create or replace function roll_up_quarter_v1(p_at timestamptz, p_starts_at timestamptz, p_ends_at timestamptz)
returns boolean
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  -- An id may be a minute older or newer than the time beside it.
  lowest uuid := first_uuid_v7_v1(p_starts_at - interval '1 minute');
  highest uuid := first_uuid_v7_v1(p_ends_at + interval '1 minute');
  nobody uuid := '00000000-0000-0000-0000-000000000000';
  calls_are_kept boolean := p_starts_at >= coalesce((
    select min(make_timestamptz(left(right(c.relname, 7), 4)::int, right(c.relname, 2)::int, 1, 0, 0, 0, 'UTC'))
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid where i.inhparent = 'llm_calls'::regclass), p_starts_at);
  jobs_open boolean;
  calls_open boolean;
begin
  delete from rollup_touches where starts_at = p_starts_at;

  delete from job_rollups where span = 'quarter' and starts_at = p_starts_at;
  if calls_are_kept then
    delete from user_rollups where span = 'quarter' and starts_at = p_starts_at;
  else
    update user_rollups set jobs = 0, charged = 0, refunded = 0 where span = 'quarter' and starts_at = p_starts_at;
  end if;
  with sums as materialized (
    select grouping(j.type) = 0 as by_type, j.team_id, j.type, coalesce(j.user_id, '') as user_id,
      count(*) as jobs, count(*) filter (where j.status = 'completed') as completed,
      count(*) filter (where j.status = 'failed') as failed, count(*) filter (where j.status = 'cancelled') as cancelled,
      count(*) filter (where j.status = 'expired') as expired,
      sum(j.charged) as charged, sum(j.refunded) as refunded, sum(j.provider_cost_nanos) as cost,
      bool_or(j.ended_at is null or j.calls_in_flight > 0) as open
    from jobs j
    where j.id >= lowest and j.id < highest and j.created_at >= p_starts_at and j.created_at < p_ends_at
    group by grouping sets ((j.team_id, j.type), (j.team_id, coalesce(j.user_id, '')))
  ), by_type as (
    insert into job_rollups (
      span, starts_at, team_id, job_type, jobs, completed, failed, cancelled, expired, charged, refunded, cost_nanos)
    select 'quarter', p_starts_at, team_id, type, jobs, completed, failed, cancelled, expired, charged, refunded, cost
    from sums where by_type
  ), by_user as (
    insert into user_rollups (span, starts_at, team_id, user_id, jobs, charged, refunded)
    select 'quarter', p_starts_at, team_id, user_id, jobs, charged, refunded from sums where not by_type
    on conflict (span, starts_at, team_id, user_id) do update
    set jobs = excluded.jobs, charged = excluded.charged, refunded = excluded.refunded
  )
  select coalesce(bool_or(open), false) into jobs_open from sums;
  if not calls_are_kept then
    return false;
  end if;

  delete from call_rollups where span = 'quarter' and starts_at = p_starts_at;
  with joined as (
    select c.*, j.type, coalesce(j.user_id, '') as user_id, j.created_at as job_created_at,
      j.ended_at is null or j.calls_in_flight > 0 as open,
      row_number() over (partition by c.job_id, c.alias order by c.id) = 1 as first_here,
      case when j.terms ->> 'charged' = 'job' then j.charged else 0 end as job_charged,
      case when j.charged = 0 then 0 else j.refunded / j.charged::numeric end as returned_part,
      case when j.provider_cost_nanos > 0 then coalesce(c.provider_cost_nanos, 0)::numeric / j.provider_cost_nanos
        else 1.0 / greatest(j.calls, 1) end as share
    from llm_calls c join jobs j on j.id = c.job_id
    where c.id >= lowest and c.id < highest and c.created_at >= p_starts_at and c.created_at < p_ends_at
  ), sums as materialized (
    select grouping(type) = 0 as by_type, team_id, coalesce(key_id, nobody) as key_id, type, alias,
      coalesce(target, '') as target, user_id,
      count(*) filter (where first_here and (job_created_at >= p_starts_at or not exists (
        select 1 from llm_calls p
        where p.job_id = joined.job_id and p.alias = joined.alias and p.id < joined.id
          and p.id >= first_uuid_v7_v1(joined.job_created_at - interval '1 minute')))) as jobs,
      count(*) as calls, count(*) filter (where status = 'succeeded') as succeeded,
      count(*) filter (where status = 'failed') as failed, count(*) filter (where status = 'aborted') as aborted,
      count(*) filter (where cache_hit) as cache_hits, sum(coalesce(input_tokens, 0)) as input_tokens,
      sum(coalesce(cached_input_tokens, 0)) as cached_input_tokens, sum(coalesce(output_tokens, 0)) as output_tokens,
      sum(coalesce(provider_cost_nanos, 0)) as cost, sum(charged) as charged,
      sum(charged + job_charged * share) as earned, sum((charged + job_charged * share) * returned_part) as returned,
      sum(coalesce(latency_ms, 0)) as latency_ms, count(*) filter (where cost_flags <> '{}') as flagged,
      bool_or(status = 'in_flight' or open) as open
    from joined
    group by grouping sets (
      (team_id, coalesce(key_id, nobody), type, alias, coalesce(target, '')), (team_id, user_id))
  ), by_type as (
    insert into call_rollups (
      span, starts_at, team_id, key_id, job_type, alias, target, jobs, calls, succeeded, failed, aborted, cache_hits,
      input_tokens, cached_input_tokens, output_tokens, cost_nanos, charged, earned, returned, latency_ms, flagged)
    select 'quarter', p_starts_at, team_id, key_id, type, alias, target, jobs, calls, succeeded, failed, aborted,
      cache_hits, input_tokens, cached_input_tokens, output_tokens, cost, charged, round(earned), round(returned),
      latency_ms, flagged
    from sums where by_type
  ), by_user as (
    insert into user_rollups (
      span, starts_at, team_id, user_id, calls, succeeded, failed, cache_hits, input_tokens, output_tokens)
    select 'quarter', p_starts_at, team_id, user_id, calls, succeeded, failed + aborted, cache_hits, input_tokens,
      output_tokens
    from sums where not by_type
    on conflict (span, starts_at, team_id, user_id) do update
    set calls = excluded.calls, succeeded = excluded.succeeded, failed = excluded.failed,
      cache_hits = excluded.cache_hits, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens
  )
  select coalesce(bool_or(open), false) into calls_open from sums;
  -- A transaction takes its time before it commits.
  return jobs_open or calls_open or p_at < p_ends_at + interval '2 minutes';
end $$;
--> statement-breakpoint
-- Computes one span of the rollups anew: a quarter of an hour from jobs and calls, a day from its quarters, a month from
-- its days.
-- Invariant: afterwards the span holds what the truth gives, whoever else computes it at the same time: its row in
-- rollup_spans is locked first, and every later statement sees what was committed before it. It is left open unless the
-- same snapshot that gave its figures shows nothing in it that can still change by itself; what changes later is touched.
-- Calls that retention has dropped keep the figures that they had.
-- Returns whether the figures changed.
-- Plans are those for large tables: on a new database they would be kept from when these were empty.
create or replace function roll_up_span_v1(p_at timestamptz, p_span text, p_starts_at timestamptz)
returns boolean
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  ends_at timestamptz := rollup_span_end_v1(p_span, p_starts_at);
  before text;
  still_open boolean := false;
  changed boolean;
begin
  insert into rollup_spans as s (span, starts_at, computed_at, open) values (p_span, p_starts_at, p_at, true)
  on conflict (span, starts_at) do update set computed_at = greatest(s.computed_at, p_at), open = true;
  before := rollup_digest_v1(p_span, p_starts_at);
  if p_span = 'quarter' then
    still_open := roll_up_quarter_v1(p_at, p_starts_at, ends_at);
  else
    perform roll_up_parts_v1(p_span, p_starts_at, ends_at);
  end if;
  changed := before is distinct from rollup_digest_v1(p_span, p_starts_at);
  update rollup_spans set open = still_open where span = p_span and starts_at = p_starts_at;
  if changed and p_span <> 'month' then
    insert into rollup_spans as s (span, starts_at, computed_at, open)
    select whole, start, start, true
    from (select case p_span when 'quarter' then 'day' else 'month' end as whole) w,
      lateral (select date_trunc(w.whole, p_starts_at at time zone 'UTC') at time zone 'UTC' as start) t
    on conflict (span, starts_at) do update set open = true;
  end if;
  return changed;
end $$;
--> statement-breakpoint
-- One text for all figures of a span: two are equal when, and only when, the figures are.
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
    ) lines);
end $$;
--> statement-breakpoint
-- The first instant after a span. Days and months are those of UTC, whatever the session's zone.
create or replace function rollup_span_end_v1(p_span text, p_starts_at timestamptz)
returns timestamptz language sql stable as $$
  select case p_span
    when 'quarter' then p_starts_at + interval '15 minutes'
    when 'day' then p_starts_at + interval '24 hours'
    else (p_starts_at at time zone 'UTC' + interval '1 month') at time zone 'UTC'
  end;
$$;
--> statement-breakpoint
-- Moves what calls held of hard budgets to what they spent, in the periods that hold it. Locks budget periods ascending.
--
-- p_calls: [{holds: [{id, starts_at}], held, spent}], in nano-dollars; spent may be negative, where an estimate is corrected.
create or replace function settle_budgets_v1(p_calls jsonb)
returns void language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
begin
  perform 1 from budget_periods p
  where (p.budget_id, p.starts_at) in (
    select (h ->> 'id')::uuid, (h ->> 'starts_at')::timestamptz
    from jsonb_array_elements(p_calls) c, lateral jsonb_array_elements(c -> 'holds') h
  )
  order by p.budget_id, p.starts_at for update;

  update budget_periods p set held = p.held - sums.held, spent = p.spent + sums.spent
  from (
    select (h ->> 'id')::uuid as budget_id, (h ->> 'starts_at')::timestamptz as starts_at,
      sum((c ->> 'held')::bigint)::bigint as held, sum((c ->> 'spent')::bigint)::bigint as spent
    from jsonb_array_elements(p_calls) c, lateral jsonb_array_elements(c -> 'holds') h
    group by 1, 2
  ) sums
  where p.budget_id = sums.budget_id and p.starts_at = sums.starts_at;
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
-- Item: {call_id, job_id (null = that of the call's row), wallet_id, status, target, input_tokens, cached_input_tokens,
--        cache_write_tokens, output_tokens, reasoning_tokens, provider_cost_nanos, litellm_cost_nanos, cost_flags, charge, cache_hit,
--        latency_ms, first_token_ms, finish_reason, error_code, error_message, claim_id, response_status,
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
  entry_no bigint;
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
      call_id uuid, job_id uuid, wallet_id uuid, status text, target text, input_tokens int, cached_input_tokens int,
      cache_write_tokens int, output_tokens int, reasoning_tokens int, provider_cost_nanos bigint,
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
    set status = one.status, target = one.target, input_tokens = one.input_tokens,
      cached_input_tokens = one.cached_input_tokens, cache_write_tokens = one.cache_write_tokens,
      output_tokens = one.output_tokens, reasoning_tokens = one.reasoning_tokens,
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
        update credit_holds h set state = case when taken > 0 then 'settled' else 'released' end, resolved_at = p_at
        where h.id = one.call_id and h.state = 'open';
        update wallets w
        set held = w.held - call.held, balance = w.balance - taken, entry_no = w.entry_no + (taken > 0)::int,
          unattributed = w.unattributed + least(taken, greatest(w.balance, 0)), updated_at = p_at
        where w.id = one.wallet_id
        returning w.balance, w.balance + w.credit_limit - w.held, w.entry_no
        into strict wallet_balance, wallet_available, entry_no;
        if taken > 0 then
          insert into credit_transactions (
            wallet_id, entry_no, kind, amount, balance_after, call_id, job_id, charge_id, actor, created_at)
          values (one.wallet_id, entry_no, 'charge', -taken, wallet_balance, one.call_id, job.id, one.call_id, 'system', p_at);
        end if;
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
        ended_at = case when one.end_job is not null and j.ended_at is null then p_at else j.ended_at end
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
      return query select 0, 'settled'::text, taken, wallet_balance, wallet_available;
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
    select distinct on (x.call_id) t.ordinality::int as i, x.*, c.held, c.cost_held, c.budget_holds, j.ended_at as job_ended_at,
      j.terms ->> 'charged' as charged_by, j.charged as job_charged, j.call_charges,
      coalesce((j.terms ->> 'minimum')::bigint, 0) as minimum,
      case
        when j.terms ->> 'charged' = 'call' and (x.status <> 'failed' or x.output_tokens > 0) then coalesce(x.charge, 0)
        else 0
      end as own_charge
    from jsonb_array_elements(p_items) with ordinality as t (value, ordinality)
      cross join lateral jsonb_to_record(t.value) as x (
        call_id uuid, wallet_id uuid, status text, target text, input_tokens int, cached_input_tokens int,
        cache_write_tokens int, output_tokens int, reasoning_tokens int, provider_cost_nanos bigint,
        litellm_cost_nanos bigint, cost_flags text[], charge bigint, cache_hit boolean, latency_ms int, first_token_ms int,
        finish_reason text, error_code text, error_message text, claim_id text, end_job text)
      cross join lateral (
        select held, cost_held, budget_holds, job_id, ended_at from llm_calls where id = x.call_id limit 1
      ) c
      join jobs j on j.id = job_ids[t.ordinality]
    where c.job_id = j.id and c.ended_at is null
    order by x.call_id, t.ordinality
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
    set status = p.status, target = p.target, input_tokens = p.input_tokens,
      cached_input_tokens = p.cached_input_tokens, cache_write_tokens = p.cache_write_tokens,
      output_tokens = p.output_tokens, reasoning_tokens = p.reasoning_tokens,
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
      ended_at = case when sums.end_job is not null and j.ended_at is null then p_at else j.ended_at end
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
      select ordinality as i, x.*, w.balance
      from jsonb_array_elements(p_items) with ordinality as t (value, ordinality),
        lateral jsonb_to_record(t.value) as x (
          call_id uuid, wallet_id uuid, claim_id text, response_status int, sealed_response text)
        left join lateral (select * from wallets where touched and id = x.wallet_id limit 1) w on true
      where x.claim_id is not null and outcomes[t.ordinality] = 'settled'
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
          target = entry.value ->> 'target', input_tokens = (entry.value ->> 'input_tokens')::int,
          output_tokens = (entry.value ->> 'output_tokens')::int
        where c.id = entry.call_id;
        update jobs j set provider_cost_nanos = j.provider_cost_nanos + coalesce(entry.cost, 0) - coalesce(swept.estimate, 0)
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
-- Starts a job: inserts it and sets aside what it may be charged at its end. Shared by create_job and open_calls.
-- Invariant: a job stands only when, at that moment, available >= 0 and its worst price was affordable and is held; the fee
-- of a period is taken once, with its first job, and never goes below the credit limit. A refused job changes nothing
-- (a period's row without counts says what no row says).
-- Locks: team period (only under plans that count in one), wallet. The caller holds the locks that come before.
--
-- p_job: {id, team_id, key_id, wallet_id, type, user_id, external_task_id, reference, ends_with_call, metadata, max_credits,
--         start?: {plan_version_id, terms, period: {period, starts_at, ends_at} | null, max_cost_nanos, ends_by}}
-- Without `start` the job is never charged.
-- Outcomes: created {available, balance}, insufficient_credits {needed, available}, fee_unaffordable {fee, available},
-- job_limit_exceeded {limit, needed, max_credits}; job_ended when another job took the reference meanwhile.
create or replace function start_job_v1(p_at timestamptz, p_job jsonb, out outcome text, out detail jsonb)
language plpgsql volatile set enable_seqscan = off as $$
declare
  beginning jsonb := nullif(p_job -> 'start', 'null');
  terms jsonb := nullif(beginning -> 'terms', 'null');
  kind text := terms ->> 'kind';
  counted jsonb := nullif(beginning -> 'period', 'null');
  used team_periods%rowtype;
  wallet wallets%rowtype;
  available bigint;
  fee bigint := 0;
  price bigint := 0;
  taken_place text;
begin
  if kind in ('tiered', 'subscription') then
    insert into team_periods (team_id, period, starts_at, ends_at)
    values (
      p_job ->> 'team_id', counted ->> 'period', (counted ->> 'starts_at')::timestamptz, (counted ->> 'ends_at')::timestamptz)
    on conflict do nothing;
    select * into strict used from team_periods p
    where p.team_id = p_job ->> 'team_id' and p.period = counted ->> 'period'
      and p.starts_at = (counted ->> 'starts_at')::timestamptz
    for update;
  end if;

  if terms is not null then
    select * into strict wallet from wallets w where w.id = (p_job ->> 'wallet_id')::uuid for update;
    if wallet.next_due_at <= p_at then
      perform roll_over_v1(p_at, wallet.id);
      select * into strict wallet from wallets w where w.id = wallet.id;
    end if;
    -- Null = unlimited: no comparison with it is true.
    available := wallet.balance + wallet.credit_limit - wallet.held;

    if terms ->> 'charged' = 'job' then
      if kind = 'tiered' then
        select max((tier ->> 'price')::bigint) into price from jsonb_array_elements(terms -> 'tiers') tier
        where tier ->> 'up_to' is null or (tier ->> 'up_to')::int > used.completed;
      elsif kind = 'subscription' then
        if used.fee_charged is null then
          fee := coalesce((terms ->> 'fee')::bigint, 0);
        end if;
        if terms ->> 'included' is null or used.included_taken < (terms ->> 'included')::int then
          taken_place := 'included';
        else
          taken_place := 'overage';
          price := (terms ->> 'overage')::bigint;
        end if;
      else
        price := (terms ->> 'price')::bigint;
      end if;
      price := coalesce(price, 0);
    end if;

    if price > (p_job ->> 'max_credits')::bigint then
      outcome := 'job_limit_exceeded';
      detail := jsonb_build_object('limit', 'max_credits', 'needed', price::text, 'max_credits', p_job ->> 'max_credits');
      return;
    end if;
    if fee > 0 and available < fee then
      outcome := 'fee_unaffordable';
      detail := jsonb_build_object('fee', fee::text, 'available', available::text);
      return;
    end if;
    if available < 0 or available < fee + price then
      outcome := 'insufficient_credits';
      detail := jsonb_build_object('needed', (fee + price)::text, 'available', available::text);
      return;
    end if;
  end if;

  insert into jobs (
    id, team_id, key_id, type, user_id, external_task_id, reference, ends_with_call, metadata, max_credits,
    plan_version_id, terms, period_start, place, max_cost_nanos, ends_by, held, created_at, last_activity_at)
  values (
    (p_job ->> 'id')::uuid, p_job ->> 'team_id', (p_job ->> 'key_id')::uuid, p_job ->> 'type', p_job ->> 'user_id',
    p_job ->> 'external_task_id', p_job ->> 'reference', coalesce((p_job ->> 'ends_with_call')::boolean, false),
    coalesce(nullif(p_job -> 'metadata', 'null'), '{}'), (p_job ->> 'max_credits')::bigint,
    (beginning ->> 'plan_version_id')::uuid,
    case when counted is null then terms else terms || jsonb_build_object('period', counted) end,
    (counted ->> 'starts_at')::timestamptz, taken_place, (beginning ->> 'max_cost_nanos')::bigint,
    (beginning ->> 'ends_by')::timestamptz, price, p_at, p_at)
  on conflict (team_id, reference) where reference is not null and ended_at is null do nothing;
  if not found then
    outcome := 'job_ended';
    return;
  end if;

  if fee > 0 then
    perform book_entry_v1(p_at, wallet.id, -fee, jsonb_build_object(
      'kind', 'fee', 'job_id', p_job ->> 'id', 'actor', 'system', 'reason', 'period from ' || (counted ->> 'starts_at')));
  end if;
  if fee > 0 or taken_place = 'included' then
    update team_periods p
    set fee_charged = case when fee > 0 then fee else p.fee_charged end,
      included_taken = p.included_taken + (taken_place = 'included')::int
    where p.team_id = used.team_id and p.period = used.period and p.starts_at = used.starts_at;
  end if;
  if price > 0 then
    insert into credit_holds (id, wallet_id, job_id, amount, created_at)
    values ((p_job ->> 'id')::uuid, wallet.id, (p_job ->> 'id')::uuid, price, p_at);
    update wallets w set held = w.held + price, updated_at = p_at where w.id = wallet.id;
  end if;
  outcome := 'created';
  detail := jsonb_build_object('available', (available - fee - price)::text, 'balance', (wallet.balance - fee)::text);
end $$;
--> statement-breakpoint
-- A refund comes after the end of its job, whoever makes it.
create or replace function touch_refunded_job_v1() returns trigger language plpgsql as $$
begin
  perform touch_rollups_v1(new.id);
  return null;
end $$;
--> statement-breakpoint
-- Has the quarters of a job and of its calls computed again, because something about it changed after its end.
create or replace function touch_rollups_v1(p_job uuid) returns void language plpgsql volatile set enable_seqscan = off as $$
begin
  insert into rollup_touches (starts_at)
  select distinct date_bin(interval '15 minutes', t.created_at, timestamptz 'epoch') from (
    select j.created_at from jobs j where j.id = p_job
    union all
    select c.created_at from jobs j join llm_calls c on c.job_id = j.id
      and c.id >= first_uuid_v7_v1(j.created_at - interval '1 minute')
    where j.id = p_job
  ) t;
end $$;
--> statement-breakpoint
-- Moves credits between two teams of one organization: an entry in each ledger. They are taken in burn order and keep priority
-- and expiry; what the giving team gives on credit has none. A debt of the receiving team is paid first.
-- Invariants of both wallets: balance = sum of the entries; what remains of the grants less `unattributed` = max(balance, 0).
-- Takes at most what is available. Idempotent by idempotency_key within the giving wallet.
-- Locks wallets ascending, so that two transfers in opposite directions wait for each other in turn.
--
-- p_transfer: {from_team_id, to_team_id, amount, actor, reason, reference, idempotency_key}
-- Outcomes: changed, replayed, mismatch, team_not_found {team_id}, other_organization, insufficient_credits {needed, available}.
-- The figures are those of the giving wallet's entry; to_balance_after is null on a replay.
create or replace function transfer_credits_v1(p_at timestamptz, p_transfer jsonb)
returns table (
  outcome text, entry_no bigint, amount bigint, balance_after bigint, created_at timestamptz, to_balance_after bigint,
  detail jsonb)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  given bigint := (p_transfer ->> 'amount')::bigint;
  source wallets%rowtype;
  target wallets%rowtype;
  from_organization text;
  to_organization text;
  earlier credit_transactions%rowtype;
  available bigint;
  -- Of the receiving wallet, as its grants are added one by one.
  reached bigint;
  left_to_take bigint := given;
  slice record;
  taken bigint;
  balance bigint;
  to_balance bigint;
  entry jsonb := p_transfer - 'idempotency_key';
begin
  perform 1 from wallets w
  where w.team_id in (p_transfer ->> 'from_team_id', p_transfer ->> 'to_team_id') order by w.id for update;

  select t.organization_id into from_organization from teams t
  where t.id = p_transfer ->> 'from_team_id' and t.status <> 'deleted';
  select t.organization_id into to_organization from teams t
  where t.id = p_transfer ->> 'to_team_id' and t.status <> 'deleted';
  if from_organization is null or to_organization is null then
    return query select 'team_not_found'::text, null::bigint, null::bigint, null::bigint, null::timestamptz, null::bigint,
      jsonb_build_object('team_id', p_transfer ->> case when from_organization is null then 'from_team_id' else 'to_team_id' end);
    return;
  end if;
  if from_organization <> to_organization then
    return query select 'other_organization'::text, null::bigint, null::bigint, null::bigint, null::timestamptz, null::bigint,
      null::jsonb;
    return;
  end if;

  select * into strict source from wallets w where w.team_id = p_transfer ->> 'from_team_id';
  if p_transfer ->> 'idempotency_key' is not null then
    select * into earlier from credit_transactions t
    where t.wallet_id = source.id and t.idempotency_key = p_transfer ->> 'idempotency_key';
    if found then
      return query select
        case when earlier.kind = 'transfer_out' and earlier.amount = -given
          and earlier.counterpart_team_id = p_transfer ->> 'to_team_id'
          and earlier.reason is not distinct from p_transfer ->> 'reason'
          and earlier.reference is not distinct from p_transfer ->> 'reference' then 'replayed' else 'mismatch' end,
        earlier.entry_no, earlier.amount, earlier.balance_after, earlier.created_at, null::bigint, null::jsonb;
      return;
    end if;
  end if;

  perform roll_over_v1(p_at, source.id);
  select * into strict source from wallets w where w.id = source.id;
  available := source.balance + source.credit_limit - source.held;
  if given > available then
    return query select 'insufficient_credits'::text, null::bigint, null::bigint, null::bigint, null::timestamptz, null::bigint,
      jsonb_build_object('needed', given::text, 'available', available::text);
    return;
  end if;

  select * into strict target from wallets w where w.team_id = p_transfer ->> 'to_team_id';
  perform roll_over_v1(p_at, target.id);
  perform attribute_spending_v1(p_at, target.id);
  perform attribute_spending_v1(p_at, source.id);
  select w.balance into strict reached from wallets w where w.id = target.id;

  for slice in
    select g.id, g.priority, g.remaining, g.expires_at from credit_grants g
    where g.wallet_id = source.id and g.remaining > 0
    order by g.priority, g.expires_at nulls last, g.created_at, g.id
  loop
    exit when left_to_take = 0;
    taken := least(slice.remaining, left_to_take);
    update credit_grants g set remaining = g.remaining - taken where g.id = slice.id;
    insert into credit_grants (id, wallet_id, kind, priority, amount, remaining, expires_at, reference, created_at)
    values (new_uuid_v7_v1(p_at), target.id, 'transfer_in', slice.priority, taken,
      greatest(least(taken, reached + taken), 0), slice.expires_at, p_transfer ->> 'reference', p_at);
    update wallets w set next_due_at = least(w.next_due_at, slice.expires_at) where w.id = target.id;
    reached := reached + taken;
    left_to_take := left_to_take - taken;
  end loop;
  if left_to_take > 0 then
    insert into credit_grants (id, wallet_id, kind, amount, remaining, reference, created_at)
    values (new_uuid_v7_v1(p_at), target.id, 'transfer_in', left_to_take,
      greatest(least(left_to_take, reached + left_to_take), 0), p_transfer ->> 'reference', p_at);
  end if;

  balance := book_entry_v1(p_at, source.id, -given, entry || jsonb_build_object(
    'kind', 'transfer_out', 'counterpart_team_id', p_transfer ->> 'to_team_id',
    'idempotency_key', p_transfer ->> 'idempotency_key'));
  -- The grants have borne it above.
  update wallets w set unattributed = 0 where w.id = source.id;
  to_balance := book_entry_v1(p_at, target.id, given, entry || jsonb_build_object(
    'kind', 'transfer_in', 'counterpart_team_id', p_transfer ->> 'from_team_id'));
  return query
    select 'changed'::text, w.entry_no, -given, balance, p_at, to_balance, null::jsonb from wallets w where w.id = source.id;
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
--> statement-breakpoint
create or replace trigger jobs_refunded after update of refunded on jobs
for each row when (old.refunded is distinct from new.refunded) execute function touch_refunded_job_v1();
