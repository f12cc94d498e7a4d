-- Books calls that were answered from the response cache: each is opened and settled at once, in one transaction, so that no such
-- call ever stands in flight.
-- Invariant: an item is settled when, and only when, it is opened; every rule of open_calls and settle_calls holds for it. Items are
-- accepted or refused each on its own; the refused change nothing.
-- p_opens are the items of open_calls, p_settles in the same order those of settle_calls (their job is the one that was opened).
-- Outcomes: those of open_calls; 'opened' tells besides what was charged, and the wallet's balance where it was touched.
-- Locks: all that are needed are taken by open_calls, in its order. Settling takes no further one: calls of jobs that are charged at
-- their end touch no wallet; the others, and those that end their job, are settled one at a time, since settle_calls locks
-- for many at once more than each of them needs.
create or replace function book_cached_calls_v1(p_at timestamptz, p_instance uuid, p_opens jsonb, p_settles jsonb)
returns table (
  "position" int, outcome text, job_id uuid, job_status text, sealed_response bytea, plan_version_id uuid, detail jsonb,
  charged bigint, balance bigint)
language plpgsql volatile as $$
#variable_conflict use_column
declare
  opened record;
  ended record;
  settle jsonb;
  together jsonb := '[]';
begin
  for opened in select * from open_calls_v2(p_at, p_instance, p_opens) o order by o."position" loop
    "position" := opened."position";
    outcome := opened.outcome;
    job_id := opened.job_id;
    job_status := opened.job_status;
    sealed_response := opened.sealed_response;
    plan_version_id := opened.plan_version_id;
    detail := opened.detail;
    charged := 0;
    balance := opened.balance;
    if outcome = 'opened' then
      settle := p_settles -> opened."position" || jsonb_build_object('job_id', opened.job_id);
      if opened.balance is null and settle ->> 'end_job' is null then
        together := together || settle;
      else
        select * into strict ended from settle_calls_v2(p_at, jsonb_build_array(settle));
        assert ended.outcome = 'settled', 'a call that was just opened is ' || ended.outcome;
        charged := ended.charged;
        balance := coalesce(ended.balance, opened.balance);
      end if;
    end if;
    return next;
  end loop;

  if together <> '[]' then
    assert (select bool_and(s.outcome = 'settled') from settle_calls_v2(p_at, together) s), 'a call that was just opened is not settled';
  end if;
end $$;
