-- Brings a wallet up to date before it is shown: what is due has happened, what was spent is taken from its grants.
create or replace function current_wallet_v1(p_at timestamptz, p_wallet uuid)
returns void language plpgsql volatile set enable_seqscan = off as $$
begin
  perform roll_over_v1(p_at, p_wallet);
  perform 1 from wallets w where w.id = p_wallet for update;
  perform attribute_spending_v1(p_at, p_wallet);
end $$;
