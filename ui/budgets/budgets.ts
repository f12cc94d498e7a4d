import type { Static } from "@sinclair/typebox";
import type { BudgetChange, BudgetCreate, BudgetView } from "../../server/budgets/schema.ts";
import { at, type Parameters, patch, post, remove } from "../api.ts";
import type { Page } from "../base/dataTable.tsx";
import { type Read, useChange, useRead } from "../query.ts";
import { budgets as words } from "../strings/budgets.ts";

const pollMs = 15_000;
const refreshes = ["/api/budgets", "/api/audit"];

export function useBudgets(parameters: Parameters): Read<Page<BudgetView>> {
  return useRead("/api/budgets", { parameters: { limit: 50, ...parameters }, pollMs });
}

export function useBudgetCreation(onDone: () => void) {
  return useChange({
    send: (input: Static<typeof BudgetCreate>, sending) => post("/api/budgets", input, sending),
    refreshes,
    done: words.created,
    onDone,
  });
}

export function useBudgetChange(budgetId: string, onDone: () => void) {
  return useChange({
    send: (input: Static<typeof BudgetChange>, sending) =>
      patch(at`/api/budgets/${budgetId}`, input, sending),
    refreshes,
    done: words.changed,
    onDone,
  });
}

export function useBudgetDeletion(onDone: () => void) {
  return useChange({
    send: (budgetId: string, sending) => remove(at`/api/budgets/${budgetId}`, {}, sending),
    refreshes,
    done: words.deleted,
    onDone,
  });
}
