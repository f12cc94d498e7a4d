import type { Answer } from "../e2e/ui-server.ts";
import * as answers from "./answers.ts";
import type { State } from "./states.ts";
import * as work from "./work-answers.ts";

const ok = (body: unknown): Answer => ({ status: 200, body });
const jobPath = `/jobs/${answers.jobDetail.job_id}`;
const chargedPath = `/jobs/${work.chargedJob.job_id}`;

/** What a healthy server answers about jobs, plans and analytics. */
export const workAnswers: Record<string, Answer> = {
  "GET /api/jobs/histogram": ok(work.histogram),
  "GET /api/jobs/histogram?status=failed&team=support&min_cost_usd=0.5": ok(work.histogram),
  "GET /api/jobs?limit=25&status=failed&team=support&min_cost_usd=0.5": ok(answers.noJobs),
  [`GET /api${jobPath}/charge`]: ok(work.runningCharge),
  [`GET /api${chargedPath}`]: ok(work.chargedJob),
  [`GET /api${chargedPath}/charge`]: ok(work.charge),
  [`GET /api/calls/${work.callDetail.call_id}`]: ok(work.callDetail),
};

export const workStates: State[] = [
  {
    name: "jobs-filtered",
    path: "/jobs?status=failed&team=support&min_cost_usd=0.5",
    shows: "No jobs match these filters",
  },
  { name: "job-charged", path: chargedPath, shows: "One of its answers was of no use" },
  {
    name: "call",
    path: `${jobPath}?call=${work.callDetail.call_id}`,
    shows: "Targets when it began",
  },
];
