import { asc, desc, gt, lt, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";

/** How a list is ordered: by a column, and among equals by the id. */
export interface ListOrder {
  column: PgColumn;
  descending: boolean;
}

/** Where a page begins: beyond the row of this id. */
export interface PageStart {
  towards: "older" | "newer";
  key: string;
}

/** What a query of a page is made of. */
export interface PageParts {
  /** Only rows beyond where the page begins; undefined = from the first on. */
  beyond: SQL | undefined;
  orderBy: SQL[];
  /** Brings what was read into the list's order. */
  rows: <Row>(read: Row[]) => Row[];
}

/** A page of a list of rows whose ids sort by their time, newest first. */
export function newestFirst(id: PgColumn, start: PageStart | undefined): PageParts {
  const newer = start?.towards === "newer";
  return {
    beyond: start && (newer ? gt : lt)(id, start.key),
    orderBy: [(newer ? asc : desc)(id)],
    rows: (read) => (newer ? read.reverse() : read),
  };
}

/**
 * A page of a table's list that begins beyond one of its rows, which is found again by its id: its place is where it stands now,
 * also after a change.
 */
export function keyset(
  table: PgTable & { id: PgColumn },
  order: ListOrder,
  start: PageStart | undefined,
  /** What a row is found again by, where that is not the table's id. */
  id: PgColumn = table.id,
): PageParts {
  const { column, descending } = order;
  const backwards = start?.towards === "newer";
  const ascending = descending === backwards;
  const direction = ascending ? asc : desc;
  return {
    beyond:
      start &&
      sql`(${column}, ${id}) ${ascending ? sql`>` : sql`<`}
        (select ${column}, ${id} from ${table} where ${id} = ${start.key})`,
    orderBy: [direction(column), direction(id)],
    rows: (read) => (backwards ? read.reverse() : read),
  };
}

/** Whether one of the columns has a text in it, in any case. */
export function hasText(columns: readonly PgColumn[], text: string): SQL | undefined {
  return or(...columns.map((column) => sql`strpos(lower(${column}), lower(${text}::text)) > 0`));
}
