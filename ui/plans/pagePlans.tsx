import type { PlanView } from "../../server/pricing/schema.ts";
import { Badge } from "../base/badge.tsx";
import { buttonClass } from "../base/button.tsx";
import { type DataColumn, DataTable } from "../base/dataTable.tsx";
import { FilterBar } from "../base/filterBar.tsx";
import { PlanIcon, PlusIcon } from "../base/icons.tsx";
import { useListState } from "../base/listState.ts";
import { RowLink } from "../base/table.tsx";
import * as format from "../format.ts";
import { billing, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow } from "../shell/status.ts";
import { plans } from "../strings/plans.ts";
import type { Kind } from "./draft.ts";
import { usePlans } from "./plans.ts";

/** All plans with what they charge and who goes by them. */
export function PagePlans() {
  const state = useListState({ filters: ["status"] });
  const can = useCan();
  const nowMs = useServerNow();
  const { status, cursor } = state.parameters;
  const read = usePlans({ status, cursor });
  return (
    <>
      <PageHead
        title={plans.title}
        facts={plans.facts}
        actions={
          <>
            <a href="/what-if" class={buttonClass()}>
              {plans.whatIf}
            </a>
            {can(billing) && (
              <a href="/plans/_new" class={buttonClass("primary")}>
                <PlusIcon />
                {plans.newPlan}
              </a>
            )}
          </>
        }
      />
      <FilterBar
        state={state}
        filters={[
          {
            name: "status",
            label: plans.status,
            choices: Object.entries(plans.statuses).map(([value, label]) => ({ value, label })),
          },
        ]}
      />
      <DataTable
        noun={["plan", "plans"]}
        caption={plans.caption}
        columns={columns(nowMs)}
        read={read}
        state={state}
        rowKey={(plan) => plan.plan_id}
        skeletonRows={5}
        empty={{ icon: <PlanIcon />, title: plans.empty, text: plans.emptyText }}
      />
    </>
  );
}

export const kindName = (kind: string) => plans.kinds[kind as Kind] ?? kind;

/** Who has a plan, in a few words. */
export function holders({ assigned }: PlanView): string {
  const parts = [
    assigned.platform && plans.platform,
    assigned.organizations > 0 && format.plural(assigned.organizations, "organization"),
    assigned.teams > 0 && format.plural(assigned.teams, "team"),
  ].filter((part) => part !== false);
  return parts.length === 0 ? plans.nobody : format.label(parts.join(", "));
}

function columns(nowMs: number): DataColumn<PlanView>[] {
  return [
    {
      head: plans.plan,
      width: "22%",
      cell: (plan) => (
        <>
          <RowLink href={`/plans/${plan.plan_id}`}>{plan.name}</RowLink>
          <span class="block truncate font-mono text-11 text-muted">{plan.plan_id}</span>
        </>
      ),
    },
    {
      head: plans.kind,
      width: "132px",
      from: "small",
      cell: (plan) =>
        plan.status === "archived" ? (
          <Badge tone="idle">{plans.statuses.archived}</Badge>
        ) : (
          kindName(plan.in_force.kind)
        ),
    },
    {
      head: plans.charges,
      from: "medium",
      cell: (plan) => (
        <span class="block truncate text-ink-2" title={plan.in_force.in_words}>
          {plan.in_force.in_words}
        </span>
      ),
    },
    { head: plans.usedBy, width: "24%", cell: (plan) => holders(plan) },
    {
      head: plans.version,
      width: "84px",
      number: true,
      from: "large",
      cell: (plan) => format.count(plan.in_force.number),
    },
    {
      head: plans.changed,
      width: "112px",
      number: true,
      from: "large",
      cell: (plan) => (
        <span class="text-muted" title={format.utc(plan.updated_at)}>
          {format.ago(plan.updated_at, nowMs)}
        </span>
      ),
    },
  ];
}
