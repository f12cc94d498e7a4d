import type { Status } from "../../server/admin/schema.ts";
import { PeriodPicker, usePeriod } from "../base/periodPicker.tsx";
import { Failure, Skeleton } from "../base/states.tsx";
import * as format from "../format.ts";
import { needsAttention } from "../gateway/gatewayState.ts";
import { LatestJobs } from "../jobs/latestJobs.tsx";
import { Checklist } from "../setup/checklist.tsx";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow, useStatus } from "../shell/status.ts";
import { overview } from "../strings/overview.ts";
import { ApiPanel } from "./apiPanel.tsx";
import { Business } from "./business.tsx";
import { DatabasePanel } from "./databasePanel.tsx";
import { GatewayPanel } from "./gatewayPanel.tsx";
import { LowBalances, useLowBalances } from "./lowBalances.tsx";

export function PageOverview() {
  const { status, error, retry } = useStatus();
  const period = usePeriod(useServerNow());
  const lowBalances = useLowBalances();
  if (!status && error) {
    return (
      <>
        <PageHead title={overview.title} />
        <div class="rounded-card border border-line bg-surface shadow-card">
          <Failure title={overview.statusNotRead} error={error} onRetry={retry} retrying />
        </div>
      </>
    );
  }
  const parts = (
    <div class="grid gap-4 md:grid-cols-3">
      <ApiPanel status={status} />
      <DatabasePanel status={status} />
      <GatewayPanel status={status} />
    </div>
  );
  const partsFirst = status !== undefined && needsAttention(status.gateway);
  const isUp = status === undefined || status.database.state === "ready";
  return (
    <>
      <PageHead
        title={overview.title}
        facts={status ? <Counts status={status} /> : <Skeleton class="my-1 h-3 w-64" />}
        actions={<PeriodPicker period={period} />}
      />
      <div class="grid gap-4">
        {status && isUp && <Checklist status={status} />}
        {partsFirst && parts}
        {isUp && status?.counts.jobs !== 0 && (
          <Business period={period} ready={status !== undefined} />
        )}
        {lowBalances.known && (
          <>
            {isUp && <LowBalances read={lowBalances} />}
            <LatestJobs />
            {!partsFirst && parts}
          </>
        )}
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
      <span title={format.utc(started_at)}>
        {overview.up} {format.uptime(nowMs - Date.parse(started_at))}
      </span>
    </>
  );
}
