import { asc, desc, gt, lt, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { PageStart } from "../http/pagination.ts";

/** A page of rows in the order of a unique text. */
export interface NamePage {
  search: string | undefined;
  start: PageStart<string> | undefined;
  limit: number;
}

/** The condition and order of a page, and how its rows are put in order again. */
export function byName(column: PgColumn, start: PageStart<string> | undefined) {
  const back = start?.towards === "newer";
  return {
    beyond: start && (back ? lt(column, start.key) : gt(column, start.key)),
    order: back ? desc(column) : asc(column),
    inOrder: <Row>(rows: Row[]) => (back ? rows.reverse() : rows),
  };
}

/** Whether a text stands in a column, in any case; undefined = nothing is searched. */
export const contains = (column: PgColumn, search: string | undefined): SQL | undefined =>
  search === undefined ? undefined : sql`strpos(lower(${column}), lower(${search}::text)) > 0`;

/** Cursors keep one word: names have spaces. */
export const nameKey = (name: string) => encodeURIComponent(name);

export function parseNameKey(text: string): string | undefined {
  try {
    return text === "" ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
