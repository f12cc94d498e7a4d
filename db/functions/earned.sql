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
