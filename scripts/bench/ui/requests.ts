import { organizationId, teamId } from "./fill-tenants.ts";

/** A question that a screen asks: its path with parameters, under the name that the table gives it. */
export interface Asked {
  name: string;
  path: string;
  /** Ask for the page behind it too. */
  pages?: true;
}

/** Ids that are only known once the database is filled. */
export interface Found {
  jobId: string;
  callId: string;
  batchId: string;
  /** One with few jobs. */
  smallTeam: string;
}

/** The team with most jobs, and an organization with neither most nor fewest. */
export const largeTeam = teamId(1);
export const organization = organizationId(8);

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
/** Whole days up to and with today, as the period picker gives them. */
const last = (days: number) => ({ from: daysAgo(days - 1), to: daysAgo(-1) });
const spans = { "30 days": last(30), "90 days": last(90), "12 months": last(365) };
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

type Parameters = Readonly<Record<string, string | number>>;
const ask = (name: string, path: string, parameters: Parameters = {}): Asked => {
  const query = new URLSearchParams(
    Object.entries(parameters).map(([key, value]) => [key, String(value)]),
  );
  return { name, path: query.size > 0 ? `${path}?${query}` : path };
};

/** Every list and chart that a screen reads, in its usual ways: as it opens, ordered, searched, narrowed, the second page. */
export function requests(found: Found): Asked[] {
  return [
    ...overview(),
    ...tenantLists(),
    ...jobLists(found),
    ...analytics(),
    ...[largeTeam, found.smallTeam].flatMap(ofOneTeam),
    ...records(found),
  ];
}

function overview(): Asked[] {
  return [
    ask("status", "/api/status"),
    ...Object.entries({ today: last(1), "7 days": last(7), ...spans }).flatMap(([name, span]) => {
      const days = (Date.parse(span.to) - Date.parse(span.from)) / DAY_MS;
      const bucket = days <= 2 ? "hour" : days <= 100 ? "day" : "week";
      return [
        ask(`overview, ${name}: money`, "/api/usage", { ...span, bucket }),
        ask(`overview, ${name}: models`, "/api/usage", { ...span, bucket, group_by: "alias" }),
      ];
    }),
    ask("overview: 30 days before", "/api/usage", { from: daysAgo(59), to: daysAgo(29) }),
    ask("overview: notices", "/api/notices", { limit: 9 }),
    ask("overview: latest jobs", "/api/jobs", { limit: 8 }),
  ];
}

function tenantLists(): Asked[] {
  const searches = { many: "Routing", few: "Claims 77", none: "no such name" };
  const list = (noun: string, path: string, sorts: readonly string[], narrowing: Parameters[]) => [
    { ...ask(noun, path, { limit: 50 }), pages: true as const },
    ...sorts.flatMap((sort) => [
      { ...ask(`${noun} by ${sort}`, path, { limit: 50, sort }), pages: true as const },
      ask(`${noun} by ${sort}, searched`, path, { limit: 50, sort, search: "Freight" }),
    ]),
    ...Object.entries(searches).map(([name, search]) =>
      ask(`${noun}, search for ${name}`, path, { limit: 50, search }),
    ),
    ...narrowing.map((parameters) =>
      ask(`${noun}, ${Object.values(parameters).join(" ")}`, path, { limit: 50, ...parameters }),
    ),
  ];
  const sorts = ["name", "-name", "created_at", "-created_at"];
  return [
    ...list(
      "teams",
      "/api/teams",
      [...sorts, "balance", "-balance"],
      [
        ...["suspended", "paused", "deleted"].map((status) => ({ status })),
        { organization_id: organization },
        { organization_id: organization, sort: "-balance" },
        { status: "suspended", sort: "balance" },
      ],
    ),
    ...list("organizations", "/api/organizations", sorts, [{ status: "suspended" }]),
    ask("organizations to choose from", "/api/organizations", { limit: 200 }),
    ask("an organization", `/api/organizations/${organization}`),
    ask("its history", `/api/organizations/${organization}/history`, { limit: 50 }),
    ...Object.entries(spans).flatMap(([name, span]) => [
      ask(`its teams' charges, ${name}`, "/api/usage", {
        ...{ ...span, organization, group_by: "team", bucket: "day" },
        ...{ top: 5, top_by: "credits_charged" },
      }),
      ask(`its usage by team, ${name}`, "/api/usage", { ...span, organization, group_by: "team" }),
    ]),
  ];
}

