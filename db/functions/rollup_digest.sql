-- One text for all figures of a span, with a day those of the third of a month that goes with it: two are equal when, and only
-- when, the figures are.
create or replace function rollup_digest_v1(p_span text, p_starts_at timestamptz)
returns text language plpgsql stable as $$
begin
  return (
    select md5(string_agg(line, e'\n' order by line)) from (
      select 'c' || c::text as line from call_rollups c where c.span = p_span and c.starts_at = p_starts_at
      union all
      select 'j' || j::text from job_rollups j where j.span = p_span and j.starts_at = p_starts_at
      union all
      select 'u' || u::text from user_rollups u where u.span = p_span and u.starts_at = p_starts_at
      union all
      select 't' || u::text from user_rollups u
      where p_span = 'day' and u.span = 'third' and u.starts_at = start_of_third_v1(p_starts_at)
      union all
      select 'a' || a::text from total_rollups a
      where a.scope in ('job_type', 'organization', 'team') and a.span = p_span and a.starts_at = p_starts_at
      union all
      select 'm' || m::text from model_rollups m where m.span = p_span and m.starts_at = p_starts_at
      union all
      select 'n' || n::text from team_rollups n where n.span = p_span and n.starts_at = p_starts_at
    ) lines);
end $$;
