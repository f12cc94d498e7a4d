import type { Database } from "../../../db/client.ts";
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
