import type { Simulation } from "../../server/simulation/schema.ts";
import { Panel } from "../base/panel.tsx";
import { StatTiles } from "../base/stats.tsx";
import { type Column, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { plans } from "../strings/plans.ts";

type Team = Simulation["teams"][number];

/** Revenue and margin before and after, in sum and by team. */
export function SimulationResult({ result, stale }: { result: Simulation; stale: boolean }) {
  const { totals } = result;
  const moved = (name: "revenue_usd" | "margin_usd") => ({
    now: totals.after[name],
    before: totals.before[name],
  });
  return (
    <div class={`grid gap-4 ${stale ? "stale-rows" : ""}`} role="status">
      <StatTiles
        label={plans.result}
        stats={[
          { name: plans.jobs, value: format.count(totals.jobs) },
          { name: plans.cost, value: format.usd(totals.cost_usd) },
          {
            name: `${plans.revenue}, ${plans.before.toLowerCase()}`,
            value: format.usd(totals.before.revenue_usd),
            note: format.inCredits(totals.before.credits),
          },
          {
            name: `${plans.revenue}, ${plans.after.toLowerCase()}`,
            value: format.usd(totals.after.revenue_usd),
            change: moved("revenue_usd"),
            note: format.inCredits(totals.after.credits),
          },
          { name: plans.marginBefore, value: format.usd(totals.before.margin_usd) },
          {
            name: plans.marginAfter,
            value: format.usd(totals.after.margin_usd),
            change: moved("margin_usd"),
          },
        ]}
      />
      <Panel title={plans.result} flush>
        <div class="grid gap-1 px-4 py-3 text-12 text-muted">
          <p>{plans.atPrice(format.usd(result.credit_price_usd))}</p>
          {result.truncated && <p class="text-warn">{plans.truncated(format.moment(result.to))}</p>}
          {result.running_jobs > 0 && (
            <p>{plans.running(format.plural(result.running_jobs, "job"))}</p>
          )}
        </div>
        {result.teams.length === 0 ? (
          <p class="border-t border-line px-4 py-6 text-center text-muted">{plans.noJobs}</p>
        ) : (
          <div class="border-t border-line">
            <Table
              caption={plans.result}
              columns={columns}
              rows={result.teams}
              rowKey={(team) => team.team_id}
            />
          </div>
        )}
      </Panel>
    </div>
  );
}

const columns: Column<Team>[] = [
  {
    head: plans.team,
    cell: (team) => (
      <>
        <span class="block truncate font-medium">{team.name}</span>
        <span class="block truncate text-12 text-muted">{team.organization_name}</span>
      </>
    ),
  },
  {
    head: plans.jobs,
    width: "80px",
    number: true,
    from: "medium",
    cell: (team) => format.count(team.jobs),
  },
  {
    head: `${plans.revenue}, ${plans.before.toLowerCase()}`,
    width: "136px",
    number: true,
    from: "small",
    cell: (team) => format.usd(team.before.revenue_usd),
  },
  {
    head: `${plans.revenue}, ${plans.after.toLowerCase()}`,
    width: "124px",
    number: true,
    cell: (team) => format.usd(team.after.revenue_usd),
  },
  {
    head: plans.difference,
    width: "96px",
    number: true,
    from: "small",
    cell: (team) => format.change(team.after.revenue_usd, team.before.revenue_usd),
  },
  {
    head: plans.marginBefore,
    width: "128px",
    number: true,
    from: "large",
    cell: (team) => format.usd(team.before.margin_usd),
  },
  {
    head: plans.marginAfter,
    width: "116px",
    number: true,
    from: "medium",
    cell: (team) => (
      <span class={team.after.margin_usd < 0 ? "text-bad" : ""}>
        {format.usd(team.after.margin_usd)}
      </span>
    ),
  },
];
