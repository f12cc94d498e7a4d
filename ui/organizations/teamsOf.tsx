import type { OrganizationView } from "../../server/organizations/schema.ts";
import { FilterBar } from "../base/filterBar.tsx";
import { useListState } from "../base/listState.ts";
import { toPeriod } from "../base/period.ts";
import { StatTiles } from "../base/stats.tsx";
import * as format from "../format.ts";
import { useServerNow } from "../shell/status.ts";
import { organizations as words } from "../strings/organizations.ts";
import { tenants } from "../strings/tenants.ts";
import { TeamTable } from "../teams/teamTable.tsx";
import { useTeams } from "../teams/teams.ts";
import { useReport } from "../tenants/report.ts";
import { ofOrganization } from "../tenants/tenant.ts";

const statuses = Object.entries(tenants.states).map(([value, label]) => ({ value, label }));

/** What an organization comes to, and its teams. */
export function TeamsOf({ organization }: { organization: OrganizationView }) {
  const state = useListState({ filters: ["status"] });
  const read = useTeams({ ...state.parameters, organization_id: organization.organization_id });
  return (
    <div class="grid gap-4">
      <Figures organization={organization} />
      <div>
        <FilterBar
          state={state}
          search={words.teamSearch}
          filters={[{ name: "status", label: words.status, choices: statuses }]}
        />
        <TeamTable read={read} state={state} organization={false} create={null} />
      </div>
    </div>
  );
}

function Figures({ organization }: { organization: OrganizationView }) {
  const month = toPeriod({ period: "30d" }, useServerNow());
  const tenant = ofOrganization(organization);
  const now = useReport(tenant, month).data?.totals;
  const before = useReport(tenant, month.previous).data?.totals;
  const stat = (name: string, figure: "credits_charged" | "cost_usd" | "margin_usd") => ({
    name,
    value: now && (figure === "credits_charged" ? format.creditsShort : format.usd)(now[figure]),
    change: now && before ? { now: now[figure], before: before[figure] } : undefined,
  });
  return (
    <StatTiles
      label={words.figures}
      stats={[
        { name: words.stats.teams, value: format.count(organization.team_count) },
        {
          name: words.stats.balance,
          value: format.creditsShort(organization.balance),
          title: format.credits(organization.balance),
        },
        stat(words.stats.charged, "credits_charged"),
        stat(words.stats.cost, "cost_usd"),
        stat(words.stats.margin, "margin_usd"),
      ]}
    />
  );
}
