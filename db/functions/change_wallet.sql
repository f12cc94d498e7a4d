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
