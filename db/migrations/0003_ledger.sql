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
-- Idempotent by idempotency_key within the wallet: 'replayed' tells the entry that was made, 'mismatch' that it was another change.
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
      return query select
        case when earlier.kind = kind and earlier.amount = coalesce(change, earlier.amount)
          and earlier.job_id is not distinct from job.id then 'replayed' else 'mismatch' end,
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
-- Brings a wallet up to date before it is shown: what is due has happened, what was spent is taken from its grants.
create or replace function current_wallet_v1(p_at timestamptz, p_wallet uuid)
returns void language plpgsql volatile set enable_seqscan = off as $$
begin
  perform roll_over_v1(p_at, p_wallet);
  perform 1 from wallets w where w.id = p_wallet for update;
  perform attribute_spending_v1(p_at, p_wallet);
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
    'expires_at', p_at + make_interval(hours => 24 * code.credits_last_days),
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
-- Does what is due in a wallet by an instant: expires grants, gives refills, and works out when something is due next.
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

  available := wallet.balance + wallet.credit_limit - wallet.held;
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
          and earlier.counterpart_team_id = p_transfer ->> 'to_team_id' then 'replayed' else 'mismatch' end,
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
