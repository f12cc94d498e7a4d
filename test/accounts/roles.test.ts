import { expect, test } from "vitest";
import { areas } from "../../server/accounts/areas.ts";
import { type Role, roles } from "../../server/accounts/roles.ts";
import { requestOf, testDatabase } from "../harness.ts";
import { adminApp, asCli, ownOrigin } from "../admin/admin-app.ts";

const { database } = await testDatabase();
const { handle, send, signIn } = await adminApp(database);

const everybody: readonly Role[] = ["viewer", "support", "billing", "admin", "owner"];
const support: readonly Role[] = ["support", "admin", "owner"];
const billing: readonly Role[] = ["billing", "admin", "owner"];
const either: readonly Role[] = ["support", "billing", "admin", "owner"];
const admins: readonly Role[] = ["admin", "owner"];
const owners: readonly Role[] = ["owner"];

/** Who may use a route; what it answers them; which scope a token needs: null = no token with scopes gets there. */
type Row = readonly [readonly Role[], number, string | null];

/**
 * Every route of the admin API but the public ones, written by hand. Each is asked with an empty body and for ids that are not
 * there, so that a refusal of the body (422) or the id (404) shows that the role was let through.
 */
const matrix: Readonly<Record<string, Row>> = {
  // Whoever is signed in, about themselves. Tokens may only ask what they are.
  "GET /api/session": [everybody, 200, "any"],
  "GET /api/account": [everybody, 200, null],
  "PATCH /api/account": [everybody, 422, null],
  "POST /api/account/password": [everybody, 422, null],
  "POST /api/account/second-factor": [everybody, 422, null],
  "POST /api/account/second-factor/confirm": [everybody, 422, null],
  "POST /api/account/second-factor/disable": [everybody, 422, null],
  "POST /api/account/backup-codes": [everybody, 422, null],
  "GET /api/account/sessions": [everybody, 200, null],
  "DELETE /api/account/sessions/{session_id}": [everybody, 404, null],
  "POST /api/setup-links": [owners, 409, "accounts:write"],

  // Who may sign in. Which of them an admin may touch is tested in people.test.ts.
  "GET /api/accounts": [everybody, 200, "accounts:read"],
  "PATCH /api/accounts/{account_id}": [admins, 422, "accounts:write"],
  "DELETE /api/accounts/{account_id}": [admins, 404, "accounts:write"],
  "POST /api/accounts/{account_id}/reset": [admins, 404, "accounts:write"],
  "POST /api/invitations": [admins, 422, "accounts:write"],
  "GET /api/invitations": [admins, 200, "accounts:read"],
  "DELETE /api/invitations/{invitation_id}": [admins, 404, "accounts:write"],
  "POST /api/tokens": [admins, 422, "accounts:write"],
  "GET /api/tokens": [admins, 200, "accounts:read"],
  "DELETE /api/tokens/{token_id}": [admins, 404, "accounts:write"],
  "GET /api/audit": [admins, 200, "accounts:read"],
  "GET /api/audit.csv": [admins, 200, "accounts:read"],

  // Tenants: their state is support's and billing's, their keys are support's, what they are is an admin's.
  "POST /api/organizations": [admins, 422, "tenants:write"],
  "GET /api/organizations": [everybody, 200, "tenants:read"],
  "GET /api/organizations/{organization_id}": [everybody, 404, "tenants:read"],
  "PATCH /api/organizations/{organization_id}": [admins, 404, "tenants:write"],
  "DELETE /api/organizations/{organization_id}": [admins, 404, "tenants:write"],
  "POST /api/organizations/{organization_id}/suspend": [either, 404, "tenants:write"],
  "POST /api/organizations/{organization_id}/pause": [either, 404, "tenants:write"],
  "POST /api/organizations/{organization_id}/resume": [either, 404, "tenants:write"],
  "GET /api/organizations/{organization_id}/history": [everybody, 404, "tenants:read"],
  "POST /api/teams": [admins, 422, "tenants:write"],
  "GET /api/teams": [everybody, 200, "tenants:read"],
  "GET /api/teams/{team_id}": [everybody, 404, "tenants:read"],
  "PATCH /api/teams/{team_id}": [admins, 404, "tenants:write"],
  "DELETE /api/teams/{team_id}": [admins, 404, "tenants:write"],
  "POST /api/teams/{team_id}/suspend": [either, 404, "tenants:write"],
  "POST /api/teams/{team_id}/pause": [either, 404, "tenants:write"],
  "POST /api/teams/{team_id}/resume": [either, 404, "tenants:write"],
  "GET /api/teams/{team_id}/history": [everybody, 404, "tenants:read"],
  "GET /api/teams/{team_id}/access": [everybody, 404, "tenants:read"],
  "PUT /api/teams/{team_id}/access": [admins, 422, "tenants:write"],
  "POST /api/teams/{team_id}/keys": [support, 404, "tenants:write"],
  "GET /api/teams/{team_id}/keys": [everybody, 404, "tenants:read"],
  "GET /api/keys/{key_id}": [everybody, 404, "tenants:read"],
  "PATCH /api/keys/{key_id}": [support, 404, "tenants:write"],
  "POST /api/keys/{key_id}/rotate": [support, 404, "tenants:write"],
  "POST /api/keys/{key_id}/revoke": [support, 404, "tenants:write"],

  // Money is billing's; a refund is also support's.
  "GET /api/teams/{team_id}/wallet": [everybody, 404, "money:read"],
  "PATCH /api/teams/{team_id}/wallet": [billing, 422, "money:write"],
  "GET /api/teams/{team_id}/wallet/entries": [everybody, 404, "money:read"],
  "GET /api/teams/{team_id}/statement": [everybody, 422, "money:read"],
  "GET /api/teams/{team_id}/statement.csv": [everybody, 422, "money:read"],
  "GET /api/teams/{team_id}/wallet/grants": [everybody, 404, "money:read"],
  "POST /api/teams/{team_id}/wallet/allocate": [billing, 422, "money:write"],
  "POST /api/teams/{team_id}/wallet/deduct": [billing, 422, "money:write"],
  "POST /api/teams/{team_id}/wallet/adjust": [billing, 422, "money:write"],
  "POST /api/teams/{team_id}/wallet/refund": [either, 422, "money:write"],
  "POST /api/teams/{team_id}/wallet/transfer": [billing, 422, "money:write"],
  "GET /api/teams/{team_id}/wallet/refills": [everybody, 404, "money:read"],
  "POST /api/teams/{team_id}/wallet/refills": [billing, 422, "money:write"],
  "POST /api/teams/{team_id}/wallet/refills/{refill_id}/stop": [billing, 404, "money:write"],
  "POST /api/top-up-batches": [billing, 422, "money:write"],
  "GET /api/top-up-batches": [everybody, 200, "money:read"],
  "GET /api/top-up-batches/{batch_id}": [everybody, 404, "money:read"],
  "POST /api/top-up-batches/{batch_id}/codes/{code_id}/revoke": [billing, 404, "money:write"],
  "POST /api/plans": [billing, 422, "money:write"],
  "GET /api/plans": [everybody, 200, "money:read"],
  "GET /api/plans/{plan_id}": [everybody, 404, "money:read"],
  "PATCH /api/plans/{plan_id}": [billing, 404, "money:write"],
  "POST /api/plans/{plan_id}/versions": [billing, 422, "money:write"],
  // They change nothing, but are sent like what does.
  "POST /api/plans/preview": [everybody, 422, "money:write"],
  "POST /api/plans/simulate": [everybody, 422, "money:write"],
  "GET /api/teams/{team_id}/plan": [everybody, 404, "money:read"],
  "PUT /api/teams/{team_id}/plan": [billing, 422, "money:write"],
  "GET /api/organizations/{organization_id}/plan": [everybody, 404, "money:read"],
  "PUT /api/organizations/{organization_id}/plan": [billing, 422, "money:write"],
  "GET /api/settings/plan": [everybody, 200, "money:read"],
  "PUT /api/settings/plan": [billing, 422, "money:write"],
  "POST /api/budgets": [billing, 422, "money:write"],
  "GET /api/budgets": [everybody, 200, "money:read"],
  "GET /api/budgets/{budget_id}": [everybody, 404, "money:read"],
  "PATCH /api/budgets/{budget_id}": [billing, 422, "money:write"],
  "DELETE /api/budgets/{budget_id}": [billing, 404, "money:write"],

  // What runs, and what it runs on, is an admin's.
  "POST /api/models": [admins, 422, "models:write"],
  "GET /api/models": [everybody, 200, "models:read"],
  "GET /api/models/{alias}": [everybody, 404, "models:read"],
  "PATCH /api/models/{alias}": [admins, 404, "models:write"],
  "DELETE /api/models/{alias}": [admins, 404, "models:write"],
  "POST /api/groups": [admins, 422, "models:write"],
  "GET /api/groups": [everybody, 200, "models:read"],
  "GET /api/groups/{group_id}": [everybody, 404, "models:read"],
  "PATCH /api/groups/{group_id}": [admins, 404, "models:write"],
  "DELETE /api/groups/{group_id}": [admins, 404, "models:write"],
  "POST /api/groups/{group_id}/models": [admins, 422, "models:write"],
  "DELETE /api/groups/{group_id}/models/{alias}": [admins, 404, "models:write"],
  "POST /api/credentials": [admins, 422, "models:write"],
  "GET /api/credentials": [everybody, 200, "models:read"],
  "GET /api/credentials/{credential_id}": [everybody, 404, "models:read"],
  "PATCH /api/credentials/{credential_id}": [admins, 404, "models:write"],
  "DELETE /api/credentials/{credential_id}": [admins, 404, "models:write"],
  "POST /api/credentials/{credential_id}/test": [admins, 404, "models:write"],
  "GET /api/gateway/config": [admins, 200, "models:read"],
  "POST /api/gateway/restart": [admins, 202, "models:write"],
  "GET /api/price-book": [everybody, 200, "models:read"],
  "GET /api/settings": [everybody, 200, "platform:read"],
  "PATCH /api/settings": [admins, 200, "platform:write"],
  "GET /api/status": [everybody, 200, "platform:read"],

  // What was asked and answered is for support, not for whoever only looks.
  "GET /api/calls/{call_id}/bodies": [support, 404, "jobs:read"],
  "POST /api/teams/{team_id}/playground": [support, 422, "jobs:write"],
  "GET /api/jobs": [everybody, 200, "jobs:read"],
  "GET /api/jobs/{job_id}": [everybody, 404, "jobs:read"],
  "GET /api/jobs/histogram": [everybody, 200, "jobs:read"],
  "POST /api/calls/{call_id}/cancel": [support, 404, "jobs:write"],
  "POST /api/jobs/{job_id}/cancel": [support, 404, "jobs:write"],
  "GET /api/jobs/{job_id}/charge": [everybody, 404, "jobs:read"],
  "GET /api/calls": [everybody, 200, "jobs:read"],
  "GET /api/calls/live": [everybody, 200, "jobs:read"],
  "GET /api/calls/{call_id}": [everybody, 404, "jobs:read"],
  "GET /api/notices": [everybody, 200, "reports:read"],
  "GET /api/usage": [everybody, 200, "reports:read"],
  "GET /api/usage.csv": [everybody, 200, "reports:read"],
  "POST /api/usage/rebuild": [admins, 200, "reports:write"],

  // Last, since it ends the session that asks.
  "DELETE /api/session": [everybody, 204, null],
};

