import type { Status } from "../../server/admin/schema.ts";
import { Badge } from "../base/badge.tsx";
import { Facts, Panel } from "../base/panel.tsx";
import { Problem } from "../base/problem.tsx";
import { Progress } from "../base/progress.tsx";
import * as format from "../format.ts";
import { FactsSkeleton } from "./factsSkeleton.tsx";
import { gatewayModes, gatewayNote, gatewayTones } from "./gatewayState.ts";

/** LiteLLM as a whole: version, what it serves, and what keeps it from serving. */
export function GatewayPanel({ status }: { status: Status | undefined }) {
  const title = "Gateway";
  if (!status) return <FactsSkeleton title={title} />;
  const { gateway } = status;
  const note = gatewayNote(gateway);
  return (
    <Panel
      title={title}
      badge={<Badge tone={gatewayTones[gateway.state]}>{format.label(gateway.state)}</Badge>}
    >
      <Facts
        facts={[
          { name: "LiteLLM", value: gateway.version ?? "—" },
          { name: "Process", value: gatewayModes[gateway.mode] },
        ]}
      />
      {gateway.problem && <Problem>{gateway.problem}</Problem>}
      <div class="mt-auto flex min-h-7 flex-col justify-end pt-4 text-12 text-muted">
        {gateway.install ? (
          <Progress
            name="Installing LiteLLM"
            step={gateway.install.step}
            percent={gateway.install.percent}
          />
        ) : (
          <p>{note ?? <ServedConfig gateway={gateway} />}</p>
        )}
      </div>
    </Panel>
  );
}

function ServedConfig({ gateway }: { gateway: Status["gateway"] }) {
  if (gateway.served_config === null) return <>No model configuration is served yet.</>;
  const behind = gateway.wanted_config !== null && gateway.wanted_config !== gateway.served_config;
  return (
    <>
      Serves configuration {format.count(gateway.served_config)}
      {behind && `; ${format.count(gateway.wanted_config)} is wanted`}
    </>
  );
}
