-- The start of the third of a month (UTC) that an instant lies in: its 1st, 11th or 21st.
create or replace function start_of_third_v1(p_at timestamptz)
returns timestamptz language sql stable as $$
  select (date_trunc('month', p_at at time zone 'UTC')
    + least((extract(day from p_at at time zone 'UTC')::int - 1) / 10, 2) * interval '10 days') at time zone 'UTC';
$$;
