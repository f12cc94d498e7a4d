import { sql } from "drizzle-orm";
import type { Database, Drizzle } from "../../db/client.ts";
import { sqlState } from "../../db/sql-state.ts";

export interface CallPartition {
  /** `llm_calls_2026_11` */
  name: string;
  startsAt: Date;
  endsAt: Date;
  /** `detaching`: a detach was broken off; `detached`: only the drop is missing. */
  state: "attached" | "detaching" | "detached";
}

/** The months of calls, oldest first, and what a broken-off run has left of one. */
export async function selectPartitions(database: Database): Promise<CallPartition[]> {
  const rows = await database.query<{ name: string; pending: boolean | null }>(
    `select c.relname::text as name, i.inhdetachpending as pending
     from pg_class parent
     join pg_class c on c.relnamespace = parent.relnamespace and c.relkind = 'r'
     left join pg_inherits i on i.inhrelid = c.oid and i.inhparent = parent.oid
     where parent.oid = 'llm_calls'::regclass and c.relname ~ '^llm_calls_[0-9]{4}_[0-9]{2}$'
     order by c.relname`,
  );
  return rows.map(({ name, pending }) => {
    const year = Number(name.slice(-7, -3));
    const month = Number(name.slice(-2));
    return {
      name,
      startsAt: new Date(Date.UTC(year, month - 1)),
      endsAt: new Date(Date.UTC(year, month)),
      state: pending === null ? "detached" : pending ? "detaching" : "attached",
    };
  });
}

/** What keeps a month that is over: a call in flight, or usage that has yet to be rolled up from it. */
export async function whyKept(
  drizzle: Drizzle,
  partition: CallPartition,
): Promise<"calls in flight" | "usage not rolled up" | "nothing"> {
  const table = sql.identifier(partition.name);
  const starts = partition.startsAt.toISOString();
  const ends = partition.endsAt.toISOString();
  const [row] = await drizzle
    .select({
      // Not by the calls themselves: no index finds those in flight.
      inFlight: sql<boolean>`oldest_call_in_flight_v1() < first_uuid_v7_v1(${ends}::timestamptz)`,
      // Quarters are first computed in the order of time; an id is at most a minute older than its call.
      behind: sql<boolean>`exists (
          select 1 from ${table} c
          where c.id >= (
            select coalesce(first_uuid_v7_v1(max(s.starts_at) + interval '14 minutes'), '00000000-0000-0000-0000-000000000000')
            from rollup_spans s where s.span = 'quarter') and c.created_at >= coalesce((
            select max(s.starts_at) + interval '15 minutes' from rollup_spans s where s.span = 'quarter'), '-infinity'))
        or exists (
          select 1 from rollup_spans s
          where s.open and s.starts_at >= ${starts}::timestamptz and s.starts_at < ${ends}::timestamptz)
        or exists (
          select 1 from rollup_touches t where t.starts_at >= ${starts}::timestamptz and t.starts_at < ${ends}::timestamptz)`,
    })
    .from(sql`(values (1)) as one`);
  if (row!.inFlight) return "calls in flight";
  return row!.behind ? "usage not rolled up" : "nothing";
}

/** What another instance may have done in the meantime: no such table, not a partition, being detached; or locks that two would wait for. */
const doneByOther = new Set(["42P01", "42P16", "55000", "40P01"]);

/** Whether a statement failed because another instance is dropping the month, or has dropped it. */
export function isDoneByOther(error: unknown): boolean {
  return doneByOther.has(sqlState(error) ?? "");
}

/** Whether this call dropped it. Its name is one of `selectPartitions`, which fits no other form. */
export async function dropPartition(
  database: Database,
  { name, state }: CallPartition,
): Promise<boolean> {
  try {
    // Neither can run in a transaction.
    if (state === "attached")
      await database.script(`alter table llm_calls detach partition ${name} concurrently`);
    if (state === "detaching")
      await database.script(`alter table llm_calls detach partition ${name} finalize`);
    await database.script(`drop table ${name}`);
    return true;
  } catch (error) {
    if (isDoneByOther(error)) return false;
    throw error;
  }
}
