import { useLocation } from "preact-iso";
import type { Report } from "../../server/analytics/schema.ts";
import { withParameters } from "../api.ts";
import { buttonClass, IconButton } from "../base/button.tsx";
import { ChartPanel } from "../base/chart/chartPanel.tsx";
import { Segmented } from "../base/choices.tsx";
import { CloseIcon } from "../base/icons.tsx";
import { changedAddress } from "../base/listState.ts";
import { PeriodPicker, usePeriod } from "../base/periodPicker.tsx";
import { StatTiles } from "../base/stats.tsx";
import * as format from "../format.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow } from "../shell/status.ts";
import { analytics } from "../strings/analytics.ts";
import { CacheTable, GroupTable } from "./groupTable.tsx";
import {
  type Bucket,
  bucketOf,
  type Group,
  type Measure,
  nameOf,
  stretchesOf,
  stretchLabel,
  useReport,
} from "./usage.ts";

const groups = Object.keys(analytics.groups) as Group[];
const measures = Object.keys(analytics.measures) as Measure[];

/** What a chart can tell apart, and what a table is read to the end of; the rest is added up. CSV has all. */
const mostSeries = 5;
const mostRows = 100;

/** Cost, revenue and margin over time and by what one chooses; a row leads to what it is made of. */
export function PageAnalytics() {
  const { url, query, route } = useLocation();
  const period = usePeriod(useServerNow());
  const group = groups.find((one) => one === query["group"]) ?? "team";
  const measure = measures.find((one) => one === query["measure"]) ?? "revenue_usd";
  const bucket = bucketOf(period);
  const filters = Object.fromEntries(
    groups.flatMap((name) => (query[name] ? [[name, query[name]]] : [])),
  );
  const span = { from: period.from, to: period.to };
  const ranked = { group_by: group, ...filters, top_by: measure };
  const series = useReport({ ...span, bucket, ...ranked, top: mostSeries });
  const split = useReport({ ...span, ...ranked, top: mostRows });
  const before = useReport({ ...period.previous, ...ranked, top: mostRows }, period.compared);
  const cache = useReport({ ...span, group_by: "alias", ...filters });
  const go = (changes: Record<string, string | undefined>) => route(changedAddress(url, changes));
  const earlier = period.compared ? before.data : undefined;
  return (
    <>
      <PageHead
        title={analytics.title}
        facts={split.data ? analytics.facts(format.utc(split.data.as_of)) : analytics.factsShort}
        actions={
          <>
            {query["team"] && (
              <a
                href={`/analytics/statements/${encodeURIComponent(query["team"])}/${lastDayOf(period.to).slice(0, 7)}`}
                class={buttonClass()}
              >
                {analytics.statement}
              </a>
            )}
            <a
              href={withParameters("/api/usage.csv", {
                ...span,
                bucket,
                group_by: group,
                ...filters,
              })}
              download
              class={buttonClass()}
            >
              {analytics.csv}
            </a>
          </>
        }
      />
      <div class="mb-3 flex flex-wrap items-center gap-2">
        <PeriodPicker period={period} />
        <div class="max-w-full overflow-x-auto">
          <Segmented
            label={analytics.by}
            value={group}
            onChange={(value) => go({ group: value })}
            choices={groups.map((value) => ({ value, label: analytics.groups[value] }))}
          />
        </div>
        {groups.map(
          (name) =>
            query[name] && (
              <span
                key={name}
                class="inline-flex h-8 max-w-72 items-center gap-1.5 rounded-control border border-edge bg-press pl-2.5 font-medium"
              >
                <span class="font-normal text-muted">{analytics.groups[name]}</span>
                <span class="truncate">{query[name]}</span>
                <IconButton
                  label={analytics.remove(analytics.groups[name])}
                  small
                  onClick={() => go({ [name]: undefined })}
                >
                  <CloseIcon class="size-3.5" />
                </IconButton>
              </span>
            ),
        )}
      </div>
      <div class="grid gap-4">
        <Totals
          now={split.data}
          before={earlier}
          changing={period.compared && !before.data && !before.error}
        />
        <ChartPanel
          title={analytics.chart(
            analytics.measures[measure],
            analytics.groups[group].toLowerCase(),
            analytics.bucket[bucket],
          )}
          kind={measure === "margin_usd" ? "lines" : "bars"}
          axisName={format.label(bucket)}
          points={series.data && pointsOf(series.data, measure, bucket, span)}
          {...(series.data && { hero: format.usd(series.data.totals[measure]) })}
          delta={
            earlier &&
            series.data &&
            format.change(series.data.totals[measure], earlier.totals[measure])
          }
          axis={format.compactDollars}
          value={format.usd}
          error={series.error}
          onRetry={series.retry}
          stale={series.stale}
          action={
            <Segmented
              size="small"
              label={analytics.measure}
              value={measure}
              onChange={(value) => go({ measure: value })}
              choices={measures.map((value) => ({ value, label: analytics.measures[value] }))}
            />
          }
        />
        <GroupTable
          group={group}
          read={split}
          before={earlier}
          month={lastDayOf(period.to).slice(0, 7)}
        />
        <CacheTable read={cache} />
      </div>
    </>
  );
}

const lastDayOf = (to: string) => new Date(Date.parse(to) - 1).toISOString();

function pointsOf(
  report: Report,
  measure: Measure,
  bucket: Bucket,
  span: { from: string; to: string },
) {
  const names = [...new Set(report.rows.map(nameOf))];
  return stretchesOf(span, bucket).map((start) => {
    const rows = report.rows.filter((row) => row.bucket === start);
    return {
      label: stretchLabel(start, bucket),
      title: bucket === "hour" ? format.moment(start) : format.fullDay(start),
      values: Object.fromEntries(
        names.map((name) => [
          name,
          rows.filter((row) => nameOf(row) === name).reduce((sum, row) => sum + row[measure], 0),
        ]),
      ),
    };
  });
}

function Totals({
  now,
  before,
  changing,
}: {
  now: Report | undefined;
  before: Report | undefined;
  changing: boolean;
}) {
  const figure = (
    name: string,
    of: (totals: Report["totals"]) => number,
    written: (value: number) => string,
  ) => ({
    name,
    value: now && written(of(now.totals)),
    change: now && before && { now: of(now.totals), before: of(before.totals) },
    changing,
  });
  const share = ({ calls, cache_hits }: Report["totals"]) => (calls === 0 ? 0 : cache_hits / calls);
  return (
    <StatTiles
      label={analytics.title}
      stats={[
        figure(analytics.revenue, ({ revenue_usd }) => revenue_usd, format.usd),
        figure(analytics.cost, ({ cost_usd }) => cost_usd, format.usd),
        figure(analytics.margin, ({ margin_usd }) => margin_usd, format.usd),
        figure(analytics.jobs, ({ jobs }) => jobs, format.count),
        figure(analytics.calls, ({ calls }) => calls, format.count),
        figure(analytics.hits, share, format.percent),
      ]}
    />
  );
}
