-- Takes what was spent since the last time from particular grants, in burn order: priority, expiry (none last), age.
-- The caller holds the wallet's lock. Runs before a grant is added, expires or is shown, so that spending is borne by the
-- grants that were there when it happened.
-- Invariants: what remains of the grants less `unattributed` does not change; `spending_slices` tells, of every entry that spent
-- what a balance held, which grants have borne it (see earned_v1).
create or replace function attribute_spending_v1(p_at timestamptz, p_wallet uuid)
returns void language plpgsql volatile set enable_seqscan = off as $$
declare
  spent bigint;
  burned bigint;
  top bigint;
  last_entry bigint;
begin
  select w.unattributed, greatest(w.balance, 0) + w.unattributed, w.entry_no into strict spent, top, last_entry
  from wallets w where w.id = p_wallet;
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
    returning g.id, o.before, least(o.remaining, spent - o.before) as taken
  ), told as (
    insert into spending_slices (wallet_id, until_entry_no, low, high, grant_id)
    select p_wallet, last_entry, top - before - taken, top - before, id from burn
  )
  select coalesce(sum(taken), 0) into burned from burn;

  update wallets w set unattributed = w.unattributed - burned, updated_at = p_at where w.id = p_wallet;
end $$;
--> statement-breakpoint
-- Books calls that were answered from the response cache: each is opened and settled at once, in one transaction, so that no such
-- call ever stands in flight.
-- Invariant: an item is settled when, and only when, it is opened; every rule of open_calls and settle_calls holds for it. Items are
-- accepted or refused each on its own; the refused change nothing.
-- p_opens are the items of open_calls, p_settles in the same order those of settle_calls (their job is the one that was opened).
-- Outcomes: those of open_calls; 'opened' tells besides what was charged, and the wallet's balance where it was touched.
-- Locks: all that are needed are taken by open_calls, in its order. Settling takes no further one: calls of jobs that are charged at
-- their end touch no wallet; the others, and those that end their job, are settled one at a time, since settle_calls locks
-- for many at once more than each of them needs.
create or replace function book_cached_calls_v1(p_at timestamptz, p_instance uuid, p_opens jsonb, p_settles jsonb)
returns table (
  "position" int, outcome text, job_id uuid, job_status text, sealed_response bytea, plan_version_id uuid, detail jsonb,
  charged bigint, balance bigint)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  opened record;
  ended record;
  settle jsonb;
  together jsonb := '[]';
begin
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
--> statement-breakpoint
-- Changes a wallet by hand: allocation, top-up, refund, deduction, adjustment.
-- Invariants: balance = sum of the entries = balance_after of the last; what remains of the grants less `unattributed` =
-- max(balance, 0); a deduction takes at most what is available; the refunds of a job are at most its charge.
-- What a refund gives back carries the price that was earned with it, so that it earns as much when it is spent again.
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
  earned numeric;
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
            and (kind = 'refund' or g.price_paid_nanos is not distinct from (p_change ->> 'price_paid_nanos')::bigint)));
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
    select sum(e.nanos) into earned from credit_transactions t
    cross join lateral earned_v1(t.wallet_id, t.entry_no, t.amount, t.balance_after, t.created_at) e
    where t.job_id = job.id and t.kind = 'charge';
    -- Part by part, the refunds of a job come to what all of it earned.
    p_change := p_change || jsonb_build_object('price_paid_nanos',
      (round(earned * (job.refunded + change) / job.charged) - round(earned * job.refunded / job.charged))::text);
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
-- What a credit was worth at an instant, in nano-dollars: the setting `credit_price_usd` of then.
create or replace function credit_price_v1(p_at timestamptz)
returns bigint language sql stable as $$
  select p.price_nanos from credit_prices p where p.from_at <= p_at order by p.from_at desc limit 1;
$$;
--> statement-breakpoint
-- What an entry that spends credits is as revenue, in nano-dollars, not rounded: each credit at the price paid for the grant
-- that bears it (nothing for a promotional one; where no price was told, the credit price of when it was given), and what went
-- beyond the balance at the credit price of the entry's time.
-- Invariant: it never changes. What is not attributed yet is so in the same order later, since nothing is given or expires
-- before; prices of the past do not change.
-- Within a stretch of the ledger everything given comes before what is spent, so that the balance tells an entry's place:
-- slices and entries are laid on it side by side.
-- Without SET, so that it becomes a part of the statement that asks.
create or replace function earned_v1(
  p_wallet uuid, p_entry_no bigint, p_amount bigint, p_balance_after bigint, p_at timestamptz)
