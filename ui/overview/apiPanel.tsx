import type { Status } from "../../server/admin/schema.ts";
import { Badge, type Tone } from "../base/badge.tsx";
import { buttonClass } from "../base/button.tsx";
import { Copyable } from "../base/copy.tsx";
import { OutsideIcon } from "../base/icons.tsx";
import { Facts, Panel, PanelFoot } from "../base/panel.tsx";
import { FactsSkeleton } from "./factsSkeleton.tsx";
import * as format from "../format.ts";
import { overview } from "../strings/overview.ts";

const tones: Record<Status["api"]["state"], Tone> = {
  ready: "ok",
  starting: "info",
  stopping: "warn",
};

/** What teams reach: its address, its documentation and how busy it is. */
export function ApiPanel({ status }: { status: Status | undefined }) {
  const title = overview.teamApi;
  if (!status) return <FactsSkeleton title={title} />;
  const { api } = status;
  return (
    <Panel title={title} badge={<Badge tone={tones[api.state]}>{format.label(api.state)}</Badge>}>
      <Facts
        facts={[
          { name: overview.callsInFlight, value: format.count(api.calls_in_flight) },
          {
            name: overview.version,
            value: <span class="font-mono text-13">{status.version}</span>,
          },
        ]}
      />
      <PanelFoot>
        <span class="text-ink">
          <Copyable text={api.url} what={overview.theAddress} />
        </span>
        <a
          href={`${api.url}/docs`}
          target="_blank"
          rel="noreferrer"
          class={buttonClass("plain", "small")}
        >
          {overview.apiDocs}
          <OutsideIcon class="size-3.5 text-muted" />
        </a>
      </PanelFoot>
    </Panel>
  );
}
