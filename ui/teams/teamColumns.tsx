import type { ListedTeamView } from "../../server/teams/schema.ts";
import { Sparkline } from "../base/chart/sparkline.tsx";
import type { DataColumn } from "../base/dataTable.tsx";
import { RowLink } from "../base/table.tsx";
import * as format from "../format.ts";
import { teams as words } from "../strings/teams.ts";
import { TeamStateBadge } from "../tenants/stateBadge.tsx";

const sparklineDays = 14;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** What a list of teams shows; on an organization's own page its name would only repeat. */
export function teamColumns(
  nowMs: number,
  options: { organization: boolean },
): DataColumn<ListedTeamView>[] {
  const heads = words.columns;
  const columns: DataColumn<ListedTeamView>[] = [
    {
      head: heads.team,
      sort: "name",
      cell: (team) => <TeamName team={team} {...options} />,
    },
    {
      head: heads.status,
      width: "176px",
      from: "small",
      cell: (team) => <TeamStateBadge team={team} />,
    },
    {
      head: heads.balance,
      width: "116px",
      number: true,
      sort: "balance",
      cell: (team) => <Credits value={team.balance} />,
    },
    {
      head: heads.available,
      width: "116px",
      number: true,
      from: "large",
      extra: true,
      cell: (team) =>
        team.available === null ? words.unlimited : <Credits value={team.available} />,
    },
    {
      head: heads.charged,
      width: "124px",
      number: true,
      from: "medium",
      cell: (team) => <Credits value={sum(team.charged_by_day)} />,
    },
    {
      head: heads.daily,
      width: "104px",
      from: "large",
      cell: ({ charged_by_day }) => {
        const shown = charged_by_day.slice(-sparklineDays);
        return (
          <Sparkline
            values={shown}
            label={words.dailyLabel(format.inCredits(sum(shown), format.creditsShort))}
          />
        );
      },
    },
    {
      head: heads.lastUsed,
      width: "104px",
      number: true,
      from: "medium",
      cell: (team) => <Time at={team.last_used_at} nowMs={nowMs} />,
    },
    {
      head: heads.created,
      width: "112px",
      number: true,
      from: "large",
      extra: true,
      sort: "created_at",
      cell: (team) => <Time at={team.created_at} nowMs={nowMs} />,
    },
    {
      head: heads.id,
      width: "140px",
      from: "large",
      extra: true,
      cell: (team) => <code class="block truncate font-mono text-12">{team.team_id}</code>,
    },
  ];
  if (options.organization) {
    columns.splice(1, 0, {
      head: heads.organization,
      width: "18%",
      from: "medium",
      cell: (team) => <span class="block truncate text-ink-2">{team.organization_name}</span>,
    });
  }
  return columns;
}

/** On a phone a row keeps a state worth a look. */
function TeamName({ team, organization }: { team: ListedTeamView; organization: boolean }) {
  const ordinary =
    team.status === "active" &&
    team.organization_status === "active" &&
    !team.low_balance &&
    (team.available ?? 0) >= 0;
  return (
    <div class="min-w-0">
      <RowLink href={`/teams/${team.team_id}`}>{team.name}</RowLink>
      {organization && (
        <span class="block truncate text-12 text-muted @2xl:hidden">{team.organization_name}</span>
      )}
      {!ordinary && (
        <span class="mt-0.5 block @lg:hidden">
          <TeamStateBadge team={team} />
        </span>
      )}
    </div>
  );
}

function Credits({ value }: { value: number }) {
  return (
    <span title={format.credits(value)} class={value < 0 ? "text-bad" : ""}>
      {format.creditsShort(value)}
    </span>
  );
}

function Time({ at, nowMs }: { at: string | null; nowMs: number }) {
  if (at === null) return <span class="text-muted">{words.never}</span>;
  return (
    <span class="text-muted" title={format.utc(at)}>
      {format.ago(at, nowMs)}
    </span>
  );
}
