import { and, eq, gt, isNull, lte, ne, or, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** Those in a state at a time; without one all but deleted ones. A pause that is over is none. */
export function isInState(
  table: { status: PgColumn; pausedUntil: PgColumn },
  status: string | undefined,
  at: Date,
): SQL | undefined {
  switch (status) {
    case undefined:
      return ne(table.status, "deleted");
    case "active":
      return or(
        eq(table.status, "active"),
        and(eq(table.status, "paused"), lte(table.pausedUntil, at)),
      );
    case "paused":
      return and(
        eq(table.status, "paused"),
        or(isNull(table.pausedUntil), gt(table.pausedUntil, at)),
      );
    default:
      return eq(table.status, status);
  }
}