/** Status and, of a refusal, its code. */
async function ask(route: string, headers: Record<string, string>): Promise<[number, string?]> {
  const [method = "", pattern = ""] = route.split(" ");
  const path = pattern
    .replaceAll(/\{\w+_id\}/g, "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10")
    .replaceAll(/\{\w+\}/g, "unheard-of");
  const body = method === "GET" || method === "DELETE" ? undefined : {};
  const request = requestOf(method, `http://localhost${path}`, { body, headers });
  const response = await handle(request);
  if (response.status !== 401 && response.status !== 403) {
    await response.body?.cancel();
    return [response.status];
  }
  return [response.status, ((await response.json()) as { code: string }).code];
}

async function token(body: object): Promise<Record<string, string>> {
  const made = await send("POST", "/api/tokens", { body, headers: asCli });
  return { authorization: `Bearer ${made.body["token"] as string}` };
}

test("every route of the admin API has its row", async () => {
  const { body } = await send("GET", "/openapi.json", { headers: asCli });
  const paths = body["paths"] as Record<string, Record<string, { security?: [] }>>;
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { security }]) => ({
      route: `${method.toUpperCase()} ${path}`,
      isPublic: security !== undefined,
    })),
  );
  expect(routes.filter(({ isPublic }) => isPublic).map(({ route }) => route)).toEqual([
    "GET /healthz",
    "POST /api/session",
    "GET /api/setup",
    "POST /api/setup",
    "POST /api/invitation",
    "POST /api/invitation/accept",
    "POST /api/reset",
  ]);
  const closed = routes.filter(({ isPublic }) => !isPublic).map(({ route }) => route);
  expect(Object.keys(matrix).sort()).toEqual(closed.sort());
});

