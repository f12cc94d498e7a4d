import type { Database } from "../../db/client.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";

/**
 * Jobs and their calls as the truth would hold them, written by the test: `jobs` jobs of a team, one every `everySeconds`
 * from an instant on, all ended; each with one to three calls by two aliases, a few of them failed or from the cache.
 * Jobs cost 1 credit, whatever they use, which the team has not paid for: it owes them.
 */
export async function insertWork(
  database: Database,
  work: { teamId: string; keyId: string; from: Date; jobs: number; everySeconds: number },
): Promise<void> {
  await database.query("select ensure_call_partitions_v1($1::timestamptz)", [work.from]);
  await database.query(
    `with new_jobs as (
       insert into jobs (
         id, team_id, key_id, type, user_id, status, terms, calls, succeeded_calls, failed_calls, input_tokens,
         output_tokens, provider_cost_nanos, ended_cost_nanos, charged, created_at, last_activity_at, ended_at)
       select (left(first_uuid_v7_v1(at)::text, 15) || '7' || substr(gen_random_uuid()::text, 17))::uuid, $1::text,
         $2::uuid, 'type-' || n % 3, case when n % 4 > 0 then 'user-' || n % 7 end,
         case when n % 10 = 0 then 'failed' else 'completed' end, '{"kind": "flat", "charged": "job"}', n % 3 + 1,
         n % 3 + 1 - (n % 5 = 0)::int, (n % 5 = 0)::int, 10 * (n % 3 + 1), 5 * (n % 3 + 1), cost, cost,
         case when n % 10 = 0 then 0 else 1000000 end, at, at + interval '5 minutes', at + interval '5 minutes'
       from generate_series(1, $4::int) n, lateral (
         select $3::timestamptz + n * $5::int * interval '1 second' as at, (n % 4) * (n % 3 + 1) * 1000 as cost) t
       returning *
     ), entries as (
       insert into credit_transactions (
         wallet_id, entry_no, kind, amount, balance_after, job_id, charge_id, actor, created_at)
       select w.id, w.entry_no + row_number() over (order by j.created_at), 'charge', -j.charged,
         w.balance - sum(j.charged) over (order by j.created_at), j.id, j.id, 'system', j.ended_at
       from new_jobs j join wallets w on w.team_id = j.team_id where j.charged > 0
       returning wallet_id, entry_no, amount
     ), owed as (
       update wallets w set entry_no = e.entry_no, balance = w.balance + e.amount
       from (select wallet_id, max(entry_no) as entry_no, sum(amount) as amount from entries group by 1) e
       where w.id = e.wallet_id
     )
     insert into llm_calls (
       id, job_id, team_id, key_id, instance_id, alias, endpoint, status, target, input_tokens, output_tokens,
       price_snapshot, provider_cost_nanos, cache_hit, cost_flags, latency_ms, created_at, ended_at)
     select (left(first_uuid_v7_v1(at)::text, 15) || '7' || substr(gen_random_uuid()::text, 17))::uuid, j.id, j.team_id,
       j.key_id, j.id, case when k % 2 = 0 then 'chat-large' else 'chat-fast' end, 'chat',
       case when k = 1 and j.failed_calls > 0 then 'failed' else 'succeeded' end, 'provider/model', 10, 5, '{}',
       j.provider_cost_nanos / j.calls, k = 3, case when k = 3 then '{estimated}' else '{}'::text[] end, 7, at,
       at + interval '1 minute'
     from new_jobs j, generate_series(1, j.calls) k, lateral (
       select j.created_at + k * interval '4 minutes' as at) t`,
    [work.teamId, work.keyId, work.from, work.jobs, work.everySeconds],
  );
}

/** A job without calls that has not ended. */
export async function insertOpenJob(database: Database, teamId: string, at: Date): Promise<string> {
  const id = uuidV7(at.getTime());
  await database.query(
    `insert into jobs (id, team_id, type, status, created_at, last_activity_at)
     values ($1::uuid, $2::text, 'slow', 'pending', $3::timestamptz, $3::timestamptz)`,
    [id, teamId, at],
  );
  return id;
}
