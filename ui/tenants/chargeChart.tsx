import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { ChartPanel } from "../base/chart/chartPanel.tsx";
import type { Period } from "../base/period.ts";
import * as format from "../format.ts";
import { kit } from "../strings/kit.ts";
import { tenants as words } from "../strings/tenants.ts";
import { toPoints, useReport } from "./report.ts";
import type { Tenant } from "./tenant.ts";

/** What a tenant was charged by day: a team by model, an organization by team. */
export function ChargeChart({
  tenant,
  period,
  title,
  action,
}: {
  tenant: Tenant;
  period: Period;
  title?: string;
  action?: ComponentChildren;
}) {
  const groupBy = tenant.kind === "team" ? "alias" : "team";
  const read = useReport(tenant, period, { groupBy, byDay: true });
  const before = useReport(tenant, period.previous, {});
  const points = useMemo(
    () => (read.data ? toPoints(read.data, period) : undefined),
    [read.data, period.from, period.to],
  );
  const total = read.data?.totals.credits_charged;
  const was = before.data?.totals.credits_charged;
  return (
    <ChartPanel
      title={title ?? (tenant.kind === "team" ? words.usageByModel : words.usageByTeam)}
      kind="bars"
      axisName={words.day}
      points={points}
      axis={format.compact}
      value={format.creditsShort}
      error={read.error}
      onRetry={read.retry}
      stale={read.stale}
      action={action}
      {...(total !== undefined && { hero: format.inCredits(total, format.creditsShort) })}
      delta={
        total !== undefined && was !== undefined && was > 0
          ? kit.vsPrevious(format.change(total, was), words.days(period.days))
          : undefined
      }
    />
  );
}
