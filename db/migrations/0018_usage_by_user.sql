-- The figures of a day from its quarters, of a month from its days, and their totals; the caller holds its row in rollup_spans.
-- With a day goes the third of a month that it lies in (from the 1st, 11th, 21st on), of users alone: there are many of them.
-- Invariant: in every snapshot a third is the sum of its days.
create or replace function roll_up_parts_v1(p_span text, p_starts_at timestamptz, p_ends_at timestamptz)
returns void
language plpgsql volatile set enable_seqscan = off as $$
declare
  part text := case p_span when 'day' then 'quarter' else 'day' end;
  third_starts_at timestamptz := start_of_third_v1(p_starts_at);
begin
  delete from call_rollups where span = p_span and starts_at = p_starts_at;
  insert into call_rollups (
    span, starts_at, team_id, key_id, job_type, alias, target, jobs, calls, succeeded, failed, aborted, cache_hits,
    input_tokens, cached_input_tokens, output_tokens, cost_nanos, charged, earned, returned, revenue_nanos, latency_ms,
    flagged)
  select p_span, p_starts_at, team_id, key_id, job_type, alias, target, sum(jobs), sum(calls), sum(succeeded), sum(failed),
    sum(aborted), sum(cache_hits), sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(cost_nanos),
    sum(charged), sum(earned), sum(returned), sum(revenue_nanos), sum(latency_ms), sum(flagged)
  from call_rollups where span = part and starts_at >= p_starts_at and starts_at < p_ends_at
  group by team_id, key_id, job_type, alias, target;

  delete from job_rollups where span = p_span and starts_at = p_starts_at;
  insert into job_rollups (
    span, starts_at, team_id, job_type, jobs, completed, failed, cancelled, expired, charged, refunded, revenue_nanos,
    fees, fee_revenue_nanos, cost_nanos)
  select p_span, p_starts_at, team_id, job_type, sum(jobs), sum(completed), sum(failed), sum(cancelled), sum(expired),
    sum(charged), sum(refunded), sum(revenue_nanos), sum(fees), sum(fee_revenue_nanos), sum(cost_nanos)
  from job_rollups where span = part and starts_at >= p_starts_at and starts_at < p_ends_at
  group by team_id, job_type;

  delete from user_rollups where span = p_span and starts_at = p_starts_at;
  insert into user_rollups (
    span, starts_at, team_id, user_id, jobs, calls, succeeded, failed, cache_hits, input_tokens, output_tokens, charged,
    refunded)
  select p_span, p_starts_at, team_id, user_id, sum(jobs), sum(calls), sum(succeeded), sum(failed), sum(cache_hits),
    sum(input_tokens), sum(output_tokens), sum(charged), sum(refunded)
  from user_rollups where span = part and starts_at >= p_starts_at and starts_at < p_ends_at
  group by team_id, user_id;

  if p_span = 'day' then
    -- Until another day of it, computed elsewhere, is committed: the next statement sees it then.
    perform pg_advisory_xact_lock(hashtextextended('user_rollups third ' || third_starts_at::text, 0));
    delete from user_rollups where span = 'third' and starts_at = third_starts_at;
    insert into user_rollups (
      span, starts_at, team_id, user_id, jobs, calls, succeeded, failed, cache_hits, input_tokens, output_tokens, charged,
      refunded)
    select 'third', third_starts_at, team_id, user_id, sum(jobs), sum(calls), sum(succeeded), sum(failed), sum(cache_hits),
      sum(input_tokens), sum(output_tokens), sum(charged), sum(refunded)
    from user_rollups
    where span = 'day' and starts_at >= third_starts_at and starts_at < start_of_third_v1(third_starts_at + interval '264 hours')
    group by team_id, user_id;
  end if;

  perform roll_up_totals_v1(p_span, p_starts_at);
end $$;
--> statement-breakpoint
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
    ) lines);
end $$;
--> statement-breakpoint
-- The start of the third of a month (UTC) that an instant lies in: its 1st, 11th or 21st.
create or replace function start_of_third_v1(p_at timestamptz)
returns timestamptz language sql stable as $$
  select (date_trunc('month', p_at at time zone 'UTC')
    + least((extract(day from p_at at time zone 'UTC')::int - 1) / 10, 2) * interval '10 days') at time zone 'UTC';
$$;
--> statement-breakpoint
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
