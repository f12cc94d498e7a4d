import type { Status } from "../../server/admin/schema.ts";
import { Badge } from "../base/badge.tsx";
import { JobsIcon } from "../base/icons.tsx";
import { Panel } from "../base/panel.tsx";
import { Empty } from "../base/states.tsx";
import { type Column, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { useServerNow } from "../shell/status.ts";
import { childTones } from "./gatewayState.ts";
import { gateway } from "../strings/gateway.ts";

type Child = Status["gateway"]["children"][number];

function columns(nowMs: number): Column<Child>[] {
  return [
    {
      head: gateway.port,
      width: "68px",
      cell: (child) => <span class="font-mono text-12">{child.port}</span>,
    },
    {
      head: gateway.state,
      cell: (child) => <ChildState child={child} />,
    },
    {
      head: gateway.inFlightHead,
      width: "72px",
      number: true,
      cell: (child) => format.count(child.calls_in_flight),
    },
    {
      head: gateway.restarts,
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
      head: gateway.up,
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
          {gateway.lastExit} {child.last_exit}
        </span>
      )}
      <span class="mt-0.5 block text-11 leading-3.5 text-muted @lg:hidden">
        {format.plural(child.restarts, "restart")}
        {child.pid !== null && gateway.andPid(child.pid)}
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
      title={gateway.gatewayProcesses}
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
          title={gateway.noProcess}
          text={status?.gateway.mode === "external" ? gateway.noProcessOwn : gateway.noProcessYet}
        />
      ) : (
        <Table
          caption={gateway.gatewayProcesses}
          columns={columns(nowMs)}
          rows={children}
          rowKey={(child) => child.port}
          skeletonRows={2}
        />
      )}
    </Panel>
  );
}
