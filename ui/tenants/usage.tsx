import { useState } from "preact/hooks";
import type { Figures, Report, ReportGrouping } from "../../server/analytics/schema.ts";
import { Segmented } from "../base/choices.tsx";
import { ChartIcon } from "../base/icons.tsx";
import { Panel } from "../base/panel.tsx";
import { PeriodPicker, usePeriod } from "../base/periodPicker.tsx";
import { Empty, Failure, NotCurrent } from "../base/states.tsx";
import { StatTiles } from "../base/stats.tsx";
import { type Column, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { useServerNow } from "../shell/status.ts";
import { kit } from "../strings/kit.ts";
import { tenants as words } from "../strings/tenants.ts";
import { ChargeChart } from "./chargeChart.tsx";
import { useReport } from "./report.ts";
import type { Tenant } from "./tenant.ts";

/** What a tenant used in a period: figures, a chart by day, and a table by what one chooses. */
export function Usage({ tenant }: { tenant: Tenant }) {
  const period = usePeriod(useServerNow());
  const totals = useReport(tenant, period);
  const before = useReport(tenant, period.previous, { enabled: period.compared });
  return (
    <div class="grid gap-4">
      <div class="flex flex-wrap items-center gap-2">
        <PeriodPicker period={period} />
        {totals.data && (
          <span class="ml-auto text-12 text-muted">
            {words.asOf(format.utc(totals.data.as_of))}
          </span>
        )}
      </div>
      <Totals
        now={totals.data?.totals}
        before={period.compared ? before.data?.totals : undefined}
        changing={period.compared && !before.data && !before.error}
      />
      <ChargeChart tenant={tenant} period={period} />
      <UsageTable tenant={tenant} span={period} />
    </div>
  );
}

function Totals({
  now,
  before,
  changing,
}: {
  now: Figures | undefined;
  before: Figures | undefined;
  changing: boolean;
}) {
  const stat = (
    name: string,
    of: (figures: Figures) => number,
    written: (value: number) => string,
  ) => ({
    name,
    value: now && written(of(now)),
    change: now && before ? { now: of(now), before: of(before) } : undefined,
    changing,
  });
  const names = words.stats;
  return (
    <StatTiles
      label={words.usageStats}
      stats={[
        stat(names.charged, (of) => of.credits_charged, format.creditsShort),
        stat(names.cost, (of) => of.cost_usd, format.usd),
        stat(names.margin, (of) => of.margin_usd, format.usd),
        stat(names.jobs, (of) => of.jobs, format.count),
        stat(names.calls, (of) => of.calls, format.count),
        stat(names.failed, (of) => of.failed_calls, format.count),
        stat(names.tokens, (of) => of.input_tokens + of.output_tokens, format.compact),
      ]}
    />
  );
}

type Grouping = Extract<ReportGrouping, "alias" | "job_type" | "key" | "team">;

function UsageTable({ tenant, span }: { tenant: Tenant; span: { from: string; to: string } }) {
  const choices: Grouping[] =
    tenant.kind === "team" ? ["job_type", "alias", "key"] : ["team", "job_type", "alias"];
  const [grouping, setGrouping] = useState<Grouping>(choices[0]!);
  const { data, error, stale, retry } = useReport(tenant, span, { groupBy: grouping });
  const heads = words.usageColumns;
  return (
    <Panel
      title={words.usage}
      flush
      badge={error && data && <NotCurrent error={error} />}
      action={
        <Segmented
          size="small"
          label={words.usage}
          value={grouping}
          onChange={setGrouping}
          choices={choices.map((value) => ({ value, label: heads.group[value] }))}
        />
      }
    >
      {!data && error ? (
        <Failure title={kit.notLoaded(words.usage.toLowerCase())} error={error} onRetry={retry} />
      ) : data?.rows.length === 0 ? (
        <Empty icon={<ChartIcon />} title={words.usageEmptyTitle} text={words.usageEmptyText} />
      ) : (
        <Table
          caption={words.usage}
          rows={data?.rows}
          rowKey={(row) => row.group ?? ""}
          stale={stale}
          columns={columns(grouping)}
        />
      )}
    </Panel>
  );
}

function columns(grouping: Grouping): Column<Report["rows"][number]>[] {
  const heads = words.usageColumns;
  return [
    {
      head: heads.group[grouping],
      cell: (row) => <span class="block truncate font-medium">{row.name ?? row.group ?? "—"}</span>,
    },
    {
      head: heads.jobs,
      width: "96px",
      number: true,
      from: "small",
      cell: (row) => format.count(row.jobs),
    },
    {
      head: heads.calls,
      width: "96px",
      number: true,
      from: "medium",
      cell: (row) => format.count(row.calls),
    },
    {
      head: heads.tokens,
      width: "120px",
      number: true,
      from: "large",
      cell: (row) => format.count(row.input_tokens + row.output_tokens),
    },
    {
      head: heads.cost,
      width: "124px",
      number: true,
      from: "small",
      cell: (row) => <span title={format.usdExact(row.cost_usd)}>{format.usd(row.cost_usd)}</span>,
    },
    {
      head: heads.charged,
      width: "132px",
      number: true,
      cell: (row) => (
        <span title={format.credits(row.credits_charged)}>
          {format.creditsShort(row.credits_charged)}
        </span>
      ),
    },
  ];
}
