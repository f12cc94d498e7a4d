import { toWalletView } from "../credits/entries.ts";
import type { KeyView } from "../keys/schema.ts";
import type { TeamDetailView, TeamView } from "../teams/schema.ts";
import type { TeamDetail } from "../teams/teams.ts";

export function toTeamView(team: TeamDetail["team"]): TeamView {
  return {
    team_id: team.id,
    organization_id: team.organizationId,
    name: team.name,
    // The table's check constraint admits no other.
    status: team.status as TeamView["status"],
    created_at: team.createdAt.toISOString(),
  };
}

export function toTeamDetailView(detail: TeamDetail): TeamDetailView {
  return {
    ...toTeamView(detail.team),
    default_alias: detail.team.defaultAlias,
    groups: detail.groups,
    wallet: toWalletView(detail.wallet),
    keys: detail.keys.map(toKeyView),
  };
}

function toKeyView(key: TeamDetail["keys"][number]): KeyView {
  return {
    key_id: key.id,
    name: key.name,
    last_four: key.lastFour,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  };
}
