import { csvLine } from "../analytics/csv.ts";
import type { Context } from "../context.ts";
import { filterOf, toAuditEntryView } from "./list.ts";
import type { AuditFilterQuery } from "./schema.ts";
import { selectAuditEntries } from "./store.ts";

/** Rows that one statement reads. */
const PAGE = 1_000;

const columns = [
  ...["created_at", "actor", "actor_name", "address", "request_id", "action", "subject_kind"],
  ...["subject_id", "organization_id", "team_id", "before", "after"],
] as const;

/** All entries that a filter lets through, newest first, page by page as the client reads. */
export function auditAsCsv(context: Context, query: AuditFilterQuery): ReadableStream<Uint8Array> {
  const filter = filterOf(query);
  const encoder = new TextEncoder();
  let last: string | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(csvLine(columns)));
      },
      async pull(controller) {
        const entries = await selectAuditEntries(context.database.drizzle, {
          filter,
          start: last === undefined ? undefined : { towards: "older", key: last },
          limit: PAGE,
        });
        last = entries.at(-1)?.id;
        const lines = entries.map((entry) => {
          const view: Readonly<Record<string, unknown>> = toAuditEntryView(entry);
          return csvLine(columns.map((column) => cellOf(view[column])));
        });
        if (lines.length > 0) controller.enqueue(encoder.encode(lines.join("")));
        if (lines.length < PAGE) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function cellOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}
