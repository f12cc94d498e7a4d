import type { Database } from "../../../db/client.ts";
import { highestIdUntil, lowestIdFrom } from "../../kernel/ids.ts";
import type { SpanKind } from "../calendar.ts";

/** A span of the rollups; see db/functions/roll_up_span.sql. */
export interface Span {
  kind: SpanKind;
  startsAt: Date;
}

/** What is to be computed next; undefined = all is as current as it should be. */
export async function nextSpan(database: Database, at: Date): Promise<Span | undefined> {
  const [row] = await database.query<{ span: SpanKind; starts_at: Date }>(
    "select span, starts_at from next_rollup_span_v1($1::timestamptz)",
    [at],
  );
  return row && { kind: row.span, startsAt: row.starts_at };
}

/** Computes a span anew; true = its figures changed. */
export async function rollUp(database: Database, at: Date, span: Span): Promise<boolean> {
  const [row] = await database.query<{ changed: boolean }>(
    "select roll_up_span_v1($1::timestamptz, $2::text, $3::timestamptz) as changed",
    [at, span.kind, span.startsAt],
  );
  return row!.changed;
}

/** From the first job or computed quarter to the end of the last computed quarter; nulls = nothing is computed. */
export async function selectExtent(
  database: Database,
): Promise<{ from: Date | null; until: Date | null }> {
  const [row] = await database.query<{ from: Date | null; until: Date | null }>(
    `select least(min(starts_at), (select created_at from jobs order by id limit 1)) as "from",
       max(starts_at) + interval '15 minutes' as until
     from rollup_spans where span = 'quarter'`,
  );
  return row!;
}

/** The quarters of a span of time that have jobs, calls or figures, in the order of time; a rebuild changes nothing in others. */
export async function selectQuarters(database: Database, from: Date, to: Date): Promise<Date[]> {
  const truth = (table: string) =>
    `select date_bin('15 minutes', created_at, timestamptz 'epoch') as starts_at from ${table}
     where id >= $3::uuid and id < $4::uuid and created_at >= $1::timestamptz and created_at < $2::timestamptz`;
  const figures = (table: string) =>
    `select starts_at from ${table}
     where span = 'quarter' and starts_at >= $1::timestamptz and starts_at < $2::timestamptz`;
  const sources = [
    ...["jobs", "llm_calls"].map(truth),
    ...["call_rollups", "job_rollups", "user_rollups"].map(figures),
  ];
  const rows = await database.query<{ starts_at: Date }>(
    `${sources.join("\nunion\n")}\norder by starts_at`,
    [from, to, lowestIdFrom(from), highestIdUntil(to)],
  );
  return rows.map((row) => row.starts_at);
}
