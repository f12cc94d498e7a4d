-- Moves what calls held of hard budgets to what they spent, in the periods that hold it. Locks budget periods ascending.
--
-- p_calls: [{holds: [{id, starts_at}], held, spent}], in nano-dollars; spent may be negative, where an estimate is corrected.
create or replace function settle_budgets_v1(p_calls jsonb)
returns void language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
begin
  perform 1 from budget_periods p
  where (p.budget_id, p.starts_at) in (
    select (h ->> 'id')::uuid, (h ->> 'starts_at')::timestamptz
    from jsonb_array_elements(p_calls) c, lateral jsonb_array_elements(c -> 'holds') h
  )
  order by p.budget_id, p.starts_at for update;

  update budget_periods p set held = p.held - sums.held, spent = p.spent + sums.spent
  from (
    select (h ->> 'id')::uuid as budget_id, (h ->> 'starts_at')::timestamptz as starts_at,
      sum((c ->> 'held')::bigint)::bigint as held, sum((c ->> 'spent')::bigint)::bigint as spent
    from jsonb_array_elements(p_calls) c, lateral jsonb_array_elements(c -> 'holds') h
    group by 1, 2
  ) sums
  where p.budget_id = sums.budget_id and p.starts_at = sums.starts_at;
end $$;
