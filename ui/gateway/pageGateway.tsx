import { useState } from "preact/hooks";
import type { GatewayConfigView, Status } from "../../server/admin/schema.ts";
import { post } from "../api.ts";
import { Badge } from "../base/badge.tsx";
import { Button } from "../base/button.tsx";
import { ConfirmDialog } from "../base/confirmDialog.tsx";
import { CopyButton } from "../base/copy.tsx";
import { Panel } from "../base/panel.tsx";
import { Problem } from "../base/problem.tsx";
import { Progress } from "../base/progress.tsx";
import { Failure, Skeleton } from "../base/states.tsx";
import { type Stat, StatTiles } from "../base/stats.tsx";
import * as format from "../format.ts";
import { useChange, useRead } from "../query.ts";
import { admins, useCan } from "../session/permission.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useStatus } from "../shell/status.ts";
import { usePageCommands } from "../shell/palette/commands.ts";
import { gateway as text } from "../strings/gateway.ts";
import { GatewayLog } from "./gatewayLog.tsx";
import { gatewayModes, gatewayNote, gatewayTones } from "./gatewayState.ts";
import { ProcessesPanel } from "./processesPanel.tsx";

/** LiteLLM: its processes, what they serve, and what they say. */
export function PageGateway() {
  const { status, error, retry } = useStatus();
  const [asking, setAsking] = useState(false);
  const can = useCan();
  const restart = useChange({
    send: (_: object, sending) => post("/api/gateway/restart", undefined, sending),
    refreshes: ["/api/gateway"],
    done: text.restarted,
    onDone: () => setAsking(false),
  });
  const mayRestart = can(admins) && status !== undefined && status.gateway.mode !== "external";
  usePageCommands(
    mayRestart
      ? [
          {
            id: "restart-gateway",
            label: text.restartTitle,
            hint: text.title,
            run: () => setAsking(true),
          },
        ]
      : [],
    String(mayRestart),
  );
  const gateway = status?.gateway;
  return (
    <>
      <PageHead
        title={text.title}
        badge={
          gateway && <Badge tone={gatewayTones[gateway.state]}>{format.label(gateway.state)}</Badge>
        }
        facts={(gateway && gatewayNote(gateway)) ?? text.facts}
        actions={mayRestart && <Button onClick={() => setAsking(true)}>{text.restart}</Button>}
      />
      {error && !status ? (
        <Panel title={text.title} headless flush>
          <Failure title={text.title} error={error} onRetry={retry} retrying />
        </Panel>
      ) : (
        <div class="grid gap-4">
          <Trouble gateway={gateway} />
          <StatTiles label={text.summary} stats={stats(gateway)} />
          <div class="grid gap-4 xl:grid-cols-2">
            <ProcessesPanel status={status} />
            <GatewayLog lines={gateway?.log_tail} />
          </div>
          {can(admins) && <Config version={gateway?.wanted_config} />}
        </div>
      )}
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={text.restartTitle}
        action={text.restartAction}
        danger={false}
        change={restart}
        input={{}}
      >
        {text.restartText}
      </ConfirmDialog>
    </>
  );
}

function Trouble({ gateway }: { gateway: Status["gateway"] | undefined }) {
  if (!gateway?.install && !gateway?.problem) return null;
  return (
    <div class="-mt-2">
      {gateway.problem && <Problem>{gateway.problem}</Problem>}
      {gateway.install && (
        <Progress
          name={text.installing}
          step={gateway.install.step}
          percent={gateway.install.percent}
        />
      )}
    </div>
  );
}

function stats(gateway: Status["gateway"] | undefined): Stat[] {
  const calls = gateway?.children.reduce((sum, child) => sum + child.calls_in_flight, 0);
  return [
    { name: text.litellm, value: gateway && (gateway.version ?? "—") },
    { name: text.mode, value: gateway && gatewayModes[gateway.mode] },
    { name: text.wanted, value: gateway && format.count(gateway.wanted_config) },
    { name: text.served, value: gateway && format.count(gateway.served_config) },
    { name: text.inFlight, value: calls === undefined ? undefined : format.count(calls) },
  ];
}

/** Read again with each new version of the models. */
function Config({ version }: { version: number | null | undefined }) {
  const { data, error, retry } = useRead<GatewayConfigView>("/api/gateway/config", {
    // The number is no parameter of the API, only what the answer depends on.
    key: version ?? null,
  });
  return (
    <Panel
      title={text.config}
      badge={
        typeof data?.version === "number" && (
          <span class="text-12 text-muted">{text.version(format.count(data.version))}</span>
        )
      }
      action={
        data?.text && (
          <CopyButton
            text={data.text}
            what={text.theConfiguration}
            fallback={() => document.querySelector("#gateway-config")}
          />
        )
      }
    >
      {error && !data ? (
        <Failure title={text.configFailed} error={error} onRetry={retry} />
      ) : !data ? (
        <Skeleton class="h-40 w-full" />
      ) : data.text === null ? (
        <p class="text-muted">{text.configOwn}</p>
      ) : (
        <>
          <p class="mb-3 text-12 text-muted">{text.configNote}</p>
          <pre
            id="gateway-config"
            tabIndex={0}
            role="region"
            aria-label={text.configText}
            class="focus-ring relative max-h-96 overflow-auto rounded-control border border-line bg-rail px-3 py-2 font-mono text-12"
          >
            {data.text}
          </pre>
        </>
      )}
    </Panel>
  );
}
