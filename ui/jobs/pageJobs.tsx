import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso";
import { buttonClass } from "../base/button.tsx";
import { JobsIcon, NextIcon, PreviousIcon } from "../base/icons.tsx";
import { Panel } from "../base/panel.tsx";
import { Empty, Failure, NotCurrent } from "../base/states.tsx";
import * as format from "../format.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { JobTable } from "./jobTable.tsx";
import { useJobPage } from "./jobs.ts";

const pageSize = 25;

const address = (cursor: string) => `/jobs?${new URLSearchParams({ cursor })}`;

/** All jobs, newest first. The cursor stands in the address, so that a page can be shared and reloaded. */
export function PageJobs() {
  const { cursor } = useLocation().query;
  const { page, error, stale, retry } = useJobPage(pageSize, cursor);
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
            <footer class="flex items-center gap-2 border-t border-line px-4 py-2 text-muted">
              <span class="tabular-nums">
                {page && `${format.plural(page.data.length, "job")} shown`}
              </span>
              {error && <NotCurrent error={error} />}
              <nav aria-label="Pages of jobs" class="ml-auto flex gap-2">
                <PageLink cursor={page?.prev}>
                  <PreviousIcon class="size-3.5" />
                  Newer
                </PageLink>
                <PageLink cursor={page?.next}>
                  Older
                  <NextIcon class="size-3.5" />
                </PageLink>
              </nav>
            </footer>
          </>
        )}
      </Panel>
    </>
  );
}

/** A link, or what looks like a resting one at the end of the list. */
function PageLink({
  cursor,
  children,
}: {
  cursor: string | null | undefined;
  children: ComponentChildren;
}) {
  const look = buttonClass("plain", "small");
  if (!cursor) {
    return (
      <span aria-disabled="true" role="link" class={`${look} pointer-events-none opacity-50`}>
        {children}
      </span>
    );
  }
  return (
    <a href={address(cursor)} class={look}>
      {children}
    </a>
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
