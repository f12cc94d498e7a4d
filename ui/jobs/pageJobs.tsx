import { useLocation } from "preact-iso";
import { buttonClass } from "../base/button.tsx";
import { JobsIcon } from "../base/icons.tsx";
import { Pager } from "../base/pager.tsx";
import { Panel } from "../base/panel.tsx";
import { Empty, Failure, NotCurrent } from "../base/states.tsx";
import { PageHead } from "../shell/pageHead.tsx";
import { JobTable } from "./jobTable.tsx";
import { useJobPage } from "./jobs.ts";

const pageSize = 25;

const address = (cursor: string) => `/jobs?${new URLSearchParams({ cursor })}`;

/** All jobs, newest first. The cursor stands in the address, so that a page can be shared and reloaded. */
export function PageJobs() {
  const { cursor } = useLocation().query;
  const { data: page, error, stale, retry } = useJobPage(pageSize, cursor);
  return (
    <>
      <PageHead title="Jobs" facts="Every job of every team, newest first." />
      <Panel title="Jobs" flush headless>
        {error && !page ? (
          <Failure title="Jobs could not be loaded" error={error} onRetry={retry} retrying />
        ) : page?.data.length === 0 ? (
          <NoJobs beyondFirst={cursor !== undefined} />
        ) : (
          <>
            <JobTable jobs={page?.data} skeletonRows={12} stale={stale} />
            <Pager
              noun={["job", "jobs"]}
              shown={page?.data.length}
              prev={page?.prev}
              next={page?.next}
              href={address}
            >
              {error && <NotCurrent error={error} />}
            </Pager>
          </>
        )}
      </Panel>
    </>
  );
}

function NoJobs({ beyondFirst }: { beyondFirst: boolean }) {
  return beyondFirst ? (
    <Empty
      icon={<JobsIcon />}
      title="No jobs on this page"
      text="The list ends before this address."
    >
      <a href="/jobs" class={buttonClass()}>
        Newest jobs
      </a>
    </Empty>
  ) : (
    <Empty
      icon={<JobsIcon />}
      title="No jobs yet"
      text="Each job that a team creates stands here with its calls and what they cost."
    >
      <a href="/" class={buttonClass()}>
        See the set-up steps
      </a>
    </Empty>
  );
}
