import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import {
  changeBudget,
  createBudget,
  deleteBudget,
  listBudgets,
  readBudget,
} from "../budgets/budgets.ts";
import {
  BudgetChange,
  BudgetCreate,
  BudgetPage,
  BudgetQuery,
  BudgetView,
} from "../budgets/schema.ts";
import { makeOnce } from "../config-change.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";

const tag = "Budgets";
const params = {
  budget_id: Type.String({
    description: "Id of a budget.",
    examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  }),
};

/** Caps on provider cost. */
export function budgetOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/budgets",
      {
        operationId: "createBudget",
        needs: "billing",
        summary: "Create a budget",
        description:
          "Caps the provider cost of an organization, team, key or alias. It counts from the start of its present period: what that has cost so far is in it at once, calls under way with what they may cost at most until they have ended.",
        tag,
        body: BudgetCreate,
        idempotent: true,
        success: { status: 201, description: "The budget.", schema: BudgetView },
        problems: ["not_found", "budget_exists", "amount_invalid"],
      },
      (input) =>
        makeOnce(context, input, (within) => {
          const { body } = input;
          return createBudget(
            within,
            {
              scope: body.scope,
              subjectId: body.subject_id,
              hard: body.kind === "hard",
              period: body.period,
              limitUsd: body.limit_usd,
              alertPercents: body.alert_percents,
            },
            authorOf(input),
          );
        }),
    ),

    adminOperation(
      "GET",
      "/api/budgets",
      {
        operationId: "listBudgets",
        needs: "viewer",
        summary: "List budgets",
        description: "Newest first, each with what its present period has spent and held.",
        tag,
        query: BudgetQuery,
        success: { description: "A page of budgets.", schema: BudgetPage },
      },
      ({ query }) => listBudgets(context, query),
    ),

    adminOperation(
      "GET",
      "/api/budgets/:budget_id",
      {
        operationId: "getBudget",
        needs: "viewer",
        summary: "Get a budget",
        description: "With what its present period has spent and held.",
        tag,
        params,
        success: { description: "The budget.", schema: BudgetView },
        problems: ["not_found"],
      },
      ({ params: { budget_id } }) => readBudget(context, budget_id),
    ),

    adminOperation(
      "PATCH",
      "/api/budgets/:budget_id",
      {
        operationId: "changeBudget",
        needs: "billing",
        summary: "Change a budget",
        description:
          "Its limit or alerts, from the next call on. Subject, kind and period never change: make another budget.",
        tag,
        params,
        body: BudgetChange,
        success: { description: "The budget.", schema: BudgetView },
        problems: ["not_found", "version_conflict", "amount_invalid"],
      },
      (input) =>
        changeBudget(
          context,
          input.params.budget_id,
          {
            version: input.body.version,
            limitUsd: input.body.limit_usd,
            alertPercents: input.body.alert_percents,
          },
          authorOf(input),
        ),
    ),

    adminOperation(
      "DELETE",
      "/api/budgets/:budget_id",
      {
        operationId: "deleteBudget",
        needs: "billing",
        summary: "Delete a budget",
        description: "No call is held in it or refused by it any more.",
        tag,
        params,
        success: { status: 204, description: "It is gone." },
        problems: ["not_found"],
      },
      async (input) => {
        await deleteBudget(context, input.params.budget_id, authorOf(input));
        return new Response(null, { status: 204 });
      },
    ),
  ];
}
