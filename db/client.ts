import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import type * as schema from "./schema/index.ts";

/** drizzle over whichever driver the runtime has; a transaction has the same type. */
export type Drizzle = PgDatabase<PgQueryResultHKT, typeof schema>;

/** A pool of connections to our database. */
export interface Database {
  readonly drizzle: Drizzle;
  /**
   * One prepared statement outside any transaction, `$1 …` bound, rows as objects.
   * bigint columns come as text or number depending on the driver: select them as `::text`.
   * JSON parameters are passed as text and cast in the statement (`$1::text::jsonb`), so that no driver encodes them twice.
   */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Runs a script of several statements on one connection, without parameters. For migrations. */
  script(text: string): Promise<void>;
  close(): Promise<void>;
}