returns table (nanos numeric) language sql stable as $$
  select coalesce(sum(b.credits * coalesce(
        g.price_paid_nanos::numeric / nullif(g.amount, 0), credit_price_v1(coalesce(g.priced_at, g.created_at)) / 1000000.0)), 0)
    + case
        when -p_amount > coalesce(sum(b.credits), 0)
        then (-p_amount - coalesce(sum(b.credits), 0)) * credit_price_v1(p_at) / 1000000.0
        else 0
      end
  from (
    select s.grant_id,
      least(s.high, greatest(p_balance_after - p_amount, 0)) - greatest(s.low, greatest(p_balance_after, 0)) as credits
    from (select n.until_entry_no from (select 1) one left join lateral (
        select n.until_entry_no from spending_slices n
        where n.wallet_id = p_wallet and n.until_entry_no >= p_entry_no order by n.until_entry_no limit 1
      ) n on true) stretch
    cross join lateral (
      select k.grant_id, k.low, k.high from spending_slices k
      where k.wallet_id = p_wallet and k.until_entry_no = stretch.until_entry_no
      union all
      select l.id, w.balance_and_spent - l.before - l.remaining, w.balance_and_spent - l.before
      from (
        select f.id, f.remaining, sum(f.remaining) over (
          order by f.priority, f.expires_at nulls last, f.created_at, f.id) - f.remaining as before
        from credit_grants f where f.wallet_id = p_wallet and f.remaining > 0
      ) l cross join (
        select greatest(o.balance, 0) + o.unattributed as balance_and_spent from wallets o where o.id = p_wallet
      ) w
      where stretch.until_entry_no is null
    ) s
    where least(s.high, greatest(p_balance_after - p_amount, 0)) > greatest(s.low, greatest(p_balance_after, 0))
  ) b
  left join credit_grants g on g.id = b.grant_id;
$$;
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
    select told, null::int, null::bytea, j.status::text, j.created_at, j.ended_at, j.calls, j.succeeded_calls, j.failed_calls,
      j.calls_in_flight::int, j.input_tokens, j.output_tokens, j.latency_ms, j.charged, w.balance
    from (select 1) one
    left join jobs j on j.id = ending.id
    left join wallets w on w.team_id = j.team_id;
end $$;
--> statement-breakpoint
-- Makes the partitions of llm_calls for the month of p_at and the three that follow. A month's bounds are the smallest
-- UUIDv7 of its first millisecond and of the next month's. Half of a page is left to the settles, which write each row anew.
create or replace function ensure_call_partitions_v1(p_at timestamptz)
returns void language plpgsql volatile as $$
declare
  month timestamp := date_trunc('month', p_at at time zone 'UTC');
begin
  perform pg_advisory_xact_lock(hashtext('llm_calls partitions'));
  for ahead in 0..3 loop
    if to_regclass('llm_calls_' || to_char(month, 'YYYY_MM')) is null then
      execute format(
        'create table %I partition of llm_calls for values from (%L) to (%L) with (fillfactor = 50)',
        'llm_calls_' || to_char(month, 'YYYY_MM'),
        first_uuid_v7_v1(month at time zone 'UTC'), first_uuid_v7_v1((month + interval '1 month') at time zone 'UTC'));
    end if;
    month := month + interval '1 month';
  end loop;
end $$;
--> statement-breakpoint
-- Renews an instance's lease and tells it the time, the versions of cached configuration, and which of its streams are to
-- stop: because their job has ended, or because their team or its organization is suspended or deleted. They are told again
-- until they are settled. A lease that lapsed begins anew.
-- Invariant: no call that the instance has in flight, or opens before its next heartbeat, has an id below oldest_call.
-- The instance says so; what is kept may be from an earlier heartbeat, and is then only lower. The calls of one that is gone are
-- looked for from there on, since no index may hold what a settle changes.
-- Losing the last heartbeats in a crash of the database is harmless, so they do not wait for the disk.
--
-- p_streams: the calls that it streams, and p_jobs: their jobs, in the same order.
create or replace function heartbeat_v3(
  p_instance uuid, p_data_directory uuid, p_lease interval, p_oldest_call uuid, p_streams uuid[], p_jobs uuid[])
returns table (now timestamptz, lease_since timestamptz, versions jsonb, ended_calls uuid[], suspended_calls uuid[])
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set synchronous_commit = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  since timestamptz;
begin
  insert into instances as i (id, data_directory_id, started_at, seen_at, lease_since, oldest_call)
  values (p_instance, p_data_directory, moment, moment, moment, p_oldest_call)
  on conflict (id) do update set
    seen_at = moment,
    lease_since = case when i.seen_at < moment - p_lease then moment else i.lease_since end,
    oldest_call = p_oldest_call
  returning i.lease_since into since;

  return query select
    moment,
    since,
    (select coalesce(jsonb_object_agg(v.kind, v.version), '{}') from config_versions v),
    coalesce(array_agg(s.call_id) filter (where j.ended_at is not null), '{}'),
    coalesce(array_agg(s.call_id) filter (where j.ended_at is null
      and (t.status in ('suspended', 'deleted') or o.status in ('suspended', 'deleted'))), '{}')
  from unnest(p_streams, p_jobs) as s (call_id, job_id)
    join jobs j on j.id = s.job_id
    join teams t on t.id = j.team_id
    join organizations o on o.id = t.organization_id;
