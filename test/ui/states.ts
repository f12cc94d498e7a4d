import type { Answer } from "../e2e/ui-server.ts";
import * as answers from "./answers.ts";
import { accountAnswers, accountStates } from "./account-states.ts";
import { teams } from "./customer-answers.ts";
import * as operate from "./answers-operate.ts";
import { workAnswers, workStates } from "./work-states.ts";
import { platformStates } from "./platform-states.ts";
import { customerAnswers, customerStates } from "./customer-states.ts";

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const refused = (status: number, code: string, detail: string): Answer => ({
  status,
  body: answers.problem(status, code, detail),
});
export const noSession = refused(401, "session_required", "Sign in first.");
export const jobPath = `/jobs/${answers.jobDetail.job_id}`;

/** What a server answers that has nothing to complain of. */
export const healthy: Record<string, Answer> = {
  "GET /api/session": ok(answers.session),
  "GET /api/setup": ok({ owner_exists: true }),
  "GET /api/status": ok(answers.readyStatus),
  "GET /api/jobs?limit=8": ok({ ...answers.jobPage, data: answers.jobPage.data.slice(0, 8) }),
  "GET /api/usage?from=2026-10-25&to=2026-11-24&bucket=day": ok(operate.money),
  "GET /api/usage?from=2026-10-25&to=2026-11-24&bucket=day&group_by=alias": ok(operate.byModel),
  "GET /api/usage?from=2026-09-25&to=2026-10-25": ok(operate.before),
  "GET /api/teams?balance=low&sort=balance&limit=5": ok({
    ...operate.none,
    data: teams.filter(({ low_balance: isLow }) => isLow),
  }),
  "GET /api/gateway/config": ok(operate.gatewayConfig),
  "GET /api/settings": ok(operate.settings),
  "GET /api/credentials?limit=50": ok(operate.none),
  "GET /api/models?limit=200": ok(operate.none),
  "GET /api/teams?limit=20": ok(operate.none),
  "GET /api/calls/live": { events: Object.values(operate.calls).map(operate.frame) },
  "GET /api/jobs?limit=25": ok(answers.jobPage),
  "GET /api/jobs?limit=25&cursor=older-25": ok(answers.olderJobPage),
  "GET /api/jobs?limit=25&cursor=newer-25": ok(answers.jobPage),
  [`GET /api${jobPath}`]: ok(answers.jobDetail),
  ...accountAnswers,
  ...workAnswers,
  ...customerAnswers,
};

/** A page in one of its states. */
export interface State {
  name: string;
  path: string;
  given?: Record<string, Answer>;
  /** A text that is there only once the state is. */
  shows: string;
}

export const databaseDown = refused(503, "database_unavailable", "The database does not answer.");

export const states: State[] = [
  ...platformStates,
  { name: "overview", path: "/", shows: "Calls by model" },
  {
    name: "overview-first-start",
    path: "/",
    given: {
      "GET /api/status": ok(answers.installingStatus),
      "GET /api/jobs?limit=8": ok(answers.noJobs),
      "GET /api/teams?balance=low&sort=balance&limit=5": ok(operate.none),
    },
    shows: "Installing 87 of 141 packages",
  },
  {
    name: "overview-gateway-failed",
    path: "/",
    given: { "GET /api/status": ok(answers.failedStatus), "GET /api/jobs?limit=8": databaseDown },
    shows: "Port 8002 is taken",
  },
  {
    name: "overview-loading",
    path: "/",
    given: { "GET /api/status": "silent", "GET /api/jobs?limit=8": "silent" },
    shows: "Latest jobs",
  },
  {
    name: "overview-quiet",
    path: "/",
    given: {
      "GET /api/teams?balance=low&sort=balance&limit=5": databaseDown,
      "GET /api/usage?from=2026-10-25&to=2026-11-24&bucket=day": ok(operate.noFigures),
      "GET /api/usage?from=2026-10-25&to=2026-11-24&bucket=day&group_by=alias": databaseDown,
    },
    shows: "No data in this period",
  },
  { name: "gateway", path: "/gateway", shows: "SAAS_LITELLM_CREDENTIAL_0" },
  {
    name: "gateway-error",
    path: "/gateway",
    given: { "GET /api/gateway/config": databaseDown },
    shows: "The configuration could not be read",
  },
  { name: "live", path: "/live", shows: "upstream_rate_limited" },
  {
    name: "live-refused",
    path: "/live",
    given: { "GET /api/calls/live": refused(429, "too_many_streams", "Close one.") },
    shows: "Connect again",
  },
  { name: "settings", path: "/settings", shows: "Save the settings" },
  {
    name: "settings-error",
    path: "/settings",
    given: { "GET /api/settings": databaseDown },
    shows: "The settings could not be read",
  },
  { name: "jobs", path: "/jobs", shows: "25 jobs shown" },
  {
    name: "jobs-empty",
    path: "/jobs",
    given: { "GET /api/jobs?limit=25": ok(answers.noJobs) },
    shows: "No jobs yet",
  },
  {
    name: "jobs-error",
    path: "/jobs",
    given: { "GET /api/jobs?limit=25": databaseDown },
    shows: "req_019ab1c27f00",
  },
  {
    name: "jobs-loading",
    path: "/jobs",
    given: { "GET /api/jobs?limit=25": "silent" },
    shows: "Provider cost",
  },
  { name: "job", path: jobPath, shows: "upstream_rate_limited" },
  { name: "job-missing", path: "/jobs/none", shows: "There is no such job" },
  { name: "not-found", path: "/nowhere", shows: "Nothing is at this address" },
  {
    name: "signed-out",
    path: "/",
    given: { "GET /api/session": noSession },
    shows: "Lost your password?",
  },
  {
    name: "no-owner",
    path: "/",
    given: { "GET /api/session": noSession, "GET /api/setup": ok({ owner_exists: false }) },
    shows: "Nobody can sign in yet",
  },
  {
    name: "set-up",
    path: "/setup#token=once",
    given: { "GET /api/session": noSession },
    shows: "This account may do everything",
  },
  {
    name: "invitation",
    path: "/invitation#token=once",
    given: {
      "GET /api/session": noSession,
      "POST /api/invitation": ok({
        ...{ email: "grace@example.com", role: "support", expires_at: "2026-11-30T14:20:00Z" },
      }),
    },
    shows: "grace@example.com is invited as support",
  },
  {
    name: "link-refused",
    path: "/invitation#token=used",
    given: {
      "GET /api/session": noSession,
      "POST /api/invitation": refused(403, "link_invalid", "This link is not known."),
    },
    shows: "This link does not work",
  },
  {
    name: "reset",
    path: "/reset#token=once",
    given: { "GET /api/session": noSession },
    shows: "It takes the place of the old one",
  },
  ...accountStates,
  {
    name: "unreachable",
    path: "/",
    given: { "GET /api/session": "gone" },
    shows: "This page tries again every few seconds",
  },
  ...workStates,
  ...customerStates,
];
