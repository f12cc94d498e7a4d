import type { Answer } from "../e2e/ui-server.ts";
import * as answers from "./answers.ts";
import type { State } from "./states.ts";
import * as billing from "./billing-answers.ts";
import { statement } from "./statement-answers.ts";
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
  "GET /api/plans?limit=50": ok(billing.planPage),
  "GET /api/plans/standard": ok(billing.planDetail),
  "POST /api/plans/preview": ok(billing.preview),
  "POST /api/plans/simulate": ok(billing.simulation),
  "GET /api/usage?from=2026-10-25&to=2026-11-24&bucket=day&group_by=team&top_by=revenue_usd&top=5":
    ok(billing.teamSeries),
  "GET /api/usage?from=2026-10-25&to=2026-11-24&group_by=team&top_by=revenue_usd&top=100": ok(
    billing.teamSplit,
  ),
  "GET /api/usage?from=2026-09-25&to=2026-10-25&group_by=team&top_by=revenue_usd&top=100": ok(
    billing.teamBefore,
  ),
  "GET /api/usage?from=2026-10-25&to=2026-11-24&group_by=alias": ok(billing.aliasSplit),
  "GET /api/teams/support/statement?month=2026-10": ok(statement),
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
  { name: "plans", path: "/plans", shows: "5 plans shown" },
  { name: "plan", path: "/plans/standard", shows: "Version 3" },
  { name: "plan-new", path: "/plans/_new", shows: "1,006 credits" },
  { name: "plan-edit", path: "/plans/standard/edit", shows: "Change Standard" },
  { name: "what-if", path: "/what-if?plan=standard", shows: "Nothing charged anew yet" },
  { name: "analytics", path: "/analytics", shows: "Answers from the cache, by alias" },
  {
    name: "statement-of-no-month",
    path: "/analytics/statements/support/2026-13",
    shows: "Page not found",
  },
  {
    name: "statement",
    path: "/analytics/statements/support/2026-10",
    shows: "Day by day",
  },
];
