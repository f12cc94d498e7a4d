import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import { makeOnce } from "../config-change.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { listStatusChanges } from "../organizations/history.ts";
import {
  changeOrganization,
  createOrganization,
  listOrganizations,
  readOrganization,
} from "../organizations/organizations.ts";
import {
  DeleteQuery,
  OrganizationChange,
  OrganizationCreate,
  OrganizationCreated,
  OrganizationList,
  OrganizationQuery,
  OrganizationView,
  PageQuery,
  Pause,
  StatusHistory,
  StatusReason,
} from "../organizations/schema.ts";
import {
  deleteOrganization,
  pauseOrganization,
  resumeOrganization,
  suspendOrganization,
} from "../organizations/status.ts";

const tag = "Organizations";
const params = {
  organization_id: Type.String({
    description: "Id of an organization.",
    examples: ["aperture-freight"],
  }),
};
const organization = { description: "The organization.", schema: OrganizationView };

export function organizationOperations(context: Context): readonly Operation[] {
  return [...recordOperations(context), ...stateOperations(context)];
}

function recordOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/organizations",
      {
        operationId: "createOrganization",
        needs: "admin",
        summary: "Create an organization",
        description:
          "A customer. Its id is a slug, given or made from the name, and never changes.",
        tag,
        body: OrganizationCreate,
        idempotent: true,
        success: { status: 201, description: "The organization.", schema: OrganizationCreated },
        problems: ["slug_taken"],
      },
      (input) =>
        makeOnce(context, input, async (within) => {
          const { body } = input;
          const author = authorOf(input);
          const { organizationId } = await createOrganization(within, { ...body, author });
          return { organization_id: organizationId, name: body.name };
        }),
    ),

    adminOperation(
      "GET",
      "/api/organizations",
      {
        operationId: "listOrganizations",
        needs: "viewer",
        summary: "List organizations",
        description: "By name unless sorted otherwise, each with the number of its teams.",
        tag,
        query: OrganizationQuery,
        success: { description: "A page of organizations.", schema: OrganizationList },
      },
      ({ query }) => listOrganizations(context, query),
    ),

    adminOperation(
      "GET",
      "/api/organizations/:organization_id",
      {
        operationId: "getOrganization",
        needs: "viewer",
        summary: "Get an organization",
        description: "A deleted one is not found; the list shows it with `status=deleted`.",
        tag,
        params,
        success: organization,
        problems: ["not_found"],
      },
      ({ params: { organization_id } }) => readOrganization(context, organization_id),
    ),

    adminOperation(
      "PATCH",
      "/api/organizations/:organization_id",
      {
        operationId: "changeOrganization",
        needs: "admin",
        summary: "Change an organization",
        description: "What is left out stays.",
        tag,
        params,
        body: OrganizationChange,
        success: organization,
        problems: ["not_found", "version_conflict"],
      },
      (input) =>
        changeOrganization(context, authorOf(input), {
          ...input.body,
          organizationId: input.params.organization_id,
        }),
    ),
  ];
}

function stateOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/organizations/:organization_id/suspend",
      {
        operationId: "suspendOrganization",
        needs: "billing or support",
        summary: "Suspend an organization",
        description:
          "Within a second every request of all its teams is refused with `team_suspended`, and their streams are cut and settled. JSON calls that run are let finish.",
        tag,
        params,
        body: StatusReason,
        success: organization,
        problems: ["not_found"],
      },
      (input) =>
        suspendOrganization(context, authorOf(input), {
          ...input.body,
          organizationId: input.params.organization_id,
        }),
    ),

    adminOperation(
      "POST",
      "/api/organizations/:organization_id/pause",
      {
        operationId: "pauseOrganization",
        needs: "billing or support",
        summary: "Pause an organization",
        description:
          "Within a second new jobs and calls of all its teams are refused with `team_paused`; reads, the end of jobs and calls that run go on. It ends by itself at `until`.",
        tag,
        params,
        body: Pause,
        success: organization,
        problems: ["not_found", "state_conflict"],
      },
      (input) => {
        const { until, reason } = input.body;
        return pauseOrganization(context, authorOf(input), {
          organizationId: input.params.organization_id,
          reason,
          until: until === undefined ? undefined : new Date(until),
        });
      },
    ),

    adminOperation(
      "POST",
      "/api/organizations/:organization_id/resume",
      {
        operationId: "resumeOrganization",
        needs: "billing or support",
        summary: "Resume an organization",
        description:
          "Lifts its suspension or pause. A team that is suspended or paused itself stays as it is.",
        tag,
        params,
        body: StatusReason,
        success: organization,
        problems: ["not_found"],
      },
      (input) =>
        resumeOrganization(context, authorOf(input), {
          ...input.body,
          organizationId: input.params.organization_id,
        }),
    ),

    adminOperation(
      "DELETE",
      "/api/organizations/:organization_id",
      {
        operationId: "deleteOrganization",
        needs: "admin",
        summary: "Delete an organization",
        description:
          "With its teams, whose keys stop working. Its id stays taken, and jobs, calls and ledger are kept. Refused while credits are held for work that runs.",
        tag,
        params,
        query: DeleteQuery,
        success: organization,
        problems: ["not_found", "holds_open"],
      },
      (input) =>
        deleteOrganization(context, authorOf(input), {
          ...input.query,
          organizationId: input.params.organization_id,
        }),
    ),

    adminOperation(
      "GET",
      "/api/organizations/:organization_id/history",
      {
        operationId: "getOrganizationHistory",
        needs: "viewer",
        summary: "List changes of an organization's state",
        description: "Newest first, with who and why. Its teams have histories of their own.",
        tag,
        params,
        query: PageQuery,
        success: { description: "A page of changes.", schema: StatusHistory },
        problems: ["not_found"],
      },
      async ({ params: { organization_id }, query }) => {
        await readOrganization(context, organization_id);
        const owner = { organizationId: organization_id, teamId: null };
        return listStatusChanges(context, owner, query);
      },
    ),
  ];
}