function jobLists({ jobId, callId, smallTeam }: Found): Asked[] {
  const narrowing: Readonly<Record<string, Parameters>> = {
    all: {},
    failed: { status: "failed" },
    "in progress": { status: "in_progress" },
    "of a large team": { team: largeTeam },
    "of a small team": { team: smallTeam },
    "failed, of a small team": { team: smallTeam, status: "failed" },
    "of an organization": { organization },
    "failed, of an organization": { organization, status: "failed" },
    "of a type": { job_type: "invoice" },
    "of a user": { user_id: "user-7" },
    "by a model": { alias: "chat-fast" },
    flagged: { flagged: "true" },
    "of an hour": { from: hoursAgo(2) },
    "of a day": { from: hoursAgo(25) },
    "of 30 days": { from: hoursAgo(720) },
    "of a week a year ago": { from: hoursAgo(24 * 364), to: hoursAgo(24 * 357) },
    "dear ones": { min_cost_usd: "0.0096" },
    "dearer than any": { min_cost_usd: "100" },
    "charged more than any": { min_credits: "100" },
    "charged as none is": { min_credits: "0.2", max_credits: "0.8" },
    "charged nothing": { max_credits: "0" },
    "of no such task": { external_task_id: "no-such-task" },
    "by id": { id: jobId },
  };
  return [
    ...Object.entries(narrowing).flatMap(([name, parameters]) => [
      { ...ask(`jobs, ${name}`, "/api/jobs", { limit: 25, ...parameters }), pages: true as const },
      ask(`histogram of jobs, ${name}`, "/api/jobs/histogram", parameters),
    ]),
    ask("a job", `/api/jobs/${jobId}`),
    ask("its charge", `/api/jobs/${jobId}/charge`),
    ask("a call", `/api/calls/${callId}`),
  ];
}

function analytics(): Asked[] {
  const groups = ["organization", "team", "job_type", "alias", "target"];
  const filters: Readonly<Record<string, Parameters>> = {
    "of an organization": { organization, group_by: "team" },
    "of a large team": { team: largeTeam, group_by: "job_type" },
    "of a type": { job_type: "invoice", group_by: "alias" },
    "by a model": { alias: "chat-fast", group_by: "target" },
    "by a model, by team": { alias: "chat-fast", group_by: "team" },
    "by a model, by organization": { alias: "chat-fast", group_by: "organization" },
    "by a target, by team": { target: "openai/gpt-5-mini", group_by: "team" },
    "of a type, by team": { job_type: "invoice", group_by: "team" },
    "of a type, by organization": { job_type: "invoice", group_by: "organization" },
  };
  return Object.entries(spans).flatMap(([name, span]) => {
    const bucket = name === "12 months" ? "week" : "day";
    const both = (what: string, parameters: Parameters) => [
      ask(`analytics, ${name} ${what}: table`, "/api/usage", {
        ...{ ...span, ...parameters, top_by: "revenue_usd", top: 100 },
      }),
      ask(`analytics, ${name} ${what}: chart`, "/api/usage", {
        ...{ ...span, bucket, ...parameters, top_by: "revenue_usd", top: 5 },
      }),
    ];
    return [
      ...groups.flatMap((group) => both(`by ${group}`, { group_by: group })),
      ...Object.entries(filters).flatMap(([what, parameters]) => both(what, parameters)),
    ];
  });
}

