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
      cell: (child) => <ChildState child={child} />,
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
      head: "PID",
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
            ? format.uptime(nowMs - Date.parse(child.started_at))
            : "—"}
        </span>
      ),
    },
  ];
}

/** The state, how the process ended last, and on narrow screens what the dropped columns would say. */
function ChildState({ child }: { child: Child }) {
  return (
    <>
      <Badge tone={childTones[child.state]}>{format.label(child.state)}</Badge>
      {child.last_exit && (
        <span class="mt-0.5 block truncate text-11 leading-3.5 text-muted">
          Last exit: {child.last_exit}
        </span>
      )}
      <span class="mt-0.5 block text-11 leading-3.5 text-muted @lg:hidden">
        {format.plural(child.restarts, "restart")}
        {child.pid !== null && `, PID ${child.pid}`}
      </span>
    </>
  );
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
