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
