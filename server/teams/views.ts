import { toWalletView } from "../credits/entries.ts";
import { toLimits } from "../keys/limits.ts";
import type { TeamDetailView, TeamStatus, TeamView } from "./schema.ts";
import type { OwnedTeam, TeamRow } from "./store.ts";
import type { TeamDetail } from "./teams.ts";

/** The state that a team is in: a pause ends by itself. */
export function statusAt(team: TeamRow, nowMs: number): TeamStatus {
  const isOver = team.status === "paused" && team.pausedUntil && +team.pausedUntil <= nowMs;
  // The table's check constraint admits no other.
  return isOver ? "active" : (team.status as TeamStatus);
}

export function toTeamView(team: OwnedTeam, nowMs: number): TeamView {
  const status = statusAt(team, nowMs);
  return {
    team_id: team.id,
    organization_id: team.organizationId,
    name: team.name,
    status,
    status_reason: status === "active" ? null : team.statusReason,
    paused_until: status === "paused" ? (team.pausedUntil?.toISOString() ?? null) : null,
    organization_status: team.organizationStatus as TeamView["organization_status"],
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
