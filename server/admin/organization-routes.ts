import type { Context } from "../context.ts";
import { adminOperation, Reply, type Operation } from "../http/operation.ts";
import { createOrganization, listOrganizations } from "../organizations/organizations.ts";
import {
  OrganizationCreate,
  OrganizationCreated,
  OrganizationList,
  type OrganizationView,
} from "../organizations/schema.ts";

const tag = "Organizations";

export function organizationOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "POST",
      "/api/organizations",
      {
        operationId: "createOrganization",
        summary: "Create an organization",
        description:
          "A customer. Its id is a slug, given or made from the name, and never changes.",
        tag,
        body: OrganizationCreate,
        success: { status: 201, description: "The organization.", schema: OrganizationCreated },
        problems: ["slug_taken"],
      },
      async ({ body }) => {
        const { organizationId } = await createOrganization(context, body);
        return new Reply({ organization_id: organizationId, name: body.name }, { status: 201 });
      },
    ),

    adminOperation(
      "GET",
      "/api/organizations",
      {
        operationId: "listOrganizations",
        summary: "List organizations",
        description: "By name, each with the number of its teams; at most 1,000.",
        tag,
        success: { description: "The organizations.", schema: OrganizationList },
      },
      async () => {
        const rows = await listOrganizations(context);
        const data = rows.map((row): OrganizationView => ({
          organization_id: row.id,
          name: row.name,
          // The table's check constraint admits no other.
          status: row.status as OrganizationView["status"],
          team_count: row.teamCount,
          created_at: row.createdAt.toISOString(),
        }));
        return { data };
      },
    ),
  ];
}
