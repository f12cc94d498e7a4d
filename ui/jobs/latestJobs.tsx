import { JobsIcon } from "../base/icons.tsx";
import { Panel } from "../base/panel.tsx";
import { Empty, Failure, NotCurrent } from "../base/states.tsx";
import { JobTable } from "./jobTable.tsx";
import { useJobPage } from "./jobs.ts";
import { jobs } from "../strings/jobs.ts";

const shown = 8;

/** The newest jobs, for the overview. */
export function LatestJobs() {
  const { data: page, error, retry } = useJobPage(shown);
  return (
    <Panel
      title={jobs.latestJobs}
      flush
      badge={error && page && <NotCurrent error={error} />}
      action={
        <a href="/jobs" class="focus-ring rounded text-12 font-medium text-accent hover:underline">
          {jobs.allJobs}
        </a>
      }
    >
      {error && !page ? (
        <Failure title={jobs.listNotLoaded} error={error} onRetry={retry} retrying />
      ) : page?.data.length === 0 ? (
        <Empty icon={<JobsIcon />} title={jobs.empty} text={jobs.emptyText} />
      ) : (
        <JobTable jobs={page?.data} skeletonRows={shown} />
      )}
    </Panel>
  );
}
