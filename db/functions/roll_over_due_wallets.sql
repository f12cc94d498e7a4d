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
