import type { Status } from "../../server/admin/schema.ts";
import { Badge } from "../base/badge.tsx";
import { JobsIcon } from "../base/icons.tsx";
import { Panel } from "../base/panel.tsx";
import { Empty } from "../base/states.tsx";
import { type Column, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { useServerNow } from "../shell/status.ts";
import { childTones } from "./gatewayState.ts";

type Child = Status["gateway"]["children"][number];

function columns(nowMs: number): Column<Child>[] {
  return [
    {
      head: "Port",
      width: "68px",
      cell: (child) => <span class="font-mono text-12">{child.port}</span>,
    },
    {
      head: "State",
      cell: (child) => (
        <span title={child.last_exit ? `Last exit: ${child.last_exit}` : undefined}>
          <Badge tone={childTones[child.state]}>{format.label(child.state)}</Badge>
        </span>
      ),
    },
    {
      head: "In flight",
      width: "72px",
      number: true,
      cell: (child) => format.count(child.calls_in_flight),
    },
    {
      head: "Restarts",
      width: "76px",
      number: true,
      from: "small",
      cell: (child) => format.count(child.restarts),
    },
    {
      head: "Process",
      width: "92px",
      number: true,
      from: "small",
      cell: (child) => <span class="font-mono text-12 text-muted">{child.pid ?? "—"}</span>,
    },
    {
      head: "Up",
      width: "88px",
      number: true,
      cell: (child) => (
        <span
          class="text-muted"
          title={child.started_at ? format.utc(child.started_at) : undefined}
        >
          {child.started_at && child.state !== "exited"
            ? format.duration(nowMs - Date.parse(child.started_at))
            : "—"}
        </span>
      ),
    },
  ];
}

/** The LiteLLM processes of the pool. An external gateway has none of ours. */
export function ProcessesPanel({ status }: { status: Status | undefined }) {
  const nowMs = useServerNow();
  const children = status?.gateway.children;
  return (
    <Panel
      title="Gateway processes"
      flush
      badge={
        children && (
          <span class="text-12 text-muted tabular-nums">{format.count(children.length)}</span>
        )
      }
    >
      {children?.length === 0 ? (
        <Empty
          icon={<JobsIcon />}
          title="No process runs"
          text={
            status?.gateway.mode === "external"
              ? "The gateway is a LiteLLM of your own; its processes are not ours to show."
              : "LiteLLM's processes appear here as soon as it starts."
          }
        />
      ) : (
        <Table
          caption="Gateway processes"
          columns={columns(nowMs)}
          rows={children}
          rowKey={(child) => child.port}
          skeletonRows={2}
        />
      )}
    </Panel>
  );
}
