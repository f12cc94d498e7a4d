import type { Report } from "../../server/analytics/schema.ts";
import type { Parameters } from "../api.ts";
import { others } from "../base/chart/colours.ts";
import { daysOf, type Period, type Span } from "../base/period.ts";
import { type Read, useRead } from "../query.ts";
import * as format from "../format.ts";
import { analytics } from "../strings/analytics.ts";

export type Group = keyof typeof analytics.groups;
export type Measure = keyof typeof analytics.measures;
export type Bucket = keyof typeof analytics.bucket;
export type ReportRow = Report["rows"][number];

const pollMs = 60_000;

export function useReport(parameters: Parameters, enabled = true): Read<Report> {
  return useRead<Report>("/api/usage", { parameters, enabled, pollMs });
}

/** The stretches that a chart of this period is drawn in: not more than fit. */
export function bucketOf({ days }: Period): Bucket {
  if (days <= 2) return "hour";
  return days <= 92 ? "day" : "week";
}

const hourMs = 3_600_000;

/** Every stretch of a span by its start, so that one without rows is drawn as 0. */
export function stretchesOf(span: Span, bucket: Bucket): string[] {
  const days = daysOf(span);
  if (bucket === "day") return days.map((day) => `${day}T00:00:00.000Z`);
  if (bucket === "hour") {
    return days.flatMap((day) =>
      Array.from({ length: 24 }, (_, hour) =>
        new Date(Date.parse(day) + hour * hourMs).toISOString(),
      ),
    );
  }
  const monday = (day: string) => {
    const date = new Date(day);
    date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
    return date.toISOString();
  };
  return [...new Set(days.map(monday))];
}

export const stretchLabel = (start: string, bucket: Bucket) =>
  bucket === "hour" ? format.clockTime(start) : format.day(start);

/** What a row is called: names where there are any, else ids. */
export const nameOf = (row: ReportRow) =>
  row.others ? others : (row.name ?? row.group ?? analytics.none);
