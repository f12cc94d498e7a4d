import type { Database } from "../../db/client.ts";

export interface Beat {
  now: Date;
  leaseSince: Date;
  versions: Record<string, number>;
  /** Own streams whose job has ended. */
  endedCalls: string[];
  /** Own streams whose team is suspended or deleted, or its organization is. */
  suspendedCalls: string[];
}

export async function beat(
  database: Database,
  instance: { instanceId: string; dataDirectoryId: string; leaseMs: number },
): Promise<Beat> {
  const [row] = await database.query<{
    now: Date;
    lease_since: Date;
    versions: Record<string, number>;
    ended_calls: string[];
    suspended_calls: string[];
  }>(
    `select now, lease_since, versions, array_to_json(ended_calls) as ended_calls,
       array_to_json(suspended_calls) as suspended_calls
     from heartbeat_v2($1::uuid, $2::uuid, $3::int * interval '1 millisecond')`,
    [instance.instanceId, instance.dataDirectoryId, instance.leaseMs],
  );
  return {
    now: row!.now,
    leaseSince: row!.lease_since,
    versions: row!.versions,
    endedCalls: row!.ended_calls,
    suspendedCalls: row!.suspended_calls,
  };
}

/** Instances that have not been seen for as long as a lease lasts. */
export async function silentInstances(
  database: Database,
  at: Date,
  leaseMs: number,
): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `select id from instances where seen_at < $1::timestamptz - $2::int * interval '1 millisecond'`,
    [at, leaseMs],
  );
  return rows.map((row) => row.id);
}

/** Earlier instances on a data directory: dead, when the caller holds its lock. */
export async function predecessors(
  database: Database,
  dataDirectoryId: string,
  self: string,
): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `select id from instances where data_directory_id = $1::uuid and id <> $2::uuid`,
    [dataDirectoryId, self],
  );
  return rows.map((row) => row.id);
}

/** Resolves up to `limit` calls of these instances; returns how many there were. */
export async function resolveLostCalls(
  database: Database,
  at: Date,
  instances: readonly string[],
  limit: number,
): Promise<number> {
  const [row] = await database.query<{ resolved: number }>(
    `select resolve_lost_calls_v2($1::timestamptz, array(select jsonb_array_elements_text($2::text::jsonb))::uuid[], $3::int) as resolved`,
    [at, JSON.stringify(instances), limit],
  );
  return row!.resolved;
}

/** Forgets instances that have no call in flight any more. */
export async function forgetInstances(
  database: Database,
  instances: readonly string[],
): Promise<void> {
  await database.query(
    `delete from instances i
     where i.id = any (array(select jsonb_array_elements_text($1::text::jsonb))::uuid[])
       and not exists (select 1 from llm_calls c where c.instance_id = i.id and c.status = 'in_flight')`,
    [JSON.stringify(instances)],
  );
}

/** Calls one upkeep function, which returns how many rows it did, unless another instance is at it; `undefined` then. */
export async function underUpkeepLock(
  database: Database,
  call: string,
  values: readonly unknown[],
): Promise<number | undefined> {
  const [row] = await database.query<{ done: number | null }>(
    `select case when pg_try_advisory_xact_lock(hashtext('upkeep')) then ${call} end as done`,
    values,
  );
  return row!.done ?? undefined;
}
