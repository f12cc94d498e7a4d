import type { Static } from "@sinclair/typebox";
import type {
  OrganizationCreate,
  OrganizationCreated,
  OrganizationView,
} from "../../server/organizations/schema.ts";
import { at, type Parameters, post } from "../api.ts";
import type { Page } from "../base/dataTable.tsx";
import { type Read, useChange, useRead } from "../query.ts";
import { organizations as words } from "../strings/organizations.ts";
import { tenantPaths } from "../tenants/tenant.ts";

const pollMs = 15_000;

export function useOrganizations(parameters: Parameters): Read<Page<OrganizationView>> {
  return useRead("/api/organizations", { parameters: { limit: 50, ...parameters }, pollMs });
}

export function useOrganization(organizationId: string): Read<OrganizationView> {
  return useRead(at`/api/organizations/${organizationId}`, { pollMs });
}

export function useOrganizationCreation(
  onDone: (created: Static<typeof OrganizationCreated>) => void,
) {
  return useChange({
    send: (input: Static<typeof OrganizationCreate>, sending) =>
      post<Static<typeof OrganizationCreated>>("/api/organizations", input, sending),
    refreshes: tenantPaths,
    done: (_, { name }) => words.created(name),
    onDone,
  });
}
