import type { Report, ReportGrouping } from "../../server/analytics/schema.ts";
import { daysOf, type Span } from "../base/period.ts";
import { others } from "../base/chart/colours.ts";
import type { Point } from "../base/chart/series.ts";
import * as format from "../format.ts";
import { useRead } from "../query.ts";
import { tenants as words } from "../strings/tenants.ts";
import type { Tenant } from "./tenant.ts";

/** What a chart can tell apart; the rest is added up. */
const mostSeries = 5;

/** What a tenant used in a span, by group and, where asked, by day. */
export function useReport(
  tenant: Pick<Tenant, "kind" | "id">,
  span: Span,
  options: { groupBy?: ReportGrouping; byDay?: boolean; enabled?: boolean } = {},
) {
  return useRead<Report>("/api/usage", {
    parameters: {
      [tenant.kind]: tenant.id,
      from: span.from,
      to: span.to,
      group_by: options.groupBy,
      ...(options.byDay && { bucket: "day", top: mostSeries, top_by: "credits_charged" }),
    },
    enabled: options.enabled ?? true,
  });
}

/** Credits charged by day and group, each day of the span a point. */
export function toPoints(report: Report, span: Span): Point[] {
  const byDay = new Map<string, Record<string, number>>();
  for (const row of report.rows) {
    const day = row.bucket?.slice(0, 10) ?? "";
    const values = byDay.get(day) ?? {};
    const name = row.others ? others : (row.name ?? row.group ?? words.noModel);
    values[name] = (values[name] ?? 0) + row.credits_charged;
    byDay.set(day, values);
  }
  return daysOf(span).map((day) => ({
    label: format.day(day),
    title: format.fullDay(day),
    values: byDay.get(day) ?? {},
  }));
}
