-- What a team's users used in pieces of time: for each the source (`quarter`, `day`, `third`, `month` = rollups, `truth` = jobs and
-- calls), its bounds, those of the ids in it, whether it is taken off (`minus`), and in which case it counts: `days_from` =
-- only if a day from then on is computed, or none is (`days_computed`), in this snapshot. Highest number of calls first.
-- A team may have ten thousand users and a hundred thousand rows of them: these are hashed, which the planner does not choose by
-- itself as it cannot know how many rows a piece has.
-- Pieces are read one by one (`offset 0`): the planner takes the few for many, and would rather read a whole table.
create or replace function usage_by_user_v1(p_team_id text, p_pieces jsonb, p_limit int)
returns table (
  label text, jobs bigint, calls bigint, succeeded bigint, failed bigint, cache_hits bigint, input_tokens numeric,
  output_tokens numeric, charged numeric, refunded numeric)
language plpgsql stable set enable_seqscan = off set enable_sort = off set work_mem = '32MB' as $$
#variable_conflict use_column
begin
  return query
    with pieces as materialized (
      select p.* from jsonb_to_recordset(p_pieces) as p (
        source text, starts_at timestamptz, ends_at timestamptz, lowest uuid, highest uuid, minus boolean,
        days_from timestamptz, days_computed boolean)
      where p.days_from is null or p.days_computed = exists (
        select 1 from rollup_spans s where s.span = 'day' and s.starts_at >= p.days_from and s.computed_at > s.starts_at)
    )
    select nullif(user_id, ''), sum(jobs), sum(calls), sum(succeeded), sum(failed), sum(cache_hits), sum(input_tokens),
      sum(output_tokens), sum(charged), sum(refunded)
    from (
      select r.user_id, r.jobs, r.calls, r.succeeded, r.failed, r.cache_hits, r.input_tokens, r.output_tokens, r.charged, r.refunded
      from (select * from pieces where minus is not true) p cross join lateral (
        select * from user_rollups r
        where r.team_id = p_team_id and r.span = p.source and r.starts_at >= p.starts_at and r.starts_at < p.ends_at offset 0) r
      union all
      select r.user_id, -r.jobs, -r.calls, -r.succeeded, -r.failed, -r.cache_hits, -r.input_tokens, -r.output_tokens, -r.charged,
        -r.refunded
      from (select * from pieces where minus) p cross join lateral (
        select * from user_rollups r
        where r.team_id = p_team_id and r.span = p.source and r.starts_at >= p.starts_at and r.starts_at < p.ends_at offset 0) r
      union all
      select coalesce(j.user_id, ''), 0, 1, (c.status = 'succeeded')::int, (c.status in ('failed', 'aborted'))::int,
        c.cache_hit::int, coalesce(c.input_tokens, 0), coalesce(c.output_tokens, 0), 0, 0
      from (select * from pieces where source = 'truth') p cross join lateral (
        select * from llm_calls c
        where c.team_id = p_team_id and c.id >= p.lowest and c.id < p.highest
          and c.created_at >= p.starts_at and c.created_at < p.ends_at offset 0) c
      join jobs j on j.id = c.job_id
      union all
      select coalesce(j.user_id, ''), 1, 0, 0, 0, 0, 0, 0, j.charged, j.refunded
      from (select * from pieces where source = 'truth') p cross join lateral (
        select * from jobs j
        where j.team_id = p_team_id and j.id >= p.lowest and j.id < p.highest
          and j.created_at >= p.starts_at and j.created_at < p.ends_at offset 0) j
    ) counted
    group by user_id having sum(calls) > 0 or sum(jobs) > 0
    order by sum(calls) desc, sum(jobs) desc, nullif(user_id, '') limit p_limit;
end $$;
