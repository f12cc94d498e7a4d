import { useLocation } from "preact-iso";
import type { TeamDetailView } from "../../server/teams/schema.ts";
import { Segmented } from "../base/choices.tsx";
import { changedAddress } from "../base/listState.ts";
import { toPeriod } from "../base/period.ts";
import { useServerNow } from "../shell/status.ts";
import { teams as words } from "../strings/teams.ts";
import { tenants } from "../strings/tenants.ts";
import { ChargeChart } from "../tenants/chargeChart.tsx";
import { useReport } from "../tenants/report.ts";
import { ofTeam } from "../tenants/tenant.ts";
import { KeyPanel } from "./keys/keyPanel.tsx";
import { WalletPanel } from "./wallet/walletPanel.tsx";

const spans = [7, 30] as const;

/** What an admin opens a team for: can it spend, what did it spend, and with which keys. */
export function TeamOverview({ team }: { team: TeamDetailView }) {
  const { url, query, route } = useLocation();
  const nowMs = useServerNow();
  const month = toPeriod({ period: "30d" }, nowMs);
  const shown = toPeriod({ period: query["period"] === "7d" ? "7d" : "30d" }, nowMs);
  const charged = useReport(ofTeam(team), month).data?.totals.credits_charged;
  return (
    <div class="grid gap-4">
      <div class="grid gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]">
        <WalletPanel
          teamId={team.team_id}
          chargedPerDay={charged === undefined ? undefined : charged / month.days}
        />
        <ChargeChart
          tenant={ofTeam(team)}
          period={shown}
          title={words.chargesByDay}
          action={
            <Segmented
              size="small"
              label={words.span}
              value={String(shown.days)}
              onChange={(days) =>
                route(changedAddress(url, { period: days === "7" ? "7d" : undefined }))
              }
              choices={spans.map((days) => ({ value: String(days), label: tenants.days(days) }))}
            />
          }
        />
      </div>
      <KeyPanel teamId={team.team_id} />
    </div>
  );
}
