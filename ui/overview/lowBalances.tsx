import type { NoticeView } from "../../server/notices/schema.ts";
import { Badge } from "../base/badge.tsx";
import { Panel } from "../base/panel.tsx";
import { Failure, NotCurrent } from "../base/states.tsx";
import { type Column, RowLink, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { type Read, useRead } from "../query.ts";
import { useServerNow } from "../shell/status.ts";
import { overview } from "../strings/overview.ts";

const shown = 5;
const asked = 50;
const pollMs = 15_000;

/** The newest notice of each team whose wallet ran low. */
export function newestByTeam(notices: readonly NoticeView[]): NoticeView[] {
  const teams = new Set<string>();
  return notices.filter(({ kind, team_id: team }) => {
    if (team === null || teams.has(team)) return false;
    if (kind !== "wallet.low_balance" && kind !== "wallet.negative") return false;
    teams.add(team);
    return true;
  });
}

type Notices = Read<{ data: NoticeView[] }>;

/** Whatever stands below them waits for the answer: it would be moved by them. */
export function useLowBalances(): Notices & { known: boolean } {
  const read = useRead<{ data: NoticeView[] }>("/api/notices", {
    parameters: { limit: asked },
    pollMs,
  });
  return { ...read, known: read.data !== undefined || read.error !== undefined };
}

/** Teams that will soon be refused for want of credits; nothing while there are none. */
export function LowBalances({ read: { data, error, retry } }: { read: Notices }) {
  const nowMs = useServerNow();
  const rows = data && newestByTeam(data.data).slice(0, shown);
  // No news is good news, and takes no room.
  if (!error && !rows?.length) return null;
  return (
    <Panel title={overview.lowBalances} flush badge={error && data && <NotCurrent error={error} />}>
      {error && !data ? (
        <Failure title={overview.lowBalancesFailed} error={error} onRetry={retry} />
      ) : (
        <Table
          caption={overview.lowBalances}
          columns={columns(nowMs)}
          rows={rows}
          rowKey={(notice) => notice.notice_id}
          skeletonRows={3}
        />
      )}
    </Panel>
  );
}

function columns(nowMs: number): Column<NoticeView>[] {
  return [
    {
      head: overview.team,
      cell: ({ team_id: team, kind }) => (
        <div class="flex min-w-0 items-center gap-2">
          <RowLink href={`/teams/${encodeURIComponent(team ?? "")}`}>{team}</RowLink>
          {kind === "wallet.negative" ? (
            <Badge tone="bad">{overview.negative}</Badge>
          ) : (
            <Badge tone="warn">{overview.low}</Badge>
          )}
        </div>
      ),
    },
    {
      head: overview.available,
      width: "128px",
      number: true,
      cell: ({ payload }) => {
        const available = Number(payload["available"]);
        return <span class={available < 0 ? "text-bad" : ""}>{format.credits(available)}</span>;
      },
    },
    {
      head: overview.when,
      width: "88px",
      number: true,
      from: "small",
      cell: ({ created_at: at }) => (
        <span class="text-muted" title={format.utc(at)}>
          {format.ago(at, nowMs)}
        </span>
      ),
    },
  ];
}
