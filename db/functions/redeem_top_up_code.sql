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
    -- From the first time on, so that a repeat asks for the same change.
    'expires_at', coalesce(code.redeemed_at, p_at) + make_interval(hours => 24 * code.credits_last_days),
    'idempotency_key', 'top-up-code:' || code.id));
  if changed.outcome = 'changed' then
    update top_up_codes c set redeemed_at = p_at, redeemed_by = p_redeem ->> 'team_id' where c.id = code.id;
  end if;
  return query select changed.outcome, changed.entry_no, changed.amount, changed.balance_after, changed.created_at, changed.detail;
end $$;
