import { useState } from "preact/hooks";
import type { BudgetView } from "../../server/budgets/schema.ts";
import { Button } from "../base/button.tsx";
import { Menu } from "../base/menu.tsx";
import { Panel } from "../base/panel.tsx";
import { Failure, NotCurrent } from "../base/states.tsx";
import { type Column, RowControls, Table } from "../base/table.tsx";
import { billing, useCan } from "../session/permission.ts";
import { budgets as words } from "../strings/budgets.ts";
import { kit } from "../strings/kit.ts";
import { budgetColumns } from "./budgetColumns.tsx";
import { useBudgetActions } from "./budgetDialogs.tsx";
import { CreateBudget } from "./budgetForms.tsx";
import { useBudgets } from "./budgets.ts";

interface Tenant {
  scope: "team" | "organization";
  id: string;
}

/** The budgets that calls of a tenant count in: its own, and its organization's. */
export function BudgetsOf({ subjects }: { subjects: readonly Tenant[] }) {
  return (
    <div class="grid gap-4">
      {subjects.map((subject) => (
        <BudgetPanel key={subject.scope} subject={subject} />
      ))}
    </div>
  );
}

function BudgetPanel({ subject }: { subject: Tenant }) {
  const { data, error, retry } = useBudgets({ scope: subject.scope, subject_id: subject.id });
  const [creating, setCreating] = useState(false);
  const may = useCan()(billing);
  const { actions, dialogs } = useBudgetActions(data?.data, retry);
  const title = words.ofTitle[subject.scope];
  const columns: Column<BudgetView>[] = budgetColumns({ subject: false }).filter(
    ({ extra }) => !extra,
  );
  return (
    <Panel
      title={title}
      flush
      badge={error && data && <NotCurrent error={error} />}
      action={
        may && (
          <Button size="small" onClick={() => setCreating(true)}>
            {words.create}
          </Button>
        )
      }
    >
      {!data && error ? (
        <Failure title={kit.notLoaded(words.noun[1])} error={error} onRetry={retry} />
      ) : data?.data.length === 0 ? (
        <p class="px-4 py-6 text-muted">{words.noneOf}</p>
      ) : (
        <Table
          caption={title}
          rows={data?.data}
          rowKey={(budget) => budget.budget_id}
          skeletonRows={2}
          columns={[
            ...columns,
            {
              head: kit.actions,
              width: "52px",
              quiet: true,
              cell: (budget) =>
                may && (
                  <RowControls>
                    <Menu
                      label={`${kit.actions}: ${words.periods[budget.period]}, ${words.kinds[budget.kind]}`}
                      items={actions(budget)}
                    />
                  </RowControls>
                ),
            },
          ]}
        />
      )}
      {dialogs}
      <CreateBudget open={creating} onClose={() => setCreating(false)} subject={subject} />
    </Panel>
  );
}
