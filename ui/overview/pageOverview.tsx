import type { Status } from "../../server/admin/schema.ts";
import { Failure, Skeleton } from "../base/states.tsx";
import * as format from "../format.ts";
import { LatestJobs } from "../jobs/latestJobs.tsx";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow, useStatus } from "../shell/status.ts";
import { ApiPanel } from "./apiPanel.tsx";
import { DatabasePanel } from "./databasePanel.tsx";
import { GatewayLog } from "./gatewayLog.tsx";
import { GatewayPanel } from "./gatewayPanel.tsx";
import { needsAttention } from "./gatewayState.ts";
import { ProcessesPanel } from "./processesPanel.tsx";
import { SetupSteps } from "./setupSteps.tsx";

export function PageOverview() {
  const { status, error, retry } = useStatus();
  if (!status && error) {
    return (
      <>
        <PageHead title="Overview" />
        <div class="rounded-card border border-line bg-surface shadow-card">
          <Failure title="The status could not be read" error={error} onRetry={retry} retrying />
        </div>
      </>
    );
  }
  const gateway = (
    <div class="grid gap-4 xl:grid-cols-2">
      <ProcessesPanel status={status} />
      <GatewayLog lines={status?.gateway.log_tail} />
    </div>
  );
  const gatewayFirst = status !== undefined && needsAttention(status.gateway);
  return (
    <>
      <PageHead
        title="Overview"
        facts={status ? <Counts status={status} /> : <Skeleton class="my-1 h-3 w-64" />}
      />
      <div class="grid gap-4">
        {status && <SetupSteps status={status} />}
        <div class="grid gap-4 md:grid-cols-3">
          <ApiPanel status={status} />
          <DatabasePanel status={status} />
          <GatewayPanel status={status} />
        </div>
        {gatewayFirst && gateway}
        <LatestJobs />
        {!gatewayFirst && gateway}
      </div>
    </>
  );
}

function Counts({ status: { counts, started_at } }: { status: Status }) {
  const nowMs = useServerNow();
  return (
    <>
      <span>{format.plural(counts.organizations, "organization")}</span>
      <span>{format.plural(counts.teams, "team")}</span>
      <span>{format.plural(counts.models, "model")}</span>
      <span>{format.plural(counts.jobs, "job")}</span>
      <span title={format.utc(started_at)}>Up {format.uptime(nowMs - Date.parse(started_at))}</span>
    </>
  );
}
