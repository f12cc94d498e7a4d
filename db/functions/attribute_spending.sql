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
