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
