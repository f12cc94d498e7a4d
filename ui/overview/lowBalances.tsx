import type { ListedTeamView } from "../../server/teams/schema.ts";
import { Badge } from "../base/badge.tsx";
import type { Page } from "../base/dataTable.tsx";
import { Panel } from "../base/panel.tsx";
import { Failure, NotCurrent } from "../base/states.tsx";
import { type Column, RowLink, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { type Read, useRead } from "../query.ts";
import { useServerNow } from "../shell/status.ts";
import { overview } from "../strings/overview.ts";

const shown = 5;
const pollMs = 15_000;

type LowTeams = Read<Page<ListedTeamView>>;

/** Whatever stands below them waits for the answer: it would be moved by them. */
export function useLowBalances(): LowTeams & { known: boolean } {
  const read: LowTeams = useRead("/api/teams", {
    parameters: { balance: "low", sort: "balance", limit: shown },
    pollMs,
  });
  return { ...read, known: read.data !== undefined || read.error !== undefined };
}

/** Teams that are refused, or soon will be, for want of credits; nothing while there are none. */
export function LowBalances({ read: { data, error, retry } }: { read: LowTeams }) {
  const nowMs = useServerNow();
  // No news is good news, and takes no room.
  if (!error && !data?.data.length) return null;
  return (
    <Panel
      title={overview.lowBalances}
      flush
      badge={error && data && <NotCurrent error={error} />}
      action={
        <a
          href="/teams?balance=low&sort=balance"
          class="focus-ring rounded text-12 font-medium text-accent hover:underline"
        >
          {overview.allLowBalances}
        </a>
      }
    >
      {error && !data ? (
        <Failure title={overview.lowBalancesFailed} error={error} onRetry={retry} />
      ) : (
        <Table
          caption={overview.lowBalances}
          columns={columns(nowMs)}
          rows={data?.data}
          rowKey={(team) => team.team_id}
          skeletonRows={3}
        />
      )}
    </Panel>
  );
}

function columns(nowMs: number): Column<ListedTeamView>[] {
  return [
    {
      head: overview.team,
      cell: ({ team_id: team, name, organization_name: organization, available }) => (
        <div class="flex min-w-0 items-center gap-2">
          <div class="min-w-0">
            <RowLink href={`/teams/${encodeURIComponent(team)}`}>{name}</RowLink>
            <span class="block truncate text-12 text-muted">{organization}</span>
          </div>
          {(available ?? 0) < 0 ? (
            <Badge tone="bad">{overview.negative}</Badge>
          ) : (
            <Badge tone="warn">{overview.low}</Badge>
          )}
        </div>
      ),
    },
    {
      head: overview.available,
      width: "144px",
      number: true,
      cell: ({ available }) => (
        <span class={(available ?? 0) < 0 ? "text-bad" : ""}>{format.credits(available ?? 0)}</span>
      ),
    },
    {
      head: overview.lastUsed,
      width: "104px",
      number: true,
      from: "small",
      cell: ({ last_used_at: at }) => (
        <span class="text-muted" title={at === null ? undefined : format.utc(at)}>
          {at === null ? overview.never : format.ago(at, nowMs)}
        </span>
      ),
    },
  ];
}
