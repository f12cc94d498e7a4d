import type { Context } from "../context.ts";
import type { Period } from "../kernel/periods.ts";
import { periodOf } from "../kernel/periods.ts";
import { filterOf, type ReportScope, scopeOfReport, toFigures } from "./report.ts";
import type { Bucket, ReportQuery } from "./schema.ts";
import { kindOf, selectReport } from "./report-store.ts";

/** Rows that one statement reads. */
const PAGE = 1_000;
const HOUR_MS = 3_600_000;

const columns = [
  ...["jobs", "calls", "successful_calls", "failed_calls", "cache_hits", "flagged_calls"],
  ...["input_tokens", "cached_input_tokens", "output_tokens", "avg_latency_ms", "cost_usd"],
  ...["credits_charged", "credits_refunded", "fees_charged", "revenue_usd", "margin_usd"],
] as const;

const encoder = new TextEncoder();

/**
 * A report as CSV, all of it, however long: page by page as the client reads, a stretch of time after the other, each page a
 * statement of its own. Throws `invalid_request` as the report does, before the first byte.
 */
export async function reportAsCsv(
  context: Context,
  query: ReportQuery,
): Promise<ReadableStream<Uint8Array>> {
  const scope = await scopeOfReport(context, query);
  const pages = csvPages(context, query, scope);
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const { group_by: grouping, bucket } = query;
        const header = [...(bucket ? [bucket] : []), ...(grouping ? [grouping, "name"] : [])];
        controller.enqueue(encoder.encode(csvLine([...header, ...columns])));
      },
      async pull(controller) {
        const page = await pages();
        if (page === undefined) controller.close();
        else controller.enqueue(encoder.encode(page));
      },
    },
    { highWaterMark: 0 },
  );
}

/** Gives the next page at each call; undefined = that was all. */
function csvPages(
  context: Context,
  query: ReportQuery,
  scope: ReportScope,
): () => Promise<string | undefined> {
  const { group_by: grouping, bucket } = query;
  const filter = filterOf(query);
  const kind = kindOf(grouping, filter);
  const stretches = stretchesOf(scope, bucket);
  let stretch = stretches.next();
  let beyond: string | null | undefined;
  return async () => {
    while (!stretch.done) {
      const { startsAt: from, endsAt: to } = stretch.value;
      const rows = await selectReport(context.database, {
        ...{ grouping, bucket, filter, kind, order: { beyond } },
        pieces: scope.pieces
          .map((piece) => ({
            source: piece.source,
            fromMs: Math.max(piece.fromMs, from.getTime()),
            toMs: Math.min(piece.toMs, to.getTime()),
          }))
          .filter(({ fromMs, toMs }) => fromMs < toMs),
        limit: PAGE,
      });
      beyond = rows.at(-1)?.label;
      // A row without a label comes first, and alone fills no page.
      if (rows.length < PAGE || typeof beyond !== "string") {
        stretch = stretches.next();
        beyond = undefined;
      }
      if (rows.length === 0) continue;
      return rows
        .map((row) => {
          const figures = toFigures(row);
          return csvLine([
            ...(bucket ? [row.bucket?.toISOString() ?? ""] : []),
            ...(grouping ? [row.label ?? "", row.name ?? ""] : []),
            ...columns.map((column) => figures[column]),
          ]);
        })
        .join("");
    }
    return undefined;
  };
}

function* stretchesOf({ from, to }: ReportScope, bucket: Bucket | undefined): Generator<Period> {
  if (bucket === undefined) {
    yield { startsAt: from, endsAt: to };
    return;
  }
  for (let ms = from.getTime(); ms < to.getTime();) {
    const endMs =
      bucket === "hour" ? ms - (ms % HOUR_MS) + HOUR_MS : periodOf(bucket, ms).endsAt.getTime();
    yield { startsAt: new Date(ms), endsAt: new Date(Math.min(endMs, to.getTime())) };
    ms = endMs;
  }
}

/**
 * One line by RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front, so that a name
 * chosen by a customer runs nothing on the operator's desk; some take the wide signs of East Asian keyboards for the same. Numbers are plain, without exponents.
 */
export function csvLine(values: readonly (string | number | null)[]): string {
  const cells = values.map((value) => {
    if (value === null) return "";
    if (typeof value === "number") return plain(value);
    const harmless = /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
  });
  return `${cells.join(",")}\r\n`;
}

/** 1e-7 → 0.0000001: amounts have nine decimals at most. */
function plain(value: number): string {
  const text = String(value);
  return text.includes("e-") ? value.toFixed(9).replace(/0+$/, "") : text;
}
