import type { Static } from "@sinclair/typebox";
import type { GroupView } from "../../server/models/group-schema.ts";
import type {
  ListedTeamView,
  TeamAccess,
  TeamAccessChange,
  TeamChange,
  TeamCreate,
  TeamCreated,
  TeamDetailView,
} from "../../server/teams/schema.ts";
import { at, patch, type Parameters, post, put } from "../api.ts";
import type { Page } from "../base/dataTable.tsx";
import { type Read, useChange, useRead } from "../query.ts";
import { teams as words } from "../strings/teams.ts";
import { tenantPaths } from "../tenants/tenant.ts";

const pollMs = 15_000;

export function useTeams(parameters: Parameters): Read<Page<ListedTeamView>> {
  return useRead("/api/teams", { parameters: { limit: 50, ...parameters }, pollMs });
}

export function useTeam(teamId: string): Read<TeamDetailView> {
  return useRead(at`/api/teams/${teamId}`, { pollMs });
}

export function useTeamAccess(teamId: string): Read<TeamAccess> {
  return useRead(at`/api/teams/${teamId}/access`);
}

/** All groups of models; there are few. */
export function useGroups(): Read<Page<GroupView>> {
  return useRead("/api/groups", { parameters: { limit: 200 } });
}

export function useTeamCreation(onDone: (created: Static<typeof TeamCreated>) => void) {
  return useChange({
    send: (input: Static<typeof TeamCreate>, sending) =>
      post<Static<typeof TeamCreated>>("/api/teams", input, sending),
    refreshes: tenantPaths,
    done: (_, { name }) => words.created(name),
    onDone,
  });
}

export function useTeamChange(teamId: string, done: string, onDone: () => void) {
  return useChange({
    send: (input: TeamChange, sending) => patch(at`/api/teams/${teamId}`, input, sending),
    refreshes: tenantPaths,
    done,
    onDone,
  });
}

export function useAccessChange(teamId: string, onDone: () => void) {
  return useChange({
    send: (input: TeamAccessChange, sending) =>
      put(at`/api/teams/${teamId}/access`, input, sending),
    refreshes: tenantPaths,
    done: words.accessSaved,
    onDone,
  });
}
