import type { Database } from "../../../db/client.ts";
import { uuidAt } from "../usage-fill.ts";
import { aliases, DAYS, oneOf, type Size, targets } from "./fill-tenants.ts";

/** Inserted by one statement. */
const JOBS_A_STATEMENT = 100_000;
const DAY_MS = 86_400_000;
const TERMS =
  '{"kind": "flat", "charged": "job", "price": "1000000", "failed_jobs": "free", "credit_price_nanos": "100000000"}';
const DEFAULT_PLAN_VERSION = "00000000-0000-7000-8000-000000000001";
export const jobTypes = ["invoice", "route_check", "claim_review", "summary", "chat_session"];

/**
 * Jobs with a call each in the order of their times. Teams are not alike: the largest has a hundredth of all jobs, the smaller half
 * less than a third. Of a hundred, 94 complete and cost a credit; the rest fail, are cancelled, or expire, and cost nothing.
 */
export async function fillJobs(database: Database, { teams, jobs }: Size): Promise<void> {
  for (let month = 0; month <= DAYS / 30 + 1; month += 1) {
    const at = new Date(Date.now() - month * 30 * DAY_MS);
    await database.query("select ensure_call_partitions_v1($1::timestamptz)", [at]);
  }
  for (let first = 1; first <= jobs; first += JOBS_A_STATEMENT) {
    const last = Math.min(first + JOBS_A_STATEMENT - 1, jobs);
    await database.script(`
      set session_replication_role = replica;
      insert into jobs (
        id, team_id, key_id, type, user_id, status, plan_version_id, terms, calls, succeeded_calls, failed_calls, input_tokens,
        output_tokens, latency_ms, provider_cost_nanos, ended_cost_nanos, charged, created_at, last_activity_at, ended_at)
      select ${uuidAt("at")}, team, k.id, ${oneOf(jobTypes, "n")}, case when n % 3 = 0 then 'user-' || n % 1000 end, status,
        '${DEFAULT_PLAN_VERSION}', '${TERMS}', 1, done, 1 - done, 1000 * done, (n % 700) * done, 200 + n % 1800,
        cost, cost, case status when 'completed' then 1000000 else 0 end, at, at, at
      from (
        select n, now() - interval '1 hour' - interval '${DAYS} days' * (1 - n / ${jobs}::double precision) as at,
          'team-' || 1 + floor(${teams} * power(n * 7919 % 9973 / 9973.0, 2))::int as team,
          ${oneOf([...Array<string>(47).fill("completed"), "failed", "cancelled", "expired"], "n / 3")} as status
        from generate_series(${first}::bigint, ${last}::bigint) n
      ) j
      join virtual_keys k on k.team_id = team
      cross join lateral (select case status when 'failed' then 0 else 1 end as done) d
      cross join lateral (select (1 + n % 97) * 100000 * done as cost) c
      order by n;

      insert into llm_calls (
        id, job_id, team_id, key_id, instance_id, alias, endpoint, status, target, input_tokens, output_tokens, price_snapshot,
        provider_cost_nanos, cost_flags, cache_hit, latency_ms, error_code, created_at, ended_at)
      select ${uuidAt("created_at")}, id, team_id, key_id, id, ${oneOf(aliases, "of")}, 'chat',
        case when failed_calls = 1 then 'failed' else 'succeeded' end,
        case when failed_calls = 0 then ${oneOf(targets, "of")} end, input_tokens, output_tokens, '{}', provider_cost_nanos,
        case when of = 7 then array['estimated'] else '{}' end, of = 8, latency_ms,
        case when failed_calls = 1 then 'upstream_error' end, created_at, created_at
      from (
        select *, provider_cost_nanos / 100000 % 97 as of from jobs
        order by id desc limit ${last - first + 1}
      ) j order by id;
      set session_replication_role = origin;`);
  }
}

/** A grant for each team, larger than what was charged, and an entry for each charge. */
export async function fillLedger(database: Database): Promise<void> {
  await database.script(`
    set session_replication_role = replica;
    set work_mem = '256MB';
    create temporary table spending as
      select w.id as wallet_id, w.team_id, t.created_at - interval '${DAYS} days' as given_at, coalesce(c.charges, 0) as charges,
        coalesce(c.charges, 0) * 1000000 as spent,
        (coalesce(c.charges, 0) + w.n % 500 + 1) * 1000000 as given
      from (select *, row_number() over (order by id) as n from wallets) w
      join teams t on t.id = w.team_id
      left join (select team_id, count(*) as charges from jobs where charged > 0 group by team_id) c on c.team_id = w.team_id;

    insert into credit_grants (id, wallet_id, kind, amount, remaining, created_at)
    select ${uuidAt("given_at")}, wallet_id, 'allocation', given, given, given_at from spending;

    insert into credit_transactions (wallet_id, entry_no, kind, amount, balance_after, grant_id, actor, created_at)
    select s.wallet_id, 1, 'allocation', s.given, s.given, g.id, 'cli', s.given_at
    from spending s join credit_grants g on g.wallet_id = s.wallet_id;

    insert into credit_transactions (
      wallet_id, entry_no, kind, amount, balance_after, job_id, charge_id, actor, created_at)
    select s.wallet_id, 1 + nth, 'charge', -j.charged, s.given - nth * 1000000, j.id, j.id, 'system', j.created_at
    from (select *, row_number() over (partition by team_id order by id) as nth from jobs where charged > 0) j
    join spending s on s.team_id = j.team_id;

    update wallets w set balance = given - spent, unattributed = spent, entry_no = 1 + charges
    from spending s where s.wallet_id = w.id;
    drop table spending;
    set session_replication_role = origin;`);
}
