import { useState } from "preact/hooks";
import type { BudgetView } from "../../server/budgets/schema.ts";
import { ConfirmDialog } from "../base/confirmDialog.tsx";
import type { MenuItem } from "../base/menu.tsx";
import { billing, useCan } from "../session/permission.ts";
import { budgets as words } from "../strings/budgets.ts";
import { ChangeBudget } from "./budgetForms.tsx";
import { useBudgetDeletion } from "./budgets.ts";

/** The menu of a budget in a list, and the dialogs that it opens. */
export function useBudgetActions(rows: readonly BudgetView[] | undefined, retry: () => void) {
  const may = useCan()(billing);
  const [chosen, setChosen] = useState<{ budget: BudgetView; open?: "change" | "delete" }>();
  const close = () => setChosen((was) => was && { budget: was.budget });
  const deletion = useBudgetDeletion(close);
  const actions = (budget: BudgetView): MenuItem[] =>
    may
      ? [
          { label: words.change, onSelect: () => setChosen({ budget, open: "change" }) },
          "line",
          {
            label: words.delete,
            danger: true,
            onSelect: () => setChosen({ budget, open: "delete" }),
          },
        ]
      : [];
  const current =
    chosen &&
    (rows?.find(({ budget_id }) => budget_id === chosen.budget.budget_id) ?? chosen.budget);
  const dialogs = current && (
    <>
      <ChangeBudget
        budget={current}
        open={chosen.open === "change"}
        onClose={close}
        retry={retry}
      />
      <ConfirmDialog
        open={chosen.open === "delete"}
        onClose={close}
        title={words.deleteTitle}
        action={words.deleteAction}
        change={deletion}
        input={current.budget_id}
      >
        {words.deleteText}
      </ConfirmDialog>
    </>
  );
  return { actions, dialogs };
}
