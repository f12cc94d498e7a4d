import { buttonClass } from "../base/button.tsx";
import { DataTable } from "../base/dataTable.tsx";
import { JobsIcon } from "../base/icons.tsx";
import { useListState } from "../base/listState.ts";
import { PageHead } from "../shell/pageHead.tsx";
import { useServerNow } from "../shell/status.ts";
import { jobs } from "../strings/jobs.ts";
import { JobFilters, jobFilterNames } from "./jobFilters.tsx";
import { JobHistogram } from "./jobHistogram.tsx";
import { jobColumns } from "./jobTable.tsx";
import { useHistogram, useJobPage } from "./jobs.ts";

const pageSize = 25;

/** All jobs, newest first, and how many there are by time and status. Filters and page stand in the address. */
export function PageJobs() {
  const state = useListState({ filters: jobFilterNames });
  const { search: _search, cursor: _cursor, sort: _sort, ...filters } = state.parameters;
  const nowMs = useServerNow();
  const page = useJobPage(pageSize, { ...filters, cursor: state.cursor });
  const histogram = useHistogram(filters);
  return (
    <>
      <PageHead title={jobs.title} facts={jobs.facts} />
      <JobFilters state={state} nowMs={nowMs} />
      <div class="grid gap-4">
        <JobHistogram read={histogram} />
        <DataTable
          noun={["job", "jobs"]}
          caption={jobs.caption}
          columns={jobColumns(nowMs)}
          columnsKept="jobs"
          read={page}
          state={state}
          rowKey={(job) => job.job_id}
          empty={{
            icon: <JobsIcon />,
            title: jobs.empty,
            text: jobs.emptyText,
            action: (
              <a href="/" class={buttonClass()}>
                {jobs.seeSteps}
              </a>
            ),
          }}
        />
      </div>
    </>
  );
}
