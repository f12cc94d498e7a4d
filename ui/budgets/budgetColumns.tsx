import type { BudgetView } from "../../server/budgets/schema.ts";
import { Badge } from "../base/badge.tsx";
import type { DataColumn } from "../base/dataTable.tsx";
import * as format from "../format.ts";
import { budgets as words } from "../strings/budgets.ts";
import { TenantLink } from "../tenants/tenantLink.tsx";

/** What a list of budgets shows; beside its subject's name that column would only repeat it. */
export function budgetColumns(options: { subject: boolean }): DataColumn<BudgetView>[] {
  const heads = words.columns;
  return [
    {
      head: options.subject ? heads.subject : heads.kind,
      cell: (budget) => (options.subject ? <Subject budget={budget} /> : <Kind budget={budget} />),
    },
    ...(options.subject
      ? [
          {
            head: heads.kind,
            width: "92px",
            from: "medium" as const,
            cell: (budget: BudgetView) => <Kind budget={budget} />,
          },
        ]
      : []),
    {
      head: heads.period,
      width: "92px",
      from: "small",
      cell: (budget) => words.periods[budget.period],
    },
    { head: heads.used, width: "148px", cell: (budget) => <Used budget={budget} /> },
    {
      head: heads.spent,
      width: "108px",
      number: true,
      from: "medium",
      cell: (budget) => (
        <span title={format.usdExact(budget.spent_usd)}>{format.usd(budget.spent_usd)}</span>
      ),
    },
    {
      head: heads.held,
      width: "96px",
      number: true,
      from: "large",
      cell: (budget) => (
        <span title={format.usdExact(budget.held_usd)}>{format.usd(budget.held_usd)}</span>
      ),
    },
    {
      head: heads.limit,
      width: "104px",
      number: true,
      cell: (budget) => (
        <span title={format.usdExact(budget.limit_usd)} class="font-medium">
          {format.usd(budget.limit_usd)}
        </span>
      ),
    },
    {
      head: heads.resets,
      width: "116px",
      number: true,
      from: "large",
      cell: ({ resets_at }) => (
        <span class="text-muted" title={resets_at ? format.utc(resets_at) : undefined}>
          {resets_at ? format.fullDay(resets_at) : words.never}
        </span>
      ),
    },
    {
      head: heads.alerts,
      width: "112px",
      from: "large",
      extra: true,
      cell: ({ alert_percents }) =>
        alert_percents.map((percent) => `${percent}%`).join(", ") || words.never,
    },
  ];
}

function Kind({ budget }: { budget: BudgetView }) {
  return (
    <span title={words.kindNotes[budget.kind]}>
      <Badge tone={budget.kind === "hard" ? "warn" : "idle"}>{words.kinds[budget.kind]}</Badge>
    </span>
  );
}

/** Teams and organizations have a page to go to. */
function Subject({ budget }: { budget: BudgetView }) {
  const { scope, subject_id: id, subject_name: name } = budget;
  return (
    <div class="min-w-0">
      {scope === "team" || scope === "organization" ? (
        <span class="block truncate font-medium">
          <TenantLink kind={scope} id={id} name={name ?? id} tab="budgets" />
        </span>
      ) : (
        <span class={`block truncate font-medium ${scope === "key" ? "font-mono text-12" : ""}`}>
          {id}
        </span>
      )}
      <span class="block truncate text-12 text-muted">{words.scopes[scope]}</span>
    </div>
  );
}

/** A bar of what is spent and held; it turns when an alert is reached, and when nothing is left. */
function Used({ budget }: { budget: BudgetView }) {
  const { used_percent: used, alert_percents: alerts } = budget;
  const reached = alerts.length > 0 && used >= Math.min(...alerts);
  const [bar, text] =
    used >= 100
      ? ["bg-bad-dot", "text-bad"]
      : reached
        ? ["bg-warn-dot", "text-warn"]
        : ["bg-accent-dot", ""];
  return (
    <div class="flex items-center gap-2">
      <div aria-hidden="true" class="h-1.5 flex-1 overflow-hidden rounded-full bg-press">
        <div class={`h-full rounded-full ${bar}`} style={{ width: `${Math.min(used, 100)}%` }} />
      </div>
      <span class={`w-14 text-right tabular-nums ${text}`} title={words.usedOf(`${used}%`)}>
        {format.percent(used / 100)}
      </span>
    </div>
  );
}
