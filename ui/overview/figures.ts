import type { Bucket, Report } from "../../server/analytics/schema.ts";
import type { Point } from "../base/chart/series.ts";
import { daysOf, type Span } from "../base/period.ts";
import * as format from "../format.ts";

const hourMs = 3_600_000;
/** A chart of more days than these is too fine to read. */
const mostDays = 100;

/** What stretches a period is drawn by: hours of a day or two, else days, else weeks. */
export function bucketOf(days: number): Bucket {
  if (days <= 2) return "hour";
  return days <= mostDays ? "day" : "week";
}

/** Every stretch of the span from its start, also those without calls; those that have not begun yet are left out. */
export function bucketsOf(span: Span, bucket: Bucket, nowMs: number): string[] {
  const days = daysOf(span);
  const all =
    bucket === "hour"
      ? days.flatMap((day) =>
          Array.from({ length: 24 }, (_, hour) =>
            new Date(Date.parse(day) + hour * hourMs).toISOString(),
          ),
        )
      : days
          .filter((day) => bucket === "day" || new Date(day).getUTCDay() === 1)
          .map((day) => new Date(day).toISOString());
  return all.filter((start) => Date.parse(start) <= nowMs);
}

type Row = Report["rows"][number];

/** The rows of a report as points of a chart. `seriesOf` gives the names of a row's values. */
export function toPoints(
  rows: readonly Row[],
  buckets: readonly string[],
  bucket: Bucket,
  seriesOf: (row: Row) => Record<string, number>,
): Point[] {
  const values = new Map<string, Record<string, number>>();
  for (const row of rows) {
    if (row.bucket === null) continue;
    const start = new Date(row.bucket).toISOString();
    values.set(start, { ...values.get(start), ...seriesOf(row) });
  }
  // A span that begins within a week has that week's beginning before it.
  const starts = [...new Set([...buckets, ...values.keys()])].sort();
  return starts.map((start) => ({
    label: bucket === "hour" ? format.hour(start) : format.day(start),
    title: bucket === "hour" ? format.moment(start) : format.fullDay(start),
    values: values.get(start) ?? {},
  }));
}

/** The share of a part; nothing of nothing is no share. */
export const shareOf = (part: number, whole: number): number | null =>
  whole === 0 ? null : part / whole;