end $$;
--> statement-breakpoint
-- No call in flight has a lower id: the lowest that any instance says; of one of the release before, five minutes before its start.
-- Without instances nobody knows.
create or replace function oldest_call_in_flight_v1()
returns uuid language sql stable as $$
  select coalesce(
    (select coalesce(oldest_call, first_uuid_v7_v1(started_at - interval '5 minutes')) as id from instances order by 1 limit 1),
    '00000000-0000-0000-0000-000000000000');
$$;
--> statement-breakpoint
-- Resolves calls whose instance is gone: aborted, at what they may have cost at most as estimated cost, free of charge for the
-- team. A job that was to end with its call fails; one that ended before, and waited for its calls, is charged now.
-- Who calls it has made sure that these instances are dead or silent; should one come back, its settle finds 'swept'.
-- Invariant: afterwards no call of these instances from p_from to the last that was looked at is in flight or holds anything, and no
-- key of theirs runs for it.
-- Locks, each ascending: jobs, team periods, wallets, budget periods.
-- Looks at calls in the order of their ids. Returns how many it resolved, and the id to go on from; null = there are no more.
create or replace function resolve_lost_calls_v3(
  p_at timestamptz, p_instances uuid[], p_from uuid, p_limit int, out resolved int, out next_from uuid)
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
declare
  chosen uuid[];
  ending uuid[];
  pending uuid[];
  job record;
  budget_holds jsonb;
