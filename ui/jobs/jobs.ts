import type { JobDetail, JobPage } from "../../server/admin/schema.ts";
import { at } from "../api.ts";
import { type Read, useRead } from "../query.ts";

const pollMs = 2000;
/** Ended jobs change only by hand or by a late call; looking rarely is enough. */
const endedPollMs = 15_000;

/** One page of jobs, newest first, kept current while visible. A page on the way shows the one before as `stale`. */
export function useJobPage(limit: number, cursor?: string): Read<JobPage> {
  return useRead<JobPage>("/api/jobs", { parameters: { limit, cursor }, pollMs });
}

/** One job with its calls. */
export function useJob(jobId: string): Read<JobDetail> {
  return useRead<JobDetail>(at`/api/jobs/${jobId}`, {
    pollMs: (job) => (job && !isRunning(job) ? endedPollMs : pollMs),
  });
}

function isRunning(job: JobDetail): boolean {
  return job.status === "pending" || job.status === "in_progress" || job.calls_in_flight > 0;
}
