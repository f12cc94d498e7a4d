import type { TeamStatus } from "../../server/teams/schema.ts";
import { Badge, type Tone } from "../base/badge.tsx";
import * as format from "../format.ts";
import { tenants as words } from "../strings/tenants.ts";

const tones: Record<TeamStatus, Tone> = {
  active: "ok",
  suspended: "bad",
  paused: "warn",
  deleted: "idle",
};

interface State {
  status: TeamStatus;
  status_reason: string | null;
  paused_until: string | null;
}

/** What a tenant's state is, with why and until when in the title. */
export function StateBadge({ state }: { state: State }) {
  const until = state.paused_until && words.until(format.utc(state.paused_until));
  return (
    <span title={[state.status_reason, until].filter(Boolean).join(", ") || undefined}>
      <Badge tone={tones[state.status]}>{words.states[state.status]}</Badge>
    </span>
  );
}

interface StateOfTeam extends State {
  organization_status: TeamStatus;
  available?: number | null;
  low_balance?: boolean;
}

/** What keeps a team from working comes first: its own state, its organization's, then its wallet. */
export function TeamStateBadge({ team }: { team: StateOfTeam }) {
  if (team.status === "active" && team.organization_status !== "active") {
    return (
      <Badge tone={tones[team.organization_status]}>
        {words.ofOrganization(words.states[team.organization_status])}
      </Badge>
    );
  }
  if (team.status === "active" && typeof team.available === "number" && team.available < 0) {
    return <Badge tone="bad">{words.overdrawn}</Badge>;
  }
  if (team.status === "active" && team.low_balance) {
    return <Badge tone="warn">{words.lowBalance}</Badge>;
  }
  return <StateBadge state={team} />;
}
