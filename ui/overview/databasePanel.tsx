import type { Status } from "../../server/admin/schema.ts";
import { Badge, type Tone } from "../base/badge.tsx";
import { Facts, Panel, PanelFoot } from "../base/panel.tsx";
import { Problem } from "../base/problem.tsx";
import * as format from "../format.ts";
import { FactsSkeleton } from "./factsSkeleton.tsx";
import { overview } from "../strings/overview.ts";

const tones: Record<Status["database"]["state"], Tone> = {
  ready: "ok",
  starting: "info",
  failed: "bad",
};

export function DatabasePanel({ status }: { status: Status | undefined }) {
  const title = overview.database;
  if (!status) return <FactsSkeleton title={title} />;
  const { database } = status;
  return (
    <Panel
      title={title}
      badge={<Badge tone={tones[database.state]}>{format.label(database.state)}</Badge>}
    >
      <Facts
        facts={[
          { name: "PostgreSQL", value: database.server_version ?? "—" },
          {
            name: overview.server,
            value: database.mode === "embedded" ? overview.embedded : overview.external,
          },
        ]}
      />
      {database.problem && <Problem>{database.problem}</Problem>}
      <PanelFoot>
        <p class="truncate">
          {overview.migration} <code class="font-mono text-ink-2">{database.migration ?? "—"}</code>
        </p>
      </PanelFoot>
    </Panel>
  );
}
