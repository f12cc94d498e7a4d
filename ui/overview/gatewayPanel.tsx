import type { Status } from "../../server/admin/schema.ts";
import { Badge } from "../base/badge.tsx";
import { Facts, Panel, PanelFoot } from "../base/panel.tsx";
import { Problem } from "../base/problem.tsx";
import { Progress } from "../base/progress.tsx";
import * as format from "../format.ts";
import { FactsSkeleton } from "./factsSkeleton.tsx";
import { gatewayModes, gatewayNote, gatewayTones } from "../gateway/gatewayState.ts";
import { overview } from "../strings/overview.ts";

/** LiteLLM as a whole: version, what it serves, and what keeps it from serving. */
export function GatewayPanel({ status }: { status: Status | undefined }) {
  const title = overview.gateway;
  if (!status) return <FactsSkeleton title={title} />;
  const { gateway } = status;
  const note = gatewayNote(gateway);
  return (
    <Panel
      title={title}
      action={
        <a
          href="/gateway"
          class="focus-ring rounded text-12 font-medium text-accent hover:underline"
        >
          {overview.details}
        </a>
      }
      badge={<Badge tone={gatewayTones[gateway.state]}>{format.label(gateway.state)}</Badge>}
    >
      <Facts
        facts={[
          { name: "LiteLLM", value: gateway.version ?? "—" },
          { name: overview.mode, value: gatewayModes[gateway.mode] },
        ]}
      />
      {gateway.problem && <Problem>{gateway.problem}</Problem>}
      {gateway.install ? (
        <PanelFoot>
          <Progress
            name={overview.installing}
            step={gateway.install.step}
            percent={gateway.install.percent}
          />
        </PanelFoot>
      ) : (
        note && <PanelFoot>{note}</PanelFoot>
      )}
    </Panel>
  );
}
