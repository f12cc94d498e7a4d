import type { Database } from "../../db/client.ts";

export interface Beat {
  now: Date;
  leaseSince: Date;
  versions: Record<string, number>;
  /** Own streams whose job has ended. */
  endedCalls: string[];
  /** Own streams whose team is suspended or deleted, or its organization is. */
  suspendedCalls: string[];
  /** Own streams that an admin has cancelled. */
  cancelledCalls: string[];
}

export async function beat(
  database: Database,
  instance: { instanceId: string; dataDirectoryId: string; leaseMs: number },
  /** Undefined = it takes no calls yet. */
  calls?: {
    oldestCall: string;
    streams: { callIds: readonly string[]; jobIds: readonly string[] };
  },
): Promise<Beat> {
  const [row] = await database.query<{
    now: Date;
    lease_since: Date;
    versions: Record<string, number>;
    ended_calls: string[];
    suspended_calls: string[];
    cancelled_calls: string[];
  }>(
    `select now, lease_since, versions, array_to_json(ended_calls) as ended_calls,
       array_to_json(suspended_calls) as suspended_calls,
       array_to_json(cancelled_calls) as cancelled_calls
     from heartbeat_v4($1::uuid, $2::uuid, $3::int * interval '1 millisecond', $4::uuid,
       ${uuids("$5")}, ${uuids("$6")})`,
    [
      instance.instanceId,
      instance.dataDirectoryId,
      instance.leaseMs,
      calls?.oldestCall ?? null,
      JSON.stringify(calls?.streams.callIds ?? []),
      JSON.stringify(calls?.streams.jobIds ?? []),
    ],
  );
  return {
    now: row!.now,
    leaseSince: row!.lease_since,
    versions: row!.versions,
    endedCalls: row!.ended_calls,
    suspendedCalls: row!.suspended_calls,
    cancelledCalls: row!.cancelled_calls,
  };
}

const uuids = (parameter: string) =>
  `array(select jsonb_array_elements_text(${parameter}::text::jsonb))::uuid[]`;

/** An instance that is dead, or silent. */
export interface LostInstance {
  id: string;
  seenAt: Date;
  /** No call that it has in flight has a lower id. */
  oldestCall: string;
}

const lostInstance = `id, seen_at as "seenAt",
  coalesce(oldest_call, first_uuid_v7_v1(started_at - interval '5 minutes')) as "oldestCall"`;

/** Instances that have not been seen for as long as a lease lasts. */
export async function silentInstances(
  database: Database,
  at: Date,
  leaseMs: number,
): Promise<LostInstance[]> {
  return database.query<LostInstance>(
    `select ${lostInstance} from instances where seen_at < $1::timestamptz - $2::int * interval '1 millisecond'`,
    [at, leaseMs],
  );
}

/** Earlier instances on a data directory: dead, when the caller holds its lock. */
export async function predecessors(
  database: Database,
  dataDirectoryId: string,
  self: string,
): Promise<LostInstance[]> {
  return database.query<LostInstance>(
    `select ${lostInstance} from instances where data_directory_id = $1::uuid and id <> $2::uuid`,
    [dataDirectoryId, self],
  );
}

/** Looks at up to `limit` calls in flight behind an id; returns how many it resolved, and where to go on, if anywhere. */
export async function resolveLostCalls(
  database: Database,
  at: Date,
  lost: { instances: readonly string[]; from: string },
  limit: number,
): Promise<{ resolved: number; nextFrom: string | null }> {
  const [row] = await database.query<{ resolved: number; nextFrom: string | null }>(
    `select resolved, next_from as "nextFrom"
     from resolve_lost_calls_v4($1::timestamptz, ${uuids("$2")}, $3::uuid, $4::int, null)`,
    [at, JSON.stringify(lost.instances), lost.from, limit],
  );
  return row!;
}

/** Resolves a call of an instance that lives and cannot book its end, and tells it as a notice. */
export async function resolveGivenUpCall(
  database: Database,
  at: Date,
  of: { instanceId: string; callId: string },
): Promise<void> {
  await database.query(
    `select resolved from resolve_lost_calls_v4(
       $1::timestamptz, array[$2::uuid], $3::uuid, 1, array[$3::uuid])`,
    [at, of.instanceId, of.callId],
  );
}

/** Of silent instances: what they had in flight until an instant is resolved. Not of those that are seen again. */
export async function raiseOldestCalls(
  database: Database,
  instances: readonly LostInstance[],
  until: string,
): Promise<void> {
  await database.query(
    `update instances i set oldest_call = greatest(i.oldest_call, $2::uuid)
     from jsonb_to_recordset($1::text::jsonb) as x (id uuid, "seenAt" timestamptz)
     where i.id = x.id and i.seen_at <= x."seenAt" + interval '1 millisecond'`,
    [JSON.stringify(instances), until],
  );
}

/** Forgets instances, unless they are seen again. */
export async function forgetInstances(
  database: Database,
  instances: readonly LostInstance[],
): Promise<void> {
  await database.query(
    `delete from instances i using jsonb_to_recordset($1::text::jsonb) as x (id uuid, "seenAt" timestamptz)
     where i.id = x.id and i.seen_at <= x."seenAt" + interval '1 millisecond'`,
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
