import type { OrganizationView, StatusHistory } from "../../server/organizations/schema.ts";
import type { TeamView } from "../../server/teams/schema.ts";
import type { Static } from "@sinclair/typebox";
import { at, patch, post, remove } from "../api.ts";
import { type Change, type Read, useChange, useRead } from "../query.ts";
import { tenants as words } from "../strings/tenants.ts";

/** What can be suspended, renamed, charged and looked at alike: an organization or a team. */
export interface Tenant {
  kind: "organization" | "team";
  id: string;
  name: string;
  /** Its address in the API. */
  path: string;
}

export const ofTeam = ({ team_id, name }: Pick<TeamView, "team_id" | "name">): Tenant => ({
  kind: "team",
  id: team_id,
  name,
  path: at`/api/teams/${team_id}`,
});

export const ofOrganization = ({
  organization_id,
  name,
}: Pick<OrganizationView, "organization_id" | "name">): Tenant => ({
  kind: "organization",
  id: organization_id,
  name,
  path: at`/api/organizations/${organization_id}`,
});

/** What any change of a tenant makes old: an organization's state and counts stand on its teams' pages too. */
export const tenantPaths = ["/api/teams", "/api/organizations", "/api/audit"];

export type StateAction = "suspend" | "pause" | "resume";

export interface StateInput {
  reason?: string;
  until?: string;
}

export function useStateChange(tenant: Tenant, action: StateAction, onDone: () => void) {
  return useChange({
    send: (input: StateInput, sending) => post(`${tenant.path}/${action}`, input, sending),
    refreshes: tenantPaths,
    done: words.stateDone[action](tenant.name),
    onDone,
  });
}

export function useDeletion(tenant: Tenant, onDone: () => void): Change<{ reason?: string }> {
  return useChange({
    send: (input: { reason?: string }, sending) => remove(tenant.path, input, sending),
    refreshes: tenantPaths,
    done: words.deleted(tenant.name),
    onDone,
  });
}

export interface RecordInput {
  name?: string;
  metadata?: Record<string, unknown>;
  version: number;
}

/** Name and metadata, made from a version: of two admins the second is told. */
export function useRecordChange(
  tenant: Tenant,
  done: (input: RecordInput) => string,
  onDone: () => void,
) {
  return useChange({
    send: (input: RecordInput, sending) => patch(tenant.path, input, sending),
    refreshes: tenantPaths,
    done: (_, input) => done(input),
    onDone,
  });
}

export function useHistory(tenant: Tenant): Read<Static<typeof StatusHistory>> {
  return useRead(`${tenant.path}/history`, { parameters: { limit: 50 } });
}
