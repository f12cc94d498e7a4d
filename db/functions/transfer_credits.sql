-- Moves credits between two teams of one organization: an entry in each ledger. They are taken in burn order and keep priority,
-- expiry, price paid (each slice its part) and reference; what the giving team gives on credit has none. A debt of the receiving team is paid first.
-- Invariants of both wallets: balance = sum of the entries; what remains of the grants less `unattributed` = max(balance, 0).
-- Takes at most what is available. Idempotent by idempotency_key within the giving wallet.
-- Locks wallets ascending, so that two transfers in opposite directions wait for each other in turn.
--
-- p_transfer: {from_team_id, to_team_id, amount, actor, reason, reference, idempotency_key}
-- Outcomes: changed, replayed, mismatch, team_not_found {team_id}, other_organization, insufficient_credits {needed, available}.
-- The figures are those of the giving wallet's entry; to_balance_after is null on a replay.
create or replace function transfer_credits_v1(p_at timestamptz, p_transfer jsonb)
returns table (
  outcome text, entry_no bigint, amount bigint, balance_after bigint, created_at timestamptz, to_balance_after bigint,
  detail jsonb)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  given bigint := (p_transfer ->> 'amount')::bigint;
  source wallets%rowtype;
  target wallets%rowtype;
  from_organization text;
  to_organization text;
  earlier credit_transactions%rowtype;
  available bigint;
  -- Of the receiving wallet, as its grants are added one by one.
  reached bigint;
  left_to_take bigint := given;
  slice record;
  taken bigint;
  balance bigint;
  to_balance bigint;
  entry jsonb := p_transfer - 'idempotency_key';
begin
  perform 1 from wallets w
  where w.team_id in (p_transfer ->> 'from_team_id', p_transfer ->> 'to_team_id') order by w.id for update;

  select t.organization_id into from_organization from teams t
  where t.id = p_transfer ->> 'from_team_id' and t.status <> 'deleted';
  select t.organization_id into to_organization from teams t
  where t.id = p_transfer ->> 'to_team_id' and t.status <> 'deleted';
  if from_organization is null or to_organization is null then
    return query select 'team_not_found'::text, null::bigint, null::bigint, null::bigint, null::timestamptz, null::bigint,
      jsonb_build_object('team_id', p_transfer ->> case when from_organization is null then 'from_team_id' else 'to_team_id' end);
    return;
  end if;
  if from_organization <> to_organization then
    return query select 'other_organization'::text, null::bigint, null::bigint, null::bigint, null::timestamptz, null::bigint,
      null::jsonb;
    return;
  end if;

  select * into strict source from wallets w where w.team_id = p_transfer ->> 'from_team_id';
  if p_transfer ->> 'idempotency_key' is not null then
    select * into earlier from credit_transactions t
    where t.wallet_id = source.id and t.idempotency_key = p_transfer ->> 'idempotency_key';
    if found then
      return query select
        case when earlier.kind = 'transfer_out' and earlier.amount = -given
          and earlier.counterpart_team_id = p_transfer ->> 'to_team_id'
          and earlier.reason is not distinct from p_transfer ->> 'reason'
          and earlier.reference is not distinct from p_transfer ->> 'reference' then 'replayed' else 'mismatch' end,
        earlier.entry_no, earlier.amount, earlier.balance_after, earlier.created_at, null::bigint, null::jsonb;
      return;
    end if;
  end if;

  perform roll_over_v1(p_at, source.id);
  select * into strict source from wallets w where w.id = source.id;
  available := source.balance + source.credit_limit - source.held;
  if given > available then
    return query select 'insufficient_credits'::text, null::bigint, null::bigint, null::bigint, null::timestamptz, null::bigint,
      jsonb_build_object('needed', given::text, 'available', available::text);
    return;
  end if;

  select * into strict target from wallets w where w.team_id = p_transfer ->> 'to_team_id';
  perform roll_over_v1(p_at, target.id);
  perform attribute_spending_v1(p_at, target.id);
  perform attribute_spending_v1(p_at, source.id);
  select w.balance into strict reached from wallets w where w.id = target.id;

  for slice in
    select g.id, g.priority, g.amount, g.remaining, g.expires_at, g.price_paid_nanos, g.reference,
      coalesce(g.priced_at, g.created_at) as priced_at
    from credit_grants g
    where g.wallet_id = source.id and g.remaining > 0
    order by g.priority, g.expires_at nulls last, g.created_at, g.id
  loop
    exit when left_to_take = 0;
    taken := least(slice.remaining, left_to_take);
    update credit_grants g set remaining = g.remaining - taken where g.id = slice.id;
    insert into credit_grants (
      id, wallet_id, kind, priority, amount, remaining, expires_at, price_paid_nanos, priced_at, reference, created_at)
    values (new_uuid_v7_v1(p_at), target.id, 'transfer_in', slice.priority, taken,
      greatest(least(taken, reached + taken), 0), slice.expires_at,
      round(slice.price_paid_nanos::numeric * taken / slice.amount), slice.priced_at,
      coalesce(p_transfer ->> 'reference', slice.reference), p_at);
    update wallets w set next_due_at = least(w.next_due_at, slice.expires_at) where w.id = target.id;
    reached := reached + taken;
    left_to_take := left_to_take - taken;
  end loop;
  if left_to_take > 0 then
    insert into credit_grants (id, wallet_id, kind, amount, remaining, reference, created_at)
    values (new_uuid_v7_v1(p_at), target.id, 'transfer_in', left_to_take,
      greatest(least(left_to_take, reached + left_to_take), 0), p_transfer ->> 'reference', p_at);
  end if;

  balance := book_entry_v1(p_at, source.id, -given, entry || jsonb_build_object(
    'kind', 'transfer_out', 'counterpart_team_id', p_transfer ->> 'to_team_id',
    'idempotency_key', p_transfer ->> 'idempotency_key'));
  -- The grants have borne it above.
  update wallets w set unattributed = 0 where w.id = source.id;
  to_balance := book_entry_v1(p_at, target.id, given, entry || jsonb_build_object(
    'kind', 'transfer_in', 'counterpart_team_id', p_transfer ->> 'from_team_id'));
  return query
    select 'changed'::text, w.entry_no, -given, balance, p_at, to_balance, null::jsonb from wallets w where w.id = source.id;
end $$;
