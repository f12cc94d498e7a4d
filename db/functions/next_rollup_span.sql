-- The span that is to be computed next; no row = everything is as current as it should be. In this order: what was touched
-- after its end; the earliest quarter that was never computed; what was open, the older the less often (every 30 s at
-- first, every 15 min for what is 15 h old); days and months that are over and had a part changed.
-- Quarters are first computed in the order of time: whatever lies before the newest is computed or empty.
create or replace function next_rollup_span_v1(p_at timestamptz)
returns table (span text, starts_at timestamptz)
language plpgsql volatile set enable_seqscan = off as $$
#variable_conflict use_column
declare
  quarter constant interval := interval '15 minutes';
  frontier timestamptz := (select max(s.starts_at) + quarter from rollup_spans s where s.span = 'quarter');
  lowest uuid := first_uuid_v7_v1(coalesce(frontier, timestamptz 'epoch' + interval '1 minute') - interval '1 minute');
  found_at timestamptz;
begin
  return query select 'quarter', min(t.starts_at) from rollup_touches t where t.starts_at < frontier
    having min(t.starts_at) is not null;
  if found then return; end if;

  -- Ids and times differ by a minute at most: one before the first id found, none that is not computed can lie.
  select least(
    (select j.created_at from jobs j where j.id >= lowest and j.created_at >= coalesce(frontier, '-infinity') order by j.id limit 1),
    (select c.created_at from llm_calls c where c.id >= lowest and c.created_at >= coalesce(frontier, '-infinity') order by c.id limit 1)
  ) into found_at;
  if found_at <= p_at then
    return query select 'quarter',
      greatest(frontier, date_bin(quarter, found_at - interval '1 minute', timestamptz 'epoch'));
    return;
  end if;

  return query
    select s.span, s.starts_at from rollup_spans s
    where s.open and case s.span
      when 'quarter' then s.computed_at <= p_at - least(interval '15 minutes', greatest(interval '30 seconds', (p_at - s.starts_at) / 60))
      else p_at >= rollup_span_end_v1(s.span, s.starts_at) + interval '2 minutes' end
    order by case s.span when 'quarter' then 0 when 'day' then 1 else 2 end, s.computed_at limit 1;
end $$;
