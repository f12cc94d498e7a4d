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
