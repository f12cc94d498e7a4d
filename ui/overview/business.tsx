import type { Report } from "../../server/analytics/schema.ts";
import { ChartPanel } from "../base/chart/chartPanel.tsx";
import type { PeriodState } from "../base/periodPicker.tsx";
import { type Stat, StatTiles } from "../base/stats.tsx";
import * as format from "../format.ts";
import { type Read, useRead } from "../query.ts";
import { overview } from "../strings/overview.ts";
import { useServerNow } from "../shell/status.ts";
import { bucketOf, bucketsOf, shareOf, toPoints } from "./figures.ts";

/** Rollups are made anew every few seconds. */
const pollMs = 15_000;

function useReports(period: PeriodState, ready: boolean) {
  const { from, to, previous, compared, days } = period;
  const bucket = bucketOf(days);
  const read = (parameters: Record<string, string>, enabled = true) =>
    useRead<Report>("/api/usage", { parameters, pollMs, enabled: ready && enabled });
  return {
    bucket,
    money: read({ from, to, bucket }),
    models: read({ from, to, bucket, group_by: "alias" }),
    before: read({ ...previous }, compared),
  };
}

/** What the platform earned and spent in the period, and by which models. Not `ready`: the server's day is not known yet. */
export function Business({ period, ready }: { period: PeriodState; ready: boolean }) {
  const nowMs = useServerNow();
  const { bucket, money, models, before } = useReports(period, ready);
  const buckets = bucketsOf(period, bucket, nowMs);
  const axisName = bucket === "hour" ? overview.hour : overview.day;
  const totals = money.data?.totals;
  const shared = { axisName, ...panelOf(money) };
  return (
    <div class="grid gap-4">
      <StatTiles
        label={overview.figures}
        stats={stats(money.data, period.compared ? before.data : undefined).map((stat) => ({
          ...stat,
          changing: period.compared && !before.data && !before.error,
        }))}
      />
      <div class="grid gap-4 xl:grid-cols-2">
        <ChartPanel
          {...shared}
          title={overview.money}
          kind="lines"
          points={
            money.data &&
            toPoints(money.data.rows, buckets, bucket, (row) => ({
              [overview.revenue]: row.revenue_usd,
              [overview.cost]: row.cost_usd,
            }))
          }
          hero={totals ? format.usd(totals.margin_usd) : ""}
          delta={overview.margin.toLowerCase()}
          axis={format.compactDollars}
          value={format.usd}
        />
        <ChartPanel
          {...shared}
          {...panelOf(models)}
          title={overview.callsByModel}
          kind="bars"
          points={
            models.data &&
            toPoints(models.data.rows, buckets, bucket, (row) => ({
              [row.group ?? overview.noModel]: row.calls,
            }))
          }
          hero={totals ? format.count(totals.calls) : ""}
          delta={overview.calls.toLowerCase()}
          axis={format.compact}
          value={format.count}
        />
      </div>
    </div>
  );
}

const panelOf = ({ error, stale, retry }: Read<Report>) => ({ error, stale, onRetry: retry });

function stats(now: Report | undefined, before: Report | undefined): Stat[] {
  const totals = now?.totals;
  const then = before?.totals;
  const change = (figure: keyof Report["totals"]) =>
    totals && then ? { now: totals[figure] ?? 0, before: then[figure] ?? 0 } : undefined;
  const share = totals && shareOf(totals.margin_usd, totals.revenue_usd);
  const failed = totals && shareOf(totals.failed_calls, totals.calls);
  return [
    { name: overview.calls, value: totals && format.count(totals.calls), change: change("calls") },
    {
      name: overview.revenue,
      value: totals && format.usd(totals.revenue_usd),
      change: change("revenue_usd"),
    },
    {
      name: overview.cost,
      value: totals && format.usd(totals.cost_usd),
      change: change("cost_usd"),
    },
    {
      name: overview.margin,
      value: totals && format.usd(totals.margin_usd),
      change: change("margin_usd"),
      note: typeof share === "number" ? overview.ofRevenue(format.percent(share)) : undefined,
    },
    {
      name: overview.errors,
      value: totals && format.count(totals.failed_calls),
      change: change("failed_calls"),
      note: typeof failed === "number" ? overview.ofCalls(format.percent(failed)) : undefined,
    },
    {
      name: overview.latency,
      value: totals && format.duration(totals.avg_latency_ms),
      change: totals?.avg_latency_ms && then?.avg_latency_ms ? change("avg_latency_ms") : undefined,
    },
  ];
}