begin
  -- By the primary key alone: no index may hold the status, which every settle changes.
  select array_agg(id order by id) into chosen from (
    select c.id from llm_calls c
    where c.id >= p_from and c.instance_id = any (p_instances) and c.status = 'in_flight' order by c.id limit p_limit
  ) lost;
  next_from := chosen[p_limit];

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
      'period_start', refill.period_start, 'price_paid_nanos', refill.price_paid_nanos::text, 'expires_at', case when refill.expires then refill.period_end end));
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
end $$;
--> statement-breakpoint
-- The figures of a quarter of an hour from jobs and calls; the caller holds its row in rollup_spans. Returns whether
-- something in it can still change by itself: a call in flight, a job without an end, or a transaction under way.
-- What a job was charged as a whole is shared out to its calls in proportion to their cost; without any cost, evenly.
-- Revenue is what the entries of charges and fees are worth (earned_v1), less the part of them that was refunded.
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
      sum(v.charge_nanos * (j.charged - j.refunded) / nullif(j.charged, 0)) as revenue, sum(v.fee) as fees,
      sum(v.fee_nanos) as fee_revenue,
      bool_or(j.ended_at is null or j.calls_in_flight > 0) as open
    from jobs j
    left join lateral (
      select sum(e.nanos) filter (where t.kind = 'charge') as charge_nanos,
        -sum(t.amount) filter (where t.kind = 'fee') as fee, sum(e.nanos) filter (where t.kind = 'fee') as fee_nanos
      from credit_transactions t
      cross join lateral earned_v1(t.wallet_id, t.entry_no, t.amount, t.balance_after, t.created_at) e
      where t.job_id = j.id and t.kind in ('charge', 'fee') and (j.charged > 0 or j.terms ->> 'kind' = 'subscription')
    ) v on true
    where j.id >= lowest and j.id < highest and j.created_at >= p_starts_at and j.created_at < p_ends_at
    group by grouping sets ((j.team_id, j.type), (j.team_id, coalesce(j.user_id, '')))
  ), by_type as (
    insert into job_rollups (
      span, starts_at, team_id, job_type, jobs, completed, failed, cancelled, expired, charged, refunded, revenue_nanos,
      fees, fee_revenue_nanos, cost_nanos)
    select 'quarter', p_starts_at, team_id, type, jobs, completed, failed, cancelled, expired, charged, refunded,
      round(coalesce(revenue, 0)), coalesce(fees, 0), round(coalesce(fee_revenue, 0)), cost
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
        else 1.0 / greatest(j.calls, 1) end as share,
      coalesce(v.nanos, 0) as charge_nanos
    from llm_calls c join jobs j on j.id = c.job_id
    left join lateral (
      select e.nanos from credit_transactions t
      cross join lateral earned_v1(t.wallet_id, t.entry_no, t.amount, t.balance_after, t.created_at) e
      where t.charge_id = case when j.terms ->> 'charged' = 'job' then j.id else c.id end
        and case when j.terms ->> 'charged' = 'job' then j.charged else c.charged end > 0
    ) v on true
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
      sum(charge_nanos * case when job_charged > 0 then share else 1 end * (1 - returned_part)) as revenue,
      sum(coalesce(latency_ms, 0)) as latency_ms, count(*) filter (where cost_flags <> '{}') as flagged,
      bool_or(status = 'in_flight' or open) as open
    from joined
    group by grouping sets (
      (team_id, coalesce(key_id, nobody), type, alias, coalesce(target, '')), (team_id, user_id))
  ), by_type as (
    insert into call_rollups (
      span, starts_at, team_id, key_id, job_type, alias, target, jobs, calls, succeeded, failed, aborted, cache_hits,
      input_tokens, cached_input_tokens, output_tokens, cost_nanos, charged, earned, returned, revenue_nanos, latency_ms,
      flagged)
    select 'quarter', p_starts_at, team_id, key_id, type, alias, target, jobs, calls, succeeded, failed, aborted,
      cache_hits, input_tokens, cached_input_tokens, output_tokens, cost, charged, round(earned), round(returned),
      round(revenue), latency_ms, flagged
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
-- Starts a job: inserts it and sets aside what it may be charged at its end. Shared by create_job and open_calls.
-- Invariant: a job stands only when, at that moment, available >= 0 and its worst price was affordable and is held; the fee
-- of a period is taken once, with its first job, and never goes below the credit limit. A refused job changes nothing
-- (a period's row without counts says what no row says). Whoever waited for a lock while the team, or its organization, was
-- suspended, paused or deleted is refused: their state is read when the locks are held, and a deletion has the wallet's.
-- Locks: team period (only under plans that count in one), wallet. The caller holds the locks that come before.
--
-- p_job: {id, team_id, key_id, wallet_id, type, user_id, external_task_id, reference, ends_with_call, metadata, max_credits,
--         start?: {plan_version_id, terms, period: {period, starts_at, ends_at} | null, max_cost_nanos, ends_by}}
-- Without `start` the job is never charged.
-- Outcomes: created {available, balance}, insufficient_credits {needed, available}, fee_unaffordable {fee, available},
-- job_limit_exceeded {limit, needed, max_credits}, team_suspended, team_paused {resumes_at (null = until somebody resumes it)},
-- team_deleted; job_ended when another job took the reference meanwhile.
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
  tenant record;
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
  end if;

  -- A sandbox is as the team that it is of. A pause that is over is none.
  select array[t.status, o.status] as states, p.until into strict tenant
  from teams own join teams t on t.id = coalesce(own.test_of, own.id) join organizations o on o.id = t.organization_id
    cross join lateral (
      select max(coalesce(u.paused_until, 'infinity')) as until
      from (values (t.status, t.paused_until), (o.status, o.paused_until)) as u (status, paused_until)
      where u.status = 'paused' and (u.paused_until is null or u.paused_until > p_at)
    ) p
  where own.id = p_job ->> 'team_id';
  outcome := case
    when 'deleted' = any (tenant.states) then 'team_deleted'
    when 'suspended' = any (tenant.states) then 'team_suspended'
    when tenant.until is not null then 'team_paused'
  end;
  if outcome is not null then
    detail := case when outcome = 'team_paused' then jsonb_build_object('resumes_at', nullif(tenant.until, 'infinity')) end;
    return;
  end if;

  if terms is not null then
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
-- Moves credits between two teams of one organization: an entry in each ledger. They are taken in burn order and keep priority,
-- expiry, price paid (each slice its part) and reference; what the giving team gives on credit has none. A debt of the receiving team is paid first.
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
    select g.id, g.priority, g.amount, g.remaining, g.expires_at, g.price_paid_nanos, g.reference,
      coalesce(g.priced_at, g.created_at) as priced_at
    from credit_grants g
    where g.wallet_id = source.id and g.remaining > 0
    order by g.priority, g.expires_at nulls last, g.created_at, g.id
  loop
    exit when left_to_take = 0;
    taken := least(slice.remaining, left_to_take);
    update credit_grants g set remaining = g.remaining - taken where g.id = slice.id;
    insert into credit_grants (
      id, wallet_id, kind, priority, amount, remaining, expires_at, price_paid_nanos, priced_at, reference, created_at)
    values (new_uuid_v7_v1(p_at), target.id, 'transfer_in', slice.priority, taken,
      greatest(least(taken, reached + taken), 0), slice.expires_at,
      round(slice.price_paid_nanos::numeric * taken / slice.amount), slice.priced_at,
      coalesce(p_transfer ->> 'reference', slice.reference), p_at);
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
