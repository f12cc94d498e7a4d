import type { JobDetail } from "../../server/admin/schema.ts";
import { Copyable } from "../base/copy.tsx";
import { Facts, Panel } from "../base/panel.tsx";
import * as format from "../format.ts";
import { jobDurationMs } from "./jobTable.tsx";

/** What the job cost the operator, what its team was charged, and how much work it was. */
export function JobCost({ job, nowMs }: { job: JobDetail; nowMs: number }) {
  return (
    <Panel title="Cost">
      <p class="text-12 text-muted">Provider cost</p>
      <p
        class="text-28 font-semibold tracking-[-0.02em] tabular-nums"
        title={format.usdExact(job.provider_cost_usd)}
      >
        {format.usd(job.provider_cost_usd)}
      </p>
      <div class="mt-3">
        <Facts
          facts={[
            { name: "Credits charged", value: format.credits(job.credits_charged) },
            { name: "Tokens", value: format.count(job.total_tokens) },
            { name: "Calls", value: <CallCounts job={job} /> },
            {
              name: job.ended_at ? "Duration" : "Duration so far",
              value: format.duration(jobDurationMs(job, nowMs)),
            },
          ]}
        />
      </div>
    </Panel>
  );
}

function CallCounts({ job }: { job: JobDetail }) {
  const parts = [
    job.failed_calls > 0 && `${format.count(job.failed_calls)} failed`,
    job.calls_in_flight > 0 && `${format.count(job.calls_in_flight)} in flight`,
  ].filter(Boolean);
  return (
    <>
      {format.count(job.total_calls)}
      {parts.length > 0 && <span class="font-normal text-muted"> ({parts.join(", ")})</span>}
    </>
  );
}

/** Whose job it is, and what its application said about it. */
export function JobOrigin({ job }: { job: JobDetail }) {
  return (
    <Panel title="Details">
      <Facts
        facts={[
          { name: "Team", value: job.team_id },
          { name: "Organization", value: job.organization_id },
          { name: "User", value: job.user_id ?? "—" },
          {
            name: "External task",
            value: job.external_task_id ? (
              <Copyable text={job.external_task_id} what="the external task" />
            ) : (
              "—"
            ),
          },
          { name: "Created, UTC", value: <Moment time={job.created_at} /> },
          { name: "Ended, UTC", value: job.ended_at ? <Moment time={job.ended_at} /> : "—" },
        ]}
      />
    </Panel>
  );
}

function Moment({ time }: { time: string }) {
  return (
    <time dateTime={time} title={format.utc(time)}>
      {format.moment(time)}
    </time>
  );
}

/** Metadata and result as the application gave them. */
export function JobData({ job }: { job: JobDetail }) {
  const parts = [
    { name: "Metadata", value: Object.keys(job.metadata).length > 0 ? job.metadata : null },
    { name: "Result", value: job.result ?? null },
  ];
  return (
    <Panel title="Data">
      <dl class="grid gap-3">
        {parts.map(({ name, value }) => (
          <div key={name} class="min-w-0">
            <dt class="text-12 text-muted">{name}</dt>
            <dd>
              {value === null ? (
                "—"
              ) : (
                <pre
                  tabIndex={0}
                  aria-label={name}
                  role="region"
                  class="focus-ring mt-1 max-h-40 overflow-auto rounded-control border border-line bg-rail px-3 py-2 font-mono text-11"
                >
                  {JSON.stringify(value, null, 2)}
                </pre>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