test.each(roles)(
  "a session of the role %s gets what its rank allows and nothing else",
  async (role) => {
    const headers = { cookie: await signIn(role), ...ownOrigin };
    const found: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const [route, [allowed, status]] of Object.entries(matrix)) {
      found[route] = await ask(route, headers);
      expected[route] = allowed.includes(role) ? [status] : [403, "role_required"];
    }
    expect(found).toEqual(expected);
  },
);

test("without a session nothing but a refusal is to be had", async () => {
  for (const route of Object.keys(matrix)) {
    expect([route, ...(await ask(route, {}))]).toEqual([route, 401, "session_required"]);
  }
});

test("a token with a route's scope gets there, one with every other scope does not", async () => {
  const scopes = areas.flatMap((area) => [`${area}:read`, `${area}:write`]);
  const tokens = new Map<string, Record<string, string>>();
  const tokenWith = async (chosen: readonly string[]) => {
    const key = chosen.join();
    const made =
      tokens.get(key) ?? (await token({ name: "scoped", role: "owner", scopes: chosen }));
    tokens.set(key, made);
    return made;
  };
  const found: Record<string, unknown> = {};
  const expected: Record<string, unknown> = {};
  for (const [route, [, status, scope]] of Object.entries(matrix)) {
    if (scope === "any") {
      expect(await ask(route, await tokenWith(["tenants:read"]))).toEqual([status]);
      continue;
    }
    // To change includes to read.
    const enough = [scope, scope?.replace(/:read$/, ":write")];
    const others = await tokenWith(scopes.filter((one) => !enough.includes(one)));
    found[route] = [
      (await ask(route, others))[1],
      scope === null ? undefined : (await ask(route, await tokenWith([scope])))[0],
    ];
    expected[route] = [
      scope === null ? "account_required" : "scope_required",
      scope === null ? undefined : status,
    ];
  }
  expect(found).toEqual(expected);
});
