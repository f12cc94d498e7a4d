import { useState } from "preact/hooks";
import { Button } from "../base/button.tsx";
import { DataTable } from "../base/dataTable.tsx";
import { FilterBar } from "../base/filterBar.tsx";
import { BudgetIcon, PlusIcon } from "../base/icons.tsx";
import { useListState } from "../base/listState.ts";
import { billing, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { budgets as words } from "../strings/budgets.ts";
import { budgetColumns } from "./budgetColumns.tsx";
import { useBudgetActions } from "./budgetDialogs.tsx";
import { CreateBudget } from "./budgetForms.tsx";
import { useBudgets } from "./budgets.ts";

const choicesOf = (names: Readonly<Record<string, string>>) =>
  Object.entries(names).map(([value, label]) => ({ value, label }));
const filters = [
  { name: "scope", label: words.filters.scope, choices: choicesOf(words.scopes) },
  { name: "kind", label: words.filters.kind, choices: choicesOf(words.kinds) },
  { name: "period", label: words.filters.period, choices: choicesOf(words.periods) },
];

/** Every budget with how much of it is used. */
export function PageBudgets() {
  const state = useListState({ filters: filters.map(({ name }) => name) });
  const read = useBudgets(state.parameters);
  const [creating, setCreating] = useState(false);
  const may = useCan()(billing);
  const { actions, dialogs } = useBudgetActions(read.data?.data, read.retry);
  return (
    <>
      <PageHead
        title={words.title}
        facts={words.about}
        actions={
          may && (
            <Button look="primary" onClick={() => setCreating(true)}>
              <PlusIcon />
              {words.create}
            </Button>
          )
        }
      />
      <FilterBar state={state} filters={filters} />
      <DataTable
        noun={words.noun}
        caption={words.caption}
        columnsKept="budgets"
        columns={budgetColumns({ subject: true })}
        read={read}
        state={state}
        rowKey={(budget) => budget.budget_id}
        rowName={(budget) => words.actions(budget.subject_id)}
        actions={actions}
        empty={{
          icon: <BudgetIcon />,
          title: words.emptyTitle,
          text: words.emptyText,
          action: may && <Button onClick={() => setCreating(true)}>{words.create}</Button>,
        }}
      />
      {dialogs}
      <CreateBudget open={creating} onClose={() => setCreating(false)} />
    </>
  );
}
