import { useRoute } from "preact-iso";
import { buttonClass } from "../base/button.tsx";
import { Copyable } from "../base/copy.tsx";
import { JobsIcon } from "../base/icons.tsx";
import { Panel } from "../base/panel.tsx";
import { Problem } from "../base/problem.tsx";
import { Empty, Failure, Skeleton } from "../base/states.tsx";
import * as format from "../format.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow } from "../shell/status.ts";
import { CallTable } from "./callTable.tsx";
import { JobState } from "./jobState.tsx";
import { JobCost, JobData, JobOrigin } from "./jobSummary.tsx";
import { useJob } from "./jobs.ts";

const trail = [{ label: "Jobs", href: "/jobs" }];

/** One job: what it cost, whose it is, and each of its calls. */
export function PageJob() {
  const jobId = useRoute().params["jobId"] ?? "";
  const { data: job, error, retry } = useJob(jobId);
  const nowMs = useServerNow();
  if (!job && error) {
    return (
      <>
        <PageHead title="Job" trail={trail} />
        <div class="rounded-card border border-line bg-surface shadow-card">
          {error.code === "not_found" ? (
            <Empty icon={<JobsIcon />} title="There is no such job" text="Its id may be mistyped.">
              <a href="/jobs" class={buttonClass()}>
                All jobs
              </a>
            </Empty>
          ) : (
            <Failure title="The job could not be loaded" error={error} onRetry={retry} retrying />
          )}
        </div>
      </>
    );
  }
  return (
    <>
      <PageHead
        title={job?.job_type ?? "Job"}
        trail={trail}
        badge={job && <JobState status={job.status} />}
        facts={
          <>
            <Copyable text={jobId} what="the job's id" />
            {job && (
              <span title={format.utc(job.created_at)}>
                Created {format.ago(job.created_at, nowMs)}
              </span>
            )}
          </>
        }
      />
      {job?.error_message && (
        <div class="-mt-2 mb-4">
          <Problem>{job.error_message}</Problem>
        </div>
      )}
      <div class="grid gap-4">
        <div class="grid gap-4 md:grid-cols-2 xl:grid-cols-3 md:max-xl:*:last:col-span-2">
          {job ? (
            <>
              <JobCost job={job} nowMs={nowMs} />
              <JobOrigin job={job} />
              <JobData job={job} />
            </>
          ) : (
            ["Cost", "Details", "Data"].map((title) => (
              <Panel key={title} title={title}>
                <Skeleton class="h-40 w-full" />
              </Panel>
            ))
          )}
        </div>
        <Panel
          title="Calls"
          flush
          badge={
            job && (
              <span class="text-12 text-muted tabular-nums">{format.count(job.calls.length)}</span>
            )
          }
        >
          {job?.calls.length === 0 ? (
            <Empty
              icon={<JobsIcon />}
              title="No calls yet"
              text="Each call to a model in this job stands here."
            />
          ) : (
            <CallTable calls={job?.calls} nowMs={nowMs} />
          )}
        </Panel>
      </div>
    </>
  );
}
