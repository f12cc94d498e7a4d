import { useLocation, useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import { buttonClass } from "../base/button.tsx";
import { Copyable } from "../base/copy.tsx";
import { JobsIcon } from "../base/icons.tsx";
import { changedAddress } from "../base/listState.ts";
import { Panel } from "../base/panel.tsx";
import { Problem } from "../base/problem.tsx";
import { Empty, Failure } from "../base/states.tsx";
import * as format from "../format.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow } from "../shell/status.ts";
import { CallTable } from "./callTable.tsx";
import { JobState } from "./jobState.tsx";
import { CallDrawer } from "./callDrawer.tsx";
import { JobActions, RefundDialog } from "./jobActions.tsx";
import { ChargeExplanation } from "./jobCharge.tsx";
import { JobData, JobFigures, JobOrigin } from "./jobSummary.tsx";
import { useCharge, useJob } from "./jobs.ts";
import { jobs } from "../strings/jobs.ts";

const trail = [{ label: jobs.title, href: "/jobs" }];

/** One job: what it cost, whose it is, and each of its calls. */
export function PageJob() {
  const jobId = useRoute().params["jobId"] ?? "";
  const { url, query, route } = useLocation();
  const { data: job, error, retry } = useJob(jobId);
  const charge = useCharge(jobId);
  const nowMs = useServerNow();
  const [refund, setRefund] = useState<{ suggested?: number | undefined }>();
  if (!job && error) {
    return (
      <>
        <PageHead title={jobs.job} trail={trail} />
        <div class="rounded-card border border-line bg-surface shadow-card">
          {error.code === "not_found" ? (
            <Empty icon={<JobsIcon />} title={jobs.missing} text={jobs.missingText}>
              <a href="/jobs" class={buttonClass()}>
                {jobs.allJobs}
              </a>
            </Empty>
          ) : (
            <Failure title={jobs.notLoaded} error={error} onRetry={retry} retrying />
          )}
        </div>
      </>
    );
  }
  return (
    <>
      <PageHead
        title={job?.job_type ?? jobs.job}
        trail={trail}
        badge={job && <JobState status={job.status} />}
        facts={
          <>
            <Copyable text={jobId} what={jobs.theJobsId} />
            {job && (
              <span title={format.utc(job.created_at)}>
                {jobs.time} {format.ago(job.created_at, nowMs)}
              </span>
            )}
          </>
        }
        actions={job && <JobActions job={job} onRefund={() => setRefund({})} />}
      />
      {job?.error_message && (
        <div class="-mt-2 mb-4">
          <Problem>{job.error_message}</Problem>
        </div>
      )}
      <div class="grid gap-4">
        <JobFigures job={job} charge={charge.data} nowMs={nowMs} />
        <Panel
          title={jobs.calls}
          flush
          badge={
            job && (
              <span class="text-12 text-muted tabular-nums">{format.count(job.calls.length)}</span>
            )
          }
        >
          {job?.calls.length === 0 ? (
            <Empty icon={<JobsIcon />} title={jobs.noCalls} text={jobs.noCallsText} />
          ) : (
            <CallTable
              calls={job?.calls}
              nowMs={nowMs}
              href={(call) => changedAddress(url, { call })}
            />
          )}
        </Panel>
        {/* What stands below waits for what is above it, which would move it. */}
        {job && <ChargeExplanation read={charge} />}
        {job && (charge.data || charge.error) && (
          <div class="grid gap-4 md:grid-cols-2">
            <JobOrigin job={job} />
            <JobData job={job} />
          </div>
        )}
      </div>
      <CallDrawer
        callId={query["call"]}
        job={job}
        onClose={() => route(changedAddress(url, { call: undefined }))}
        onRefund={(suggested) => {
          route(changedAddress(url, { call: undefined }));
          setRefund({ suggested });
        }}
      />
      {job && (
        <RefundDialog
          job={job}
          open={refund !== undefined}
          suggested={refund?.suggested}
          onClose={() => setRefund(undefined)}
        />
      )}
    </>
  );
}
