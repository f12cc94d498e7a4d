-- Changes a wallet's balance by an allocation: one entry in the ledger, one grant.
-- Invariants: balance = sum of the entries = balance_after of the last; what remains of the grants less `unattributed`
-- = max(balance, 0). A debt is paid first: only what lies above it is granted.
-- Idempotent by idempotency_key within the wallet: 'replayed' tells the entry that was made, 'mismatch' another amount.
--
-- p_change: {team_id, kind: "allocation", amount, grant_id, actor, reason, idempotency_key}
-- Outcomes: changed, replayed, mismatch, team_not_found.
create or replace function change_wallet_v1(p_at timestamptz, p_change jsonb)
returns table (outcome text, entry_no bigint, amount bigint, balance_after bigint, created_at timestamptz)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  wallet wallets%rowtype;
  earlier credit_transactions%rowtype;
  change bigint := (p_change ->> 'amount')::bigint;
  granted bigint;
begin
  select * into wallet from wallets w where w.team_id = p_change ->> 'team_id' for update;
  if not found then
    return query select 'team_not_found'::text, null::bigint, null::bigint, null::bigint, null::timestamptz;
    return;
  end if;

  if p_change ->> 'idempotency_key' is not null then
    select * into earlier from credit_transactions t
    where t.wallet_id = wallet.id and t.idempotency_key = p_change ->> 'idempotency_key';
    if found then
      return query select case when earlier.amount = change then 'replayed' else 'mismatch' end,
        earlier.entry_no, earlier.amount, earlier.balance_after, earlier.created_at;
      return;
    end if;
  end if;

  granted := greatest(least(change, wallet.balance + change), 0);
  update wallets w
  set balance = w.balance + change, entry_no = w.entry_no + 1, updated_at = p_at
  where w.id = wallet.id;
  insert into credit_grants (id, wallet_id, kind, amount, remaining, created_at)
  values ((p_change ->> 'grant_id')::uuid, wallet.id, p_change ->> 'kind', change, granted, p_at);
  insert into credit_transactions (
    wallet_id, entry_no, kind, amount, balance_after, grant_id, actor, reason, idempotency_key, created_at)
  values (
    wallet.id, wallet.entry_no + 1, p_change ->> 'kind', change, wallet.balance + change,
    (p_change ->> 'grant_id')::uuid, p_change ->> 'actor', p_change ->> 'reason', p_change ->> 'idempotency_key', p_at);
  return query select 'changed'::text, wallet.entry_no + 1, change, wallet.balance + change, p_at;
end $$;
