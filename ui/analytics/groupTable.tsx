import { useLocation } from "preact-iso";
import type { Report } from "../../server/analytics/schema.ts";
import { others } from "../base/chart/colours.ts";
import { ChartIcon } from "../base/icons.tsx";
import { changedAddress } from "../base/listState.ts";
import { Panel } from "../base/panel.tsx";
import { Empty, Failure, NotCurrent } from "../base/states.tsx";
import { type Column, RowControls, RowLink, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import type { Read } from "../query.ts";
import { analytics } from "../strings/analytics.ts";
import { type Group, nameOf, type ReportRow } from "./usage.ts";

/** What a row of a group is split by when it is opened. */
const next: Readonly<Record<Group, Group>> = {
  organization: "team",
  team: "job_type",
  job_type: "alias",
  alias: "target",
  target: "alias",
};

/** The figures of the chart by group, and how they changed. */
export function GroupTable({
  group,
  read,
  before,
  month,
}: {
  group: Group;
  read: Read<Report>;
  before: Report | undefined;
  /** Of the statements that teams' rows lead to. */
  month: string;
}) {
  const { url } = useLocation();
  const { data, error, stale, retry } = read;
  const title = analytics.table(analytics.groups[group].toLowerCase());
  return (
    <Panel title={title} flush badge={error && data && <NotCurrent error={error} />}>
      {error && !data ? (
        <Failure title={analytics.notLoaded} error={error} onRetry={retry} />
      ) : data?.rows.length === 0 ? (
        <Empty icon={<ChartIcon />} title={analytics.noRows} text={analytics.noRowsText} />
      ) : (
        <>
          <Table
            caption={title}
            columns={columns({
              group,
              before,
              month,
              href: (row) =>
                changedAddress(url, { [group]: row.group ?? undefined, group: next[group] }),
            })}
            rows={data?.rows}
            rowKey={(row) => (row.others ? others : (row.group ?? ""))}
            stale={stale}
          />
          {data?.rows.some((row) => row.others) && (
            <p class="border-t border-line px-4 py-2 text-12 text-muted">{analytics.truncated}</p>
          )}
        </>
      )}
    </Panel>
  );
}

function columns({
  group,
  before,
  month,
  href,
}: {
  group: Group;
  before: Report | undefined;
  month: string;
  href: (row: ReportRow) => string;
}): Column<ReportRow>[] {
  const earlier = new Map(before?.rows.map((row) => [row.group, row.revenue_usd]));
  // What is not among the highest of then may have been anything.
  const whole = before?.rows.every((row) => !row.others);
  const revenueBefore = (row: ReportRow) => earlier.get(row.group) ?? (whole ? 0 : undefined);
  return [
    {
      head: analytics.groups[group],
      cell: (row) =>
        row.group === null ? (
          <span class="text-muted">{nameOf(row)}</span>
        ) : (
          <>
            <RowLink href={href(row)}>{nameOf(row)}</RowLink>
            {row.name && (
              <span class="block truncate font-mono text-11 text-muted">{row.group}</span>
            )}
          </>
        ),
    },
    {
      head: analytics.calls,
      width: "96px",
      number: true,
      from: "medium",
      cell: (row) => format.count(row.calls),
    },
    {
      head: analytics.cost,
      width: "112px",
      number: true,
      from: "small",
      cell: (row) => <span title={format.usdExact(row.cost_usd)}>{format.usd(row.cost_usd)}</span>,
    },
    {
      head: analytics.revenue,
      width: "112px",
      number: true,
      cell: (row) => (
        <span title={format.usdExact(row.revenue_usd)}>{format.usd(row.revenue_usd)}</span>
      ),
    },
    ...(before
      ? [
          {
            head: analytics.change,
            width: "128px",
            number: true,
            from: "large" as const,
            cell: (row: ReportRow) => (
              <span class="text-muted">{changeOf(row, revenueBefore(row))}</span>
            ),
          },
        ]
      : []),
    {
      head: analytics.margin,
      width: "112px",
      number: true,
      from: "medium",
      cell: (row) => (
        <span class={row.margin_usd < 0 ? "text-bad" : ""} title={format.usdExact(row.margin_usd)}>
          {format.usd(row.margin_usd)}
        </span>
      ),
    },
    {
      head: analytics.marginShare,
      width: "96px",
      number: true,
      from: "large",
      cell: (row) => format.percent(row.revenue_usd > 0 ? row.margin_usd / row.revenue_usd : null),
    },
    ...(group === "team"
      ? [
          {
            head: analytics.statement,
            width: "104px",
            number: true,
            from: "medium" as const,
            cell: (row: ReportRow) =>
              row.group && (
                <RowControls>
                  <a
                    href={`/analytics/statements/${encodeURIComponent(row.group)}/${month}`}
                    class="focus-ring rounded text-12 font-medium text-accent hover:underline"
                    aria-label={analytics.statementOf(nameOf(row), month)}
                  >
                    {month}
                  </a>
                </RowControls>
              ),
          },
        ]
      : []),
  ];
}

/** Nothing for those who are added up: they were others then. */
const changeOf = (row: ReportRow, before: number | undefined) =>
  row.others || before === undefined ? "—" : format.change(row.revenue_usd, before);

/** How much the response cache answers, by alias. */
export function CacheTable({ read }: { read: Read<Report> }) {
  const rows = read.data?.rows.filter(({ calls }) => calls > 0);
  if (rows?.length === 0) return null;
  return (
    <Panel title={analytics.cache} flush>
      {read.error && !read.data ? (
        <Failure title={analytics.notLoaded} error={read.error} onRetry={read.retry} />
      ) : (
        <Table
          caption={analytics.cache}
          rows={rows}
          rowKey={(row) => row.group ?? ""}
          stale={read.stale}
          skeletonRows={3}
          columns={[
            {
              head: analytics.groups.alias,
              cell: (row) => <span class="block truncate font-medium">{nameOf(row)}</span>,
            },
            {
              head: analytics.calls,
              width: "120px",
              number: true,
              from: "small",
              cell: (row) => format.count(row.calls),
            },
            {
              head: analytics.hits,
              width: "176px",
              number: true,
              from: "small",
              cell: (row) => format.count(row.cache_hits),
            },
            {
              head: analytics.cacheShare,
              width: "176px",
              number: true,
              cell: (row) => (
                <span class="flex items-center justify-end gap-2">
                  <span aria-hidden="true" class="h-1.5 w-20 overflow-hidden rounded-full bg-press">
                    <span
                      class="block h-full rounded-full bg-accent-dot"
                      style={{ width: `${(100 * row.cache_hits) / row.calls}%` }}
                    />
                  </span>
                  <span class="w-12">{format.percent(row.cache_hits / row.calls)}</span>
                </span>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}