function ofOneTeam(id: string): Asked[] {
  const name = id === largeTeam ? "large team" : "small team";
  const path = `/api/teams/${id}`;
  return [
    ask(`a ${name}`, path),
    ask(`${name}: wallet`, `${path}/wallet`),
    { ...ask(`${name}: entries`, `${path}/wallet/entries`, { limit: 25 }), pages: true as const },
    ask(`${name}: allocations`, `${path}/wallet/entries`, { limit: 25, kind: "allocation" }),
    ask(`${name}: entries of a month`, `${path}/wallet/entries`, {
      ...{ limit: 25, from: hoursAgo(24 * 90), to: hoursAgo(24 * 60) },
    }),
    ask(`${name}: grants`, `${path}/wallet/grants`, { state: "open", limit: 100 }),
    ask(`${name}: refills`, `${path}/wallet/refills`, { limit: 100 }),
    ask(`${name}: keys`, `${path}/keys`, { limit: 25 }),
    ask(`${name}: access`, `${path}/access`),
    ask(`${name}: plan`, `${path}/plan`),
    ask(`${name}: history`, `${path}/history`, { limit: 50 }),
    ask(`${name}: activity`, "/api/audit", { limit: 25, team: id }),
    ask(`${name}: budgets`, "/api/budgets", { limit: 50, scope: "team", subject_id: id }),
    ...Object.entries(spans).flatMap(([of, span]) => [
      ask(`${name}: usage, ${of}`, "/api/usage", { ...span, team: id }),
      ask(`${name}: usage by model, ${of}`, "/api/usage", {
        ...{ ...span, team: id, group_by: "alias", bucket: "day" },
      }),
      ask(`${name}: usage by key, ${of}`, "/api/usage", { ...span, team: id, group_by: "key" }),
    ]),
  ];
}

function records({ batchId }: Found): Asked[] {
  const audit: Readonly<Record<string, Parameters>> = {
    all: {},
    "searched for few": { search: "team-777" },
    "searched for none": { search: "no such thing" },
    "of an action": { action: "team.suspend" },
    "of an area": { action: "wallet." },
    "of no such actor": { actor: "user:019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10" },
    "of a subject": { subject: `team:${largeTeam}` },
    "of an organization": { organization },
    "of a week": { from: hoursAgo(24 * 60), to: hoursAgo(24 * 53) },
  };
  return [
    ...Object.entries(audit).map(([name, parameters]) => ({
      ...ask(`audit, ${name}`, "/api/audit", parameters),
      pages: true as const,
    })),
    { ...ask("notices", "/api/notices", { limit: 50 }), pages: true },
    ask("notices of a kind", "/api/notices", { limit: 50, kind: "budget.threshold" }),
    ask("notices of a team", "/api/notices", { limit: 50, team_id: largeTeam }),
    ask("notices of an organization", "/api/notices", { limit: 50, organization_id: organization }),
    { ...ask("budgets", "/api/budgets", { limit: 50 }), pages: true },
    ask("budgets of keys", "/api/budgets", { limit: 50, scope: "key" }),
    ask("hard budgets a month", "/api/budgets", { limit: 50, kind: "hard", period: "month" }),
    ask("plans", "/api/plans", { limit: 50 }),
    ask("plans that are in use", "/api/plans", { limit: 200, status: "active" }),
    ask("top-up codes", "/api/top-up-batches", { limit: 50 }),
    ask("a batch of codes", `/api/top-up-batches/${batchId}`, { limit: 50, state: "open" }),
    ask("models", "/api/models", { limit: 200 }),
    ask("access groups", "/api/groups", { limit: 200 }),
    ask("credentials", "/api/credentials", { limit: 200 }),
    ask("people", "/api/accounts"),
    ask("tokens", "/api/tokens"),
    ask("settings", "/api/settings"),
  ];
}
