import { asc, desc, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";

/** How a list is ordered: by a column, and among equals by the id. */
export interface ListOrder {
  column: PgColumn;
  descending: boolean;
}

/**
 * A page of a table's list that begins beyond one of its rows, which is found again by its id: its place is where it stands now,
 * also after a change. `rows` brings what was read into the list's order.
 */
export function keyset(
  table: PgTable & { id: PgColumn },
  order: ListOrder,
  start: { towards: "older" | "newer"; key: string } | undefined,
): { beyond: SQL | undefined; orderBy: SQL[]; rows: <Row>(read: Row[]) => Row[] } {
  const { column, descending } = order;
  const backwards = start?.towards === "newer";
  const ascending = descending === backwards;
  const direction = ascending ? asc : desc;
  return {
    beyond:
      start &&
      sql`(${column}, ${table.id}) ${ascending ? sql`>` : sql`<`}
        (select ${column}, ${table.id} from ${table} where ${table.id} = ${start.key})`,
    orderBy: [direction(column), direction(table.id)],
    rows: (read) => (backwards ? read.reverse() : read),
  };
}
