import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { FoundCallView } from "../../server/calls/schema.ts";
import { Flag } from "../base/badge.tsx";
import { Menu, type MenuItem } from "../base/menu.tsx";
import { type Column, RowControls, RowLink, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { CallState } from "../jobs/jobState.tsx";
import { support, useCan } from "../session/permission.ts";
import { useServerNow } from "../shell/status.ts";
import { TenantLink } from "../tenants/tenantLink.tsx";
import { live } from "../strings/live.ts";

const tickMs = 500;

/** Draws again twice a second, so that the durations of running calls move. */
function useTick(): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), tickMs);
    return () => clearInterval(timer);
  }, []);
}

export function LiveTable({
  calls,
  onCancel,
}: {
  calls: readonly FoundCallView[];
  onCancel: (call: FoundCallView) => void;
}) {
  useTick();
  const nowMs = useServerNow();
  const { route } = useLocation();
  const mayCancel = useCan()(support);
  const actions = (call: FoundCallView): MenuItem[] => [
    { label: live.openJob, onSelect: () => route(`/jobs/${call.job_id}`) },
    // The gateway runs a plain call to its end, whatever is asked of it.
    ...(mayCancel && call.status === "in_flight" && call.stream
      ? (["line", { label: live.cancel, danger: true, onSelect: () => onCancel(call) }] as const)
      : []),
  ];
  return (
    <Table
      caption={live.caption}
      columns={columns(nowMs, actions)}
      rows={[...calls]}
      rowKey={(call) => call.call_id}
    />
  );
}

function columns(
  nowMs: number,
  actions: (call: FoundCallView) => MenuItem[],
): Column<FoundCallView>[] {
  return [
    { head: live.call, cell: (call) => <CallName call={call} /> },
    {
      head: live.team,
      width: "17%",
      from: "medium",
      cell: ({ team_id: id, team_name: name, organization_name: organization }) => (
        <span class="block truncate text-ink-2" title={organization}>
          <TenantLink kind="team" id={id} name={name} />
        </span>
      ),
    },
    {
      head: live.status,
      width: "116px",
      from: "small",
      cell: ({ status }) => <CallState status={status} />,
    },
    {
      head: live.started,
      width: "88px",
      number: true,
      from: "large",
      cell: ({ created_at: time }) => (
        <span class="text-muted" title={format.utc(time)}>
          {format.ago(time, nowMs)}
        </span>
      ),
    },
    {
      head: live.duration,
      width: "88px",
      number: true,
      cell: (call) =>
        format.duration(
          call.status === "in_flight" ? nowMs - Date.parse(call.created_at) : call.latency_ms,
        ),
    },
    {
      head: live.tokens,
      width: "128px",
      number: true,
      from: "large",
      cell: (call) => `${format.count(call.input_tokens)} / ${format.count(call.output_tokens)}`,
    },
    {
      head: live.cost,
      width: "108px",
      number: true,
      from: "medium",
      cell: ({ provider_cost_usd: cost }) => format.usd(cost),
    },
    {
      head: live.actions,
      width: "52px",
      quiet: true,
      cell: (call) => (
        <RowControls>
          <Menu label={live.actionsFor(call.model, call.team_name)} items={actions(call)} />
        </RowControls>
      ),
    },
  ];
}

function CallName({ call }: { call: FoundCallView }) {
  return (
    <div class="min-w-0 py-0.5">
      <div class="flex min-w-0 items-center gap-2">
        <RowLink href={`/jobs/${call.job_id}`}>{call.model}</RowLink>
        {call.stream && <Flag tone="idle">{live.stream}</Flag>}
        {call.status !== "succeeded" && (
          <span class="@lg:hidden">
            <CallState status={call.status} />
          </span>
        )}
      </div>
      <span class="block truncate text-11 leading-4 text-muted">
        <span class="@2xl:hidden">{call.team_name} · </span>
        {call.error_code ?? call.job_type}
      </span>
    </div>
  );
}
