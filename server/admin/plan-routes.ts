import { type Static, Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import { makeOnce } from "../config-change.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation, type OperationInput } from "../http/operation.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { assignPlan, type PlanSubject, readAssignedPlan } from "../pricing/assignments.ts";
import { listPlans, readPlan, toAssignedPlanView } from "../pricing/listing.ts";
import { changePlan, createPlan, createPlanVersion } from "../pricing/plans.ts";
import {
  AssignedPlanView,
  PlanAssign,
  PlanChange,
  PlanCreate,
  PlanDetailView,
  PlanVersionCreate,
  PlanView,
} from "../pricing/schema.ts";
import { assignedPlanExample, planExample } from "./plan-examples.ts";
import type { AdminPrincipal } from "../accounts/principal.ts";

const tag = "Plans";
const params = { plan_id: Type.String({ description: "Id of a plan.", examples: ["volume"] }) };
const detail = {
  schema: PlanDetailView,
  example: { ...planExample, versions: [planExample.in_force] },
};

/** Plans, their versions, and who goes by which. */
export function planOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/plans",
      {
        operationId: "createPlan",
        needs: "billing",
        summary: "Create a plan",
        description:
          "With its first version. Nobody goes by it until it is assigned. Charged are jobs at their end (`flat`, `tiered`, `subscription`) or their calls one by one (`markup`, `per_token`).",
        tag,
        body: PlanCreate,
        idempotent: true,
        success: { status: 201, description: "The plan.", ...detail },
        problems: ["slug_taken", "amount_invalid"],
      },
      (input) =>
        makeOnce(context, input, async (within) => {
          const { planId } = await createPlan(within, authorOf(input), input.body);
          return readPlan(within, planId);
        }),
    ),

    adminOperation(
      "GET",
      "/api/plans",
      {
        operationId: "listPlans",
        needs: "viewer",
        summary: "List plans",
        description: "By id, each with the version in force, those to come, and who has it.",
        tag,
        query: Type.Object(
          {
            status: Type.Optional(
              Type.Union([Type.Literal("active"), Type.Literal("archived")], {
                description: "Only plans of this status.",
              }),
            ),
            ...pageQuery,
          },
          { additionalProperties: false },
        ),
        success: { description: "A page of plans.", schema: pageOf(PlanView, [planExample]) },
      },
      ({ query }) => listPlans(context, query),
    ),

    adminOperation(
      "GET",
      "/api/plans/:plan_id",
      {
        operationId: "getPlan",
        needs: "viewer",
        summary: "Get a plan",
        description: "With all its versions, in words and worked out in numbers.",
        tag,
        params,
        success: { description: "The plan.", ...detail },
        problems: ["not_found"],
      },
      ({ params: { plan_id } }) => readPlan(context, plan_id),
    ),

    adminOperation(
      "PATCH",
      "/api/plans/:plan_id",
      {
        operationId: "changePlan",
        needs: "billing",
        summary: "Rename or archive a plan",
        description:
          "What it charges changes by a new version. A plan that somebody has, now or from a later date on, cannot be archived.",
        tag,
        params,
        body: PlanChange,
        success: { description: "The plan.", ...detail },
        problems: ["not_found", "version_conflict", "plan_in_use"],
      },
      async (input) => {
        const planId = input.params.plan_id;
        await changePlan(context, authorOf(input), { planId, ...input.body });
        return readPlan(context, planId);
      },
    ),

    adminOperation(
      "POST",
      "/api/plans/:plan_id/versions",
      {
        operationId: "createPlanVersion",
        needs: "billing",
        summary: "Change what a plan charges",
        description:
          "Jobs keep the version that they were created under. A new version counts for new jobs at once, but from or to `tiered` and `subscription` from the start of the next period on; of a plan that nobody has, always at once.",
        tag,
        params,
        body: PlanVersionCreate,
        idempotent: true,
        success: { status: 201, description: "The plan.", ...detail },
        problems: ["not_found", "version_conflict", "amount_invalid"],
      },
      (input) =>
        makeOnce(context, input, async (within) => {
          const planId = input.params.plan_id;
          await createPlanVersion(within, authorOf(input), { planId, ...input.body });
          return readPlan(within, planId);
        }),
    ),

    ...assignmentOperations(context, {
      path: "/api/teams/:team_id/plan",
      of: "a team",
      name: "Team",
      params: { team_id: Type.String({ description: "Id of a team.", examples: ["routing"] }) },
      subject: (given) => ({ kind: "team", id: given.team_id }),
    }),
    ...assignmentOperations(context, {
      path: "/api/organizations/:organization_id/plan",
      of: "an organization",
      name: "Organization",
      params: {
        organization_id: Type.String({
          description: "Id of an organization.",
          examples: ["aperture-freight"],
        }),
      },
      subject: (given) => ({ kind: "organization", id: given.organization_id }),
    }),
    ...assignmentOperations(context, {
      path: "/api/settings/plan",
      of: "the platform",
      name: "Platform",
      params: {},
      subject: () => ({ kind: "platform" }),
    }),
  ];
}

type AssignmentPath =
  | "/api/teams/:team_id/plan"
  | "/api/organizations/:organization_id/plan"
  | "/api/settings/plan";

type Input<Path extends string> = OperationInput<
  AdminPrincipal,
  Path,
  Static<typeof PlanAssign>,
  unknown
>;

/** Reading and assigning a plan, the same for whoever can have one. */
function assignmentOperations<const Path extends AssignmentPath>(
  context: Context,
  subject: {
    path: Path;
    of: string;
    name: string;
    params: Record<keyof Input<Path>["params"], ReturnType<typeof Type.String>>;
    subject: (params: Input<Path>["params"]) => PlanSubject;
  },
): readonly Operation[] {
  const success = {
    description: "What counts now, and own choices.",
    schema: AssignedPlanView,
    example: assignedPlanExample,
  };
  const own = { params: subject.params, tag } as const;
  const read = async (params: Input<Path>["params"]) =>
    toAssignedPlanView(context, await readAssignedPlan(context, subject.subject(params)));
  return [
    adminOperation(
      "GET",
      subject.path,
      {
        operationId: `get${subject.name}Plan`,
        needs: "viewer",
        summary: `Get the plan of ${subject.of}`,
        description:
          "The plan that counts now and whose choice it is: the team's own, else its organization's, else the platform's.",
        success,
        problems: ["not_found"],
        ...own,
      },
      ({ params }) => read(params),
    ),
    adminOperation(
      "PUT",
      subject.path,
      {
        operationId: `assign${subject.name}Plan`,
        needs: "billing",
        summary: `Assign a plan to ${subject.of}`,
        description:
          "From a date on, in place of what was planned from then on. From or to a plan that counts by period (`tiered`, `subscription`) the change takes effect at the start of the next period; at once when it is asked for now and no job has been created in the running one.",
        body: PlanAssign,
        success,
        problems: ["not_found", "version_conflict"],
        ...own,
      },
      async (input) => {
        const { plan_id: planId, from, reason, version } = input.body;
        await assignPlan(context, authorOf(input), {
          subject: subject.subject(input.params),
          planId,
          from: from === undefined ? undefined : new Date(from),
          reason,
          version,
        });
        return read(input.params);
      },
    ),
  ];
}
