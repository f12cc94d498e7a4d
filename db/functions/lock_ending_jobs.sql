-- Locks what the end of several jobs changes: the periods in which they count and the wallets that they are charged to, each
-- ascending, along with further wallets that the caller needs. The caller holds the jobs' locks.
create or replace function lock_ending_jobs_v1(p_jobs uuid[], p_wallets uuid[])
returns void language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off as $$
begin
  perform 1 from team_periods p
  where (p.team_id, p.period, p.starts_at) in (
    select j.team_id, j.terms -> 'period' ->> 'period', j.period_start from jobs j
    where j.id = any (p_jobs) and j.terms ->> 'charged' = 'job'
  )
  order by p.team_id, p.period, p.starts_at for update;

  perform 1 from wallets w
  where w.id = any (p_wallets) or w.team_id in (
    select j.team_id from jobs j where j.id = any (p_jobs) and j.terms ->> 'charged' = 'job'
  )
  order by w.id for update;
end $$;
