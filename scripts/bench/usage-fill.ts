import type { Database } from "../../db/client.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";

export const TEAM = "bench";
export const DAYS = 90;
export const DAY_MS = 86_400_000;
const CALLS_PER_JOB = 5;
/** Inserted by one statement. */
const JOBS_A_STATEMENT = 50_000;

/** The team, and a partition of calls for each month that is filled: each one costs every statement a lock. */
export async function prepare(database: Database): Promise<void> {
  await database.script(`
    insert into organizations (id, name, created_at, updated_at) values ('${TEAM}', '${TEAM}', now(), now());
    insert into teams (id, organization_id, name, created_at, updated_at) values ('${TEAM}', '${TEAM}', '${TEAM}', now(), now());
    insert into wallets (id, team_id, updated_at) values ('${uuidV7(Date.now())}', '${TEAM}', now());`);
  for (let month = 0; month <= DAYS / 30 + 1; month += 1) {
    const at = new Date(Date.now() - month * 30 * DAY_MS);
    await database.query("select ensure_call_partitions_v1($1::timestamptz)", [at]);
  }
}

/**
 * Jobs spread evenly over the days until an hour ago, of 10,000 users, with five calls each by three aliases; `from` to `to` calls.
 * In the order of their times, so that every index grows at its end: ten million calls take minutes and not half an hour.
 */
export async function fill(database: Database, from: number, to: number): Promise<void> {
  const [first, last] = [from / CALLS_PER_JOB, to / CALLS_PER_JOB];
  for (let job = first; job < last; job += JOBS_A_STATEMENT) {
    const until = Math.min(job + JOBS_A_STATEMENT, last);
    await database.query(
      `with new_jobs as materialized (
         insert into jobs (
           id, team_id, type, user_id, status, terms, calls, succeeded_calls, input_tokens, output_tokens,
           provider_cost_nanos, ended_cost_nanos, charged, created_at, last_activity_at, ended_at)
         select ${uuidAt("at")}, '${TEAM}',
           'type-' || n % 5, 'user-' || (n * 7919) % 10000, 'completed', '{"kind": "flat", "charged": "job"}',
           ${CALLS_PER_JOB}, ${CALLS_PER_JOB}, 500, 100, 5000, 5000, 1000000, at, at, at
         from generate_series($1::bigint, $2::bigint) n, lateral (
           select now() - interval '1 hour' - interval '${DAYS} days' * (1 - (n - $3::bigint) / $4::double precision) as at
         ) t
         returning id, created_at
       )
       insert into llm_calls (
         id, job_id, team_id, instance_id, alias, endpoint, status, target, input_tokens, output_tokens, price_snapshot,
         provider_cost_nanos, latency_ms, created_at, ended_at)
       select ${uuidAt("j.created_at")}, j.id,
         '${TEAM}', j.id, 'alias-' || k % 3, 'chat', 'succeeded', 'provider/model', 100, 20, '{}', 1000, 300, j.created_at,
         j.created_at
       from new_jobs j, generate_series(1, ${CALLS_PER_JOB}) k`,
      [job + 1, until, first, last - first],
    );
  }
}

/** SQL for a UUIDv7 of an instant. */
export const uuidAt = (instant: string) => `uuidv7(${instant} - clock_timestamp())`;
