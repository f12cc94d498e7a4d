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
