import { toWalletView } from "../credits/entries.ts";
import { toLimits } from "../keys/limits.ts";
import { stateAt, statusAt } from "../organizations/state.ts";
import type { TeamDetailView, TeamStatus, TeamView } from "./schema.ts";
import type { OwnedTeam, TeamRow } from "./store.ts";
import type { TeamDetail } from "./teams.ts";

export function toTeamView(team: OwnedTeam, nowMs: number): TeamView {
  const { status, ...state } = stateAt(team, nowMs);
  const organization = {
    status: team.organizationStatus,
    pausedUntil: team.organizationPausedUntil,
  };
  return {
    team_id: team.id,
    organization_id: team.organizationId,
    name: team.name,
    // The tables' check constraints admit no other.
    status: status as TeamStatus,
    ...state,
    organization_status: statusAt(organization, nowMs) as TeamView["organization_status"],
    default_alias: team.defaultAlias,
    created_at: team.createdAt.toISOString(),
    updated_at: team.updatedAt.toISOString(),
    version: team.version,
  };
}

export function toTeamDetailView(detail: TeamDetail, nowMs: number): TeamDetailView {
  const { team } = detail;
  return {
    ...toTeamView(team, nowMs),
    job_type_aliases: team.jobTypeAliases,
    limits: toLimits(team.limits),
    metadata: team.metadata,
    groups: detail.groups,
    wallet: toWalletView(detail.wallet),
    keys: detail.keys,
  };
}

/** What the audit log tells of a team. */
export const auditState = (team: TeamRow) => ({
  name: team.name,
  status: team.status,
  status_reason: team.statusReason,
  paused_until: team.pausedUntil?.toISOString() ?? null,
  default_alias: team.defaultAlias,
  job_type_aliases: team.jobTypeAliases,
  limits: toLimits(team.limits),
  metadata: team.metadata,
});

/** Whose audit entry it is. */
export const subjectOf = (team: { id: string; organizationId: string }) => ({
  subject: { kind: "team", id: team.id },
  organizationId: team.organizationId,
  teamId: team.id,
});
