import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { previewPlan } from "./preview.ts";
import { PlanPreview, PlanPreviewRequest, Simulation, SimulationRequest } from "./schema.ts";
import { simulate } from "./simulate.ts";

/** What a draft plan would charge; nothing is changed by asking. */
export function simulationOperations(context: Context): readonly Operation[] {
  const tag = "Plans";
  return [
    adminOperation(
      "POST",
      "/api/plans/preview",
      {
        operationId: "previewPlan",
        needs: "viewer",
        summary: "Preview a plan",
        description:
          "What rules that are not saved yet say in words, worked out in numbers, and what a made-up month would cost under them. By the functions that charge; changes nothing.",
        tag,
        body: PlanPreviewRequest,
        success: { description: "What it would charge.", schema: PlanPreview },
        problems: ["amount_invalid"],
      },
      ({ body }) => previewPlan(context, body),
    ),

    adminOperation(
      "POST",
      "/api/plans/simulate",
      {
        operationId: "simulatePlan",
        needs: "viewer",
        summary: "Charge a past span anew",
        description:
          "What the jobs of a past span would have been charged under rules that are not saved yet, per team, beside what they were. It charges what was done: work that the plan would have refused counts all the same. Refunds are left out on both sides. Reads 50,000 jobs or 500,000 calls at most and says up to where; changes nothing.",
        tag,
        body: SimulationRequest,
        success: { description: "Before and after.", schema: Simulation },
        problems: ["amount_invalid"],
      },
      ({ body }) =>
        simulate(context, {
          kind: body.kind,
          rules: body.rules,
          from: body.from,
          to: body.to,
          organizationId: body.organization_id,
          teamIds: body.team_ids,
        }),
    ),
  ];
}
