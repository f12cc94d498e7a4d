import type { JobView } from "../../server/admin/schema.ts";
import type { DataColumn } from "../base/dataTable.tsx";
import { RowLink, Table } from "../base/table.tsx";
import * as format from "../format.ts";
import { useServerNow } from "../shell/status.ts";
import { TenantLink } from "../tenants/tenantLink.tsx";
import { JobState } from "./jobState.tsx";
import { jobs as words } from "../strings/jobs.ts";

/** How long the job took, or has taken so far. */
export function jobDurationMs(job: JobView, nowMs: number): number {
  return (job.ended_at ? Date.parse(job.ended_at) : nowMs) - Date.parse(job.created_at);
}

/** What a list of jobs shows of each. */
export function jobColumns(nowMs: number): DataColumn<JobView>[] {
  return [
    { head: words.job, cell: (job) => <JobName job={job} /> },
    {
      head: words.status,
      width: "124px",
      from: "small",
      cell: (job) => <JobState status={job.status} />,
    },
    {
      head: words.team,
      width: "17%",
      from: "medium",
      cell: (job) => (
        <span class="block truncate text-ink-2" title={words.ofOrganization(job.organization_name)}>
          <TenantLink kind="team" id={job.team_id} name={job.team_name} />
        </span>
      ),
    },
    {
      head: words.calls,
      width: "88px",
      number: true,
      from: "medium",
      cell: (job) => <CallCount job={job} />,
    },
    {
      head: words.user,
      width: "14%",
      from: "large",
      extra: true,
      cell: (job) => <span class="block truncate text-ink-2">{job.user_id ?? "—"}</span>,
    },
    {
      head: words.referenceHead,
      width: "14%",
      from: "large",
      extra: true,
      cell: (job) => (
        <span class="block truncate text-ink-2">
          {job.reference ?? job.external_task_id ?? "—"}
        </span>
      ),
    },
    {
      head: words.chargedCredits,
      width: "120px",
      number: true,
      from: "medium",
      cell: (job) => <Charged job={job} />,
    },
    {
      head: words.tokens,
      width: "92px",
      number: true,
      from: "large",
      cell: (job) => format.count(job.total_tokens),
    },
    {
      head: words.cost,
      width: "112px",
      number: true,
      cell: (job) => (
        <span title={format.usdExact(job.provider_cost_usd)}>
          {format.usd(job.provider_cost_usd)}
        </span>
      ),
    },
    {
      head: words.duration,
      width: "88px",
      number: true,
      from: "large",
      cell: (job) => format.duration(jobDurationMs(job, nowMs)),
    },
    {
      head: words.time,
      width: "104px",
      number: true,
      from: "small",
      cell: (job) => (
        <span class="text-muted" title={format.utc(job.created_at)}>
          {format.ago(job.created_at, nowMs)}
        </span>
      ),
    },
  ];
}

/** The type is the row's link; its overlay makes the whole row one. On a phone the row keeps a state worth a look. */
function JobName({ job }: { job: JobView }) {
  return (
    <div class="flex min-w-0 items-center gap-2">
      <div class="min-w-0 flex-1">
        <RowLink href={`/jobs/${job.job_id}`}>{job.job_type}</RowLink>
        <span class="block truncate text-12 text-muted @2xl:hidden">{job.team_name}</span>
        <span class="hidden truncate font-mono text-11 text-muted @2xl:block">
          {format.shortId(job.job_id)}
        </span>
      </div>
      {job.status !== "completed" && (
        <span class="@lg:hidden">
          <JobState status={job.status} />
        </span>
      )}
    </div>
  );
}

function Charged({ job }: { job: JobView }) {
  return (
    <>
      {format.credits(job.credits_charged)}
      {job.credits_refunded > 0 && (
        <span class="block text-11 leading-3.5 text-muted">
          {format.credits(job.credits_refunded)} {words.ofItRefunded}
        </span>
      )}
    </>
  );
}

function CallCount({ job }: { job: JobView }) {
  return (
    <>
      {format.count(job.total_calls)}
      {job.failed_calls > 0 && (
        <span class="block text-11 leading-3.5 text-bad">
          {format.count(job.failed_calls)} {words.ofThemFailed}
        </span>
      )}
    </>
  );
}

/** The newest few, without the columns that somebody has to choose. */
export function JobTable({
  jobs,
  skeletonRows,
}: {
  jobs: JobView[] | undefined;
  skeletonRows: number;
}) {
  const nowMs = useServerNow();
  return (
    <Table
      caption={words.caption}
      columns={jobColumns(nowMs).filter(({ extra }) => !extra)}
      rows={jobs}
      rowKey={(job) => job.job_id}
      skeletonRows={skeletonRows}
    />
  );
}
