/** Every change that the admin API can be asked for, and what the audit log then has of it. */

export interface Change {
  /** As the document names it. */
  route: string;
  path: string;
  body?: object;
  /** What the audit log then has of this request. */
  actions: readonly string[];
  /** Fields of the answer that later paths and bodies name as `{name}`. */
  keeps?: Readonly<Record<string, (answer: Record<string, unknown>) => unknown>>;
}

const change = (
  route: string,
  path: string,
  actions: string,
  body?: object,
  keeps?: Change["keeps"],
): Change => ({
  ...{ route, path, actions: actions.split(" ") },
  ...(body && { body }),
  ...(keeps && { keeps }),
});

const organization = "/api/organizations/{organization_id}";
const team = "/api/teams/{team_id}";
const wallet = `${team}/wallet`;
const routing = "/api/teams/routing";
const priced = { input_price: 1, output_price: 1 };
const flat = { kind: "flat", rules: { price: 2 } };
const ofTeam = { scope: "team", subject_id: "routing", kind: "hard", period: "day", limit_usd: 5 };

/** In an order in which each can be made once. */
export const changes: readonly Change[] = [
  change("POST /api/organizations", "/api/organizations", "organization.create", {
    ...{ name: "Acme", id: "acme" },
  }),
  change(`PATCH ${organization}`, "/api/organizations/acme", "organization.update", {
    ...{ name: "Acme Inc", version: 1 },
  }),
  change(`POST ${organization}/pause`, "/api/organizations/acme/pause", "organization.pause", {}),
  change(
    `POST ${organization}/suspend`,
    "/api/organizations/acme/suspend",
    "organization.suspend",
    {},
  ),
  change(
    `POST ${organization}/resume`,
    "/api/organizations/acme/resume",
    "organization.resume",
    {},
  ),
  change("POST /api/teams", "/api/teams", "key.create team.create", {
    ...{ name: "Routing", id: "routing", organization_id: "acme", credits: 100 },
  }),
  change("POST /api/teams", "/api/teams", "key.create team.create", {
    ...{ name: "Customs", id: "customs", organization_id: "acme" },
  }),
  change(`PATCH ${team}`, routing, "team.update", { name: "Routes", version: 1 }),
  change(`POST ${team}/pause`, `${routing}/pause`, "team.pause", {}),
  change(`POST ${team}/suspend`, `${routing}/suspend`, "team.suspend", {}),
  change(`POST ${team}/resume`, `${routing}/resume`, "team.resume", {}),
  change(`PUT ${team}/access`, `${routing}/access`, "team.access", { groups: [] }),
  change(
    `POST ${team}/keys`,
    `${routing}/keys`,
    "key.create",
    { name: "k" },
    {
      key: ({ key_id }) => key_id,
    },
  ),
  change("PATCH /api/keys/{key_id}", "/api/keys/{key}", "key.update", { name: "l", version: 1 }),
  change("POST /api/keys/{key_id}/rotate", "/api/keys/{key}/rotate", "key.create key.rotate", {}),
  change("POST /api/keys/{key_id}/revoke", "/api/keys/{key}/revoke", "key.revoke"),
  change(`PATCH ${wallet}`, `${routing}/wallet`, "wallet.settings", { credit_limit: 5 }),
  change(`POST ${wallet}/allocate`, `${routing}/wallet/allocate`, "wallet.allocate", {
    ...{ credits: 10, idempotency_key: "a" },
  }),
  change(`POST ${wallet}/deduct`, `${routing}/wallet/deduct`, "wallet.deduct", {
    ...{ credits: 1, reason: "r", idempotency_key: "d" },
  }),
  change(`POST ${wallet}/adjust`, `${routing}/wallet/adjust`, "wallet.adjust", {
    ...{ credits: -1, reason: "r", idempotency_key: "j" },
  }),
  change(`POST ${wallet}/refund`, `${routing}/wallet/refund`, "wallet.refund", {
    ...{ job_id: "{job}", credits: 4, reason: "r" },
  }),
  change(
    `POST ${wallet}/transfer`,
    `${routing}/wallet/transfer`,
    "wallet.transfer wallet.transfer",
    {
      ...{ to_team_id: "customs", credits: 112 },
    },
  ),
  change(
    `POST ${wallet}/refills`,
    `${routing}/wallet/refills`,
    "refill.create",
    {
      ...{ credits: 1, period: "day" },
    },
    { refill: ({ refill_id }) => refill_id },
  ),
  change(
    `POST ${wallet}/refills/{refill_id}/stop`,
    `${routing}/wallet/refills/{refill}/stop`,
    "refill.stop",
    {},
  ),
  change(
    "POST /api/top-up-batches",
    "/api/top-up-batches",
    "top_up_batch.create",
    {
      ...{ name: "Fair", credits: 1, count: 1 },
    },
    { batch: ({ batch_id }) => batch_id },
  ),
  change(
    "POST /api/top-up-batches/{batch_id}/codes/{code_id}/revoke",
    "/api/top-up-batches/{batch}/codes/{code}/revoke",
    "top_up_code.revoke",
    {},
  ),
  change("POST /api/models", "/api/models", "model.create", {
    ...{ alias: "chat", model: "openai/x", ...priced },
  }),
  change("PATCH /api/models/{alias}", "/api/models/chat", "model.update", {
    ...{ cache_ttl_seconds: 60, version: 1 },
  }),
  change("POST /api/groups", "/api/groups", "group.create", { name: "Large", id: "large" }),
  change("PATCH /api/groups/{group_id}", "/api/groups/large", "group.update", {
    ...{ name: "Larger", version: 1 },
  }),
  change("POST /api/groups/{group_id}/models", "/api/groups/large/models", "group.update", {
    models: ["chat"],
  }),
  change(
    "DELETE /api/groups/{group_id}/models/{alias}",
    "/api/groups/large/models/chat",
    "group.update",
  ),
  change("DELETE /api/groups/{group_id}", "/api/groups/large", "group.delete"),
  change(
    "DELETE /api/groups/{group_id}/models/{alias}",
    "/api/groups/default/models/chat",
    "group.update",
  ),
  change("DELETE /api/models/{alias}", "/api/models/chat", "model.delete"),
  change(
    "POST /api/credentials",
    "/api/credentials",
    "credential.create",
    {
      ...{ name: "Ours", api_key: "provider-key" },
    },
    { credential: ({ credential_id }) => credential_id },
  ),
  change(
    "PATCH /api/credentials/{credential_id}",
    "/api/credentials/{credential}",
    "credential.update",
    {
      ...{ enabled: false, version: 1 },
    },
  ),
  change(
    "DELETE /api/credentials/{credential_id}",
    "/api/credentials/{credential}",
    "credential.delete",
  ),
  change("POST /api/plans", "/api/plans", "plan.create", { name: "P", id: "p", ...flat }),
  change("POST /api/plans/{plan_id}/versions", "/api/plans/p/versions", "plan.version", {
    ...{ ...flat, version: 1 },
  }),
  change(`PUT ${team}/plan`, `${routing}/plan`, "plan.assign", { plan_id: "p" }),
  change(`PUT ${organization}/plan`, "/api/organizations/acme/plan", "plan.assign", {
    plan_id: "p",
  }),
  change("PUT /api/settings/plan", "/api/settings/plan", "plan.assign", { plan_id: "p" }),
  change("PATCH /api/plans/{plan_id}", "/api/plans/p", "plan.change", { name: "Q", version: 2 }),
  change("POST /api/budgets", "/api/budgets", "budget.create", ofTeam, {
    budget: ({ budget_id }) => budget_id,
  }),
  change("PATCH /api/budgets/{budget_id}", "/api/budgets/{budget}", "budget.update", {
    ...{ limit_usd: 6, version: 1 },
  }),
  change("DELETE /api/budgets/{budget_id}", "/api/budgets/{budget}", "budget.delete"),
  change("POST /api/jobs/{job_id}/cancel", "/api/jobs/{open}/cancel", "job.cancel", {}),
  change("POST /api/calls/{call_id}/cancel", "/api/calls/{call}/cancel", "call.cancel"),
  change("POST /api/gateway/restart", "/api/gateway/restart", "gateway.restart"),
  change(
    "POST /api/tokens",
    "/api/tokens",
    "token.create",
    { name: "T", role: "viewer" },
    {
      token: ({ token_id }) => token_id,
    },
  ),
  change("DELETE /api/tokens/{token_id}", "/api/tokens/{token}", "token.revoke"),
  change(
    "POST /api/invitations",
    "/api/invitations",
    "invitation.create",
    {
      ...{ email: "a@example.com", role: "viewer" },
    },
    { invitation: ({ invitation_id }) => invitation_id },
  ),
  change(
    "DELETE /api/invitations/{invitation_id}",
    "/api/invitations/{invitation}",
    "invitation.revoke",
  ),
  change("PATCH /api/settings", "/api/settings", "settings.change", { brand: "B" }),
  change("POST /api/usage/rebuild", "/api/usage/rebuild", "usage.rebuild", {}),
  change(`DELETE ${team}`, routing, "team.delete"),
  change(`DELETE ${organization}`, "/api/organizations/acme", "organization.delete team.delete"),
];

/** Change nothing: a provider is asked, a call is made as the team makes its own. */
export const unchanging = [
  "POST /api/plans/preview",
  "POST /api/plans/simulate",
  "POST /api/credentials/{credential_id}/test",
  "POST /api/teams/{team_id}/playground",
];
/** What people do about their own account or those of others, which takes their passwords or links. */
export const ofPeople = [
  "DELETE /api/account/sessions/{session_id}",
  "DELETE /api/accounts/{account_id}",
  "DELETE /api/session",
  "PATCH /api/account",
  "PATCH /api/accounts/{account_id}",
  "POST /api/account/backup-codes",
  "POST /api/account/password",
  "POST /api/account/second-factor",
  "POST /api/account/second-factor/confirm",
  "POST /api/account/second-factor/disable",
  "POST /api/accounts/{account_id}/reset",
  "POST /api/invitation",
  "POST /api/invitation/accept",
  "POST /api/reset",
  "POST /api/session",
  "POST /api/setup",
  "POST /api/setup-links",
];
