import type { Answer } from "../e2e/ui-server.ts";
import { problem } from "./answers.ts";
import * as money from "./money-answers.ts";
import * as customers from "./customer-answers.ts";
import type { State } from "./states.ts";
import { reports } from "./usage-answers.ts";

/** The screens of organizations, teams, budgets, notices and top-up codes, in the states worth a look. */

const ok = (body: unknown): Answer => ({ status: 200, body });
const down: Answer = {
  status: 503,
  body: problem(503, "database_unavailable", "The database does not answer."),
};
const { page } = customers;
const none = page([]);

const team = `/teams/${customers.team.team_id}`;
const organization = `/organizations/${customers.organization.organization_id}`;
const batch = `/top-ups/${money.batchDetail.batch_id}`;
const month = "from=2026-10-25&to=2026-11-24";
const last = "from=2026-09-25&to=2026-10-25";
const ofTeam = `team=${customers.team.team_id}`;
const ofOrganization = `organization=${customers.organization.organization_id}`;

export const customerAnswers: Record<string, Answer> = {
  "GET /api/organizations?limit=50": ok(page(customers.organizations, "more")),
  "GET /api/organizations?limit=200": ok(page(customers.organizations)),
  "GET /api/teams?limit=50": ok(page(customers.teams, "more")),
  "GET /api/teams?limit=50&plan=standard": ok(page(customers.teams)),
  "GET /api/teams?limit=8&plan=standard": ok(page(customers.teams.slice(0, 8), "more")),
  "GET /api/teams?limit=8&alias=chat-fast": ok(page(customers.teams.slice(0, 3))),
  "GET /api/organizations?limit=8&plan=standard": ok(page([customers.organization])),
  [`GET /api${organization}`]: ok(customers.organization),
  [`GET /api/teams?limit=50&organization_id=${customers.organization.organization_id}`]: ok(
    page(customers.teams.slice(0, 4)),
  ),
  [`GET /api${organization}/plan`]: ok({
    ...money.plan,
    in_force: { ...money.plan.in_force, source: "organization" },
  }),
  [`GET /api${organization}/history?limit=50`]: ok(page(customers.history)),
  [`GET /api/credentials?organization_id=${customers.organization.organization_id}`]: ok(
    page(customers.credentials),
  ),
  [`GET /api/usage?${ofOrganization}&${month}`]: ok(reports.totals),
  [`GET /api/usage?${ofOrganization}&${last}`]: ok(reports.before),
  [`GET /api/usage?${ofOrganization}&${month}&group_by=team&bucket=day&top=5&top_by=credits_charged`]:
    ok(reports.byTeam),
  [`GET /api/usage?${ofOrganization}&${month}&group_by=team`]: ok(reports.byType),
  [`GET /api${team}`]: ok(customers.team),
  [`GET /api${team}/wallet`]: ok(customers.wallet),
  [`GET /api${team}/wallet/entries?limit=25`]: ok(page(money.entries, "more")),
  [`GET /api${team}/wallet/grants?state=open&limit=100`]: ok(page(money.grants)),
  [`GET /api${team}/wallet/refills?limit=100`]: ok(page(money.refills)),
  [`GET /api${team}/keys?limit=25`]: ok(page(customers.keys)),
  [`GET /api${team}/access`]: ok(customers.access),
  [`GET /api${team}/plan`]: ok(money.plan),
  [`GET /api${team}/history?limit=50`]: ok(page(customers.history)),
  [`GET /api/usage?${ofTeam}&${month}`]: ok(reports.totals),
  [`GET /api/usage?${ofTeam}&${last}`]: ok(reports.before),
  [`GET /api/usage?${ofTeam}&${month}&group_by=alias&bucket=day&top=5&top_by=credits_charged`]: ok(
    reports.byModel,
  ),
  [`GET /api/usage?${ofTeam}&${month}&group_by=job_type`]: ok(reports.byType),
  [`GET /api/budgets?limit=50&scope=team&subject_id=${customers.team.team_id}`]: ok(
    page(money.budgets.slice(0, 1)),
  ),
  [`GET /api/budgets?limit=50&scope=organization&subject_id=${customers.organization.organization_id}`]:
    ok(page(money.budgets.slice(1, 2))),
  [`GET /api/audit?limit=25&${ofTeam}`]: ok(page(customers.auditEntries)),
  [`GET /api/audit?limit=25&${ofOrganization}`]: ok(page(customers.auditEntries)),
  "GET /api/budgets?limit=50": ok(page(money.budgets)),
  "GET /api/top-up-batches?limit=50": ok(page(money.batches)),
  [`GET /api/top-up-batches/${money.batchDetail.batch_id}?limit=50`]: ok(money.batchDetail),
};

const nothing = (path: string) => ({ [`GET ${path}`]: ok(none) });
const failed = (path: string) => ({ [`GET ${path}`]: down });
const silent = (path: string) => ({ [`GET ${path}`]: "silent" as const });
const requestId = "req_019ab1c27f00";

export const customerStates: State[] = [
  { name: "organizations", path: "/organizations", shows: "6 organizations shown" },
  {
    name: "organizations-empty",
    path: "/organizations",
    given: nothing("/api/organizations?limit=50"),
    shows: "No organizations yet",
  },
  { name: "organization", path: organization, shows: "4 teams shown" },
  { name: "organization-usage", path: `${organization}?tab=usage`, shows: "translation" },
  {
    name: "organization-credentials",
    path: `${organization}?tab=credentials`,
    shows: "Aperture's own",
  },
  { name: "organization-missing", path: "/organizations/none", shows: "no such organization" },
  { name: "teams-of-plan", path: "/teams?plan=standard", shows: "10 teams shown" },
  { name: "teams", path: "/teams", shows: "10 teams shown" },
  {
    name: "teams-empty",
    path: "/teams",
    given: nothing("/api/teams?limit=50"),
    shows: "No teams yet",
  },
  { name: "teams-error", path: "/teams", given: failed("/api/teams?limit=50"), shows: requestId },
  { name: "teams-loading", path: "/teams", given: silent("/api/teams?limit=50"), shows: "Balance" },
  { name: "team", path: team, shows: "Legacy importer" },
  {
    name: "team-parts-failed",
    path: team,
    given: { ...failed(`/api${team}/wallet`), ...nothing(`/api${team}/keys?limit=25`) },
    shows: requestId,
  },
  { name: "team-loading", path: team, given: silent(`/api${team}`), shows: "Team" },
  { name: "team-wallet", path: `${team}?tab=wallet`, shows: "The answer was of no use" },
  { name: "team-access", path: `${team}?tab=access`, shows: "invoice_check" },
  { name: "team-plan", path: `${team}?tab=plan`, shows: "enterprise" },
  { name: "team-budgets", path: `${team}?tab=budgets`, shows: "84.2%" },
  { name: "team-usage", path: `${team}?tab=usage`, shows: "support_reply" },
  { name: "team-activity", path: `${team}?tab=activity`, shows: "credits.allocate" },
  { name: "team-missing", path: "/teams/none", shows: "There is no such team" },
  { name: "budgets", path: "/budgets", shows: "4 budgets shown" },
  {
    name: "budgets-empty",
    path: "/budgets",
    given: nothing("/api/budgets?limit=50"),
    shows: "No budget yet",
  },
  {
    name: "notices",
    path: "/notices",
    given: { "GET /api/notices?limit=50": ok(page(money.notices)) },
    shows: "4 notices shown",
  },
  { name: "top-ups", path: "/top-ups", shows: "2 batches shown" },
  { name: "top-up-batch", path: batch, shows: "3 codes shown" },
];
