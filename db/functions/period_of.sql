-- The UTC day, ISO week or month that an instant lies in: its first instant, and that of the next.
create or replace function period_of_v1(p_period text, p_at timestamptz, out starts_at timestamptz, out ends_at timestamptz)
language sql immutable as $$
  select start at time zone 'UTC', (start + ('1 ' || p_period)::interval) at time zone 'UTC'
  from (select date_trunc(p_period, p_at at time zone 'UTC') as start) s;
$$;
