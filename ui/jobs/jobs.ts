import { keepPreviousData, useQuery } from "@tanstack/preact-query";
import type { JobDetail } from "../../server/admin/schema.ts";
import { ApiError, api } from "../api.ts";

const pollMs = 2000;
/** Ended jobs change only by hand or by a late call; looking rarely is enough. */
const endedPollMs = 15_000;

const apiError = (error: Error | null) => (error instanceof ApiError ? error : undefined);

/** One page of jobs, newest first, kept current while visible. A page on the way shows the one before as `stale`. */
export function useJobPage(limit: number, cursor?: string) {
  const query = useQuery({
    queryKey: ["jobs", limit, cursor ?? null],
    queryFn: ({ signal }) => api.jobs({ limit, cursor }, signal),
    refetchInterval: pollMs,
    placeholderData: keepPreviousData,
  });
  return {
    page: query.data,
    error: apiError(query.error),
    stale: query.isPlaceholderData,
    retry: () => void query.refetch(),
  };
}

/** One job with its calls. */
export function useJob(jobId: string) {
  const query = useQuery({
    queryKey: ["job", jobId],
    queryFn: ({ signal }) => api.job(jobId, signal),
    refetchInterval: ({ state }) => {
      if (state.error instanceof ApiError && state.error.status === 404) return false;
      return state.data && !isRunning(state.data) ? endedPollMs : pollMs;
    },
  });
  return { job: query.data, error: apiError(query.error), retry: () => void query.refetch() };
}

function isRunning(job: JobDetail): boolean {
  return job.status === "pending" || job.status === "in_progress" || job.calls_in_flight > 0;
}
