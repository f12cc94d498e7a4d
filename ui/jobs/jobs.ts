import type { JobDetail, JobPage } from "../../server/admin/schema.ts";
import type { JobHistogram } from "../../server/analytics/schema.ts";
import type { CallBodiesView } from "../../server/bodies/schema.ts";
import type { CallDetail } from "../../server/calls/schema.ts";
import type { Charge } from "../../server/charges/schema.ts";

import * as format from "../format.ts";
import { at, type Parameters, post } from "../api.ts";
import { type Change, type Read, useChange, useRead } from "../query.ts";
import { jobs } from "../strings/jobs.ts";

const pollMs = 2000;
/** Ended jobs change only by hand or by a late call; looking rarely is enough. */
const endedPollMs = 15_000;

/** One page of jobs, newest first, kept current while visible. A page on the way shows the one before as `stale`. */
export function useJobPage(limit: number, parameters: Parameters = {}): Read<JobPage> {
  return useRead<JobPage>("/api/jobs", { parameters: { limit, ...parameters }, pollMs });
}

/** How many jobs there are by time and status, within the same filters. */
export function useHistogram(parameters: Parameters): Read<JobHistogram> {
  return useRead<JobHistogram>("/api/jobs/histogram", { parameters, pollMs: endedPollMs });
}

/** One job with its calls. */
export function useJob(jobId: string): Read<JobDetail> {
  return useRead<JobDetail>(at`/api/jobs/${jobId}`, {
    pollMs: (job) => (job && !isRunning(job) ? endedPollMs : pollMs),
  });
}

function isRunning(job: JobDetail): boolean {
  return job.ended_at === null || job.calls_in_flight > 0;
}

/** How the job's charge came about. */
export function useCharge(jobId: string): Read<Charge> {
  return useRead<Charge>(at`/api/jobs/${jobId}/charge`, { pollMs: endedPollMs });
}

export function useCall(callId: string): Read<CallDetail> {
  return useRead<CallDetail>(at`/api/calls/${callId}`);
}

/** What was sent and what came back, once it is asked for. */
export function useBodies(callId: string, enabled: boolean): Read<CallBodiesView> {
  return useRead<CallBodiesView>(at`/api/calls/${callId}/bodies`, { enabled });
}

export function useRefund(
  job: { job_id: string; team_id: string },
  onDone: () => void,
): Change<{ credits: number; reason: string }> {
  return useChange({
    send: (input, sending) =>
      post(at`/api/teams/${job.team_id}/wallet/refund`, { job_id: job.job_id, ...input }, sending),
    refreshes: ["/api/jobs", "/api/teams", "/api/usage"],
    done: (_, { credits }) => jobs.refundDone(format.inCredits(credits)),
    onDone,
  });
}

export function useCancel(jobId: string, onDone: () => void): Change<object> {
  return useChange({
    send: (input, sending) => post<JobDetail>(at`/api/jobs/${jobId}/cancel`, input, sending),
    refreshes: ["/api/jobs"],
    done: jobs.cancelled,
    onDone,
  });
}
