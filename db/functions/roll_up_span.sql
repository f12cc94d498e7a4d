-- Computes one span of the rollups anew: a quarter of an hour from jobs and calls, a day from its quarters, a month from
-- its days.
-- Invariant: afterwards the span holds what the truth gives, whoever else computes it at the same time: its row in
-- rollup_spans is locked first, and every later statement sees what was committed before it. It is left open unless the
-- same snapshot that gave its figures shows nothing in it that can still change by itself; what changes later is touched.
-- Calls that retention has dropped keep the figures that they had.
-- Returns whether the figures changed.
-- Plans are those for large tables: on a new database they would be kept from when these were empty.
create or replace function roll_up_span_v1(p_at timestamptz, p_span text, p_starts_at timestamptz)
returns boolean
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  ends_at timestamptz := rollup_span_end_v1(p_span, p_starts_at);
  before text;
  still_open boolean := false;
  changed boolean;
begin
  insert into rollup_spans as s (span, starts_at, computed_at, open) values (p_span, p_starts_at, p_at, true)
  on conflict (span, starts_at) do update set computed_at = greatest(s.computed_at, p_at), open = true;
  before := rollup_digest_v1(p_span, p_starts_at);
  if p_span = 'quarter' then
    still_open := roll_up_quarter_v1(p_at, p_starts_at, ends_at);
  else
    perform roll_up_parts_v1(p_span, p_starts_at, ends_at);
  end if;
  changed := before is distinct from rollup_digest_v1(p_span, p_starts_at);
  update rollup_spans set open = still_open where span = p_span and starts_at = p_starts_at;
  if changed and p_span <> 'month' then
    insert into rollup_spans as s (span, starts_at, computed_at, open)
    select whole, start, start, true
    from (select case p_span when 'quarter' then 'day' else 'month' end as whole) w,
      lateral (select date_trunc(w.whole, p_starts_at at time zone 'UTC') at time zone 'UTC' as start) t
    on conflict (span, starts_at) do update set open = true;
  end if;
  return changed;
end $$;
