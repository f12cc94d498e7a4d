-- The first instant after a span. Days and months are those of UTC, whatever the session's zone.
create or replace function rollup_span_end_v1(p_span text, p_starts_at timestamptz)
returns timestamptz language sql stable as $$
  select case p_span
    when 'quarter' then p_starts_at + interval '15 minutes'
    when 'day' then p_starts_at + interval '24 hours'
    else (p_starts_at at time zone 'UTC' + interval '1 month') at time zone 'UTC'
  end;
$$;
