import { expect, test } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { adminApp, asCli } from "../admin/admin-app.ts";
import { testDatabase } from "../harness.ts";

/**
 * Every change of what is sold writes its audit entry, in its own transaction. Each is asked for twice: first while no entry can
 * be written, and then nothing may have happened, or the second could not come out as it does.
 */
const { database } = await testDatabase();
const { clock, send } = await adminApp(database);

await database.script(`
  create function refuse_entry() returns trigger language plpgsql as $$ begin raise exception 'no entry'; end $$;
  create trigger refuse_entry before insert on audit_log for each row execute function refuse_entry();
  alter table audit_log disable trigger refuse_entry;`);

interface Change {
  /** As the document names it. */
  route: string;
  path: string;
  body?: object;
  /** What the audit log then has of this request. */
  actions: readonly string[];
  /** Fields of the answer that later paths and bodies name as `{name}`. */
  keeps?: Readonly<Record<string, (answer: Record<string, unknown>) => unknown>>;
}

const kept: Record<string, string> = {};
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
const changes: readonly Change[] = [
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
  change("PATCH /api/settings", "/api/settings", "settings.change", { brand: "B" }),
  change("POST /api/usage/rebuild", "/api/usage/rebuild", "usage.rebuild", {}),
  change(`DELETE ${team}`, routing, "team.delete"),
  change(`DELETE ${organization}`, "/api/organizations/acme", "organization.delete team.delete"),
];

/** Change nothing: a provider is asked, a call is made as the team makes its own. */
const unchanging = [
  "POST /api/plans/preview",
  "POST /api/plans/simulate",
  "POST /api/credentials/{credential_id}/test",
  "POST /api/plans/preview",
  "POST /api/plans/simulate",
  "POST /api/teams/{team_id}/playground",
];
/** Whose changes these are; others (accounts, the gateway) are proven where they are. */
const sold =
  /^\/api\/(?:organizations|teams|keys|top-up-batches|models|groups|credentials|plans|budgets|settings|usage)(?:\/|$)/;

const filled = (text: string) => text.replaceAll(/\{(\w+)\}/g, (_, name: string) => kept[name]!);

async function ask({ route, path, body }: Change) {
  const [method = ""] = route.split(" ");
  const message = body && { body: JSON.parse(filled(JSON.stringify(body))) as object };
  return send(method, filled(path), { headers: asCli, ...message });
}

test("every route that changes what is sold is among them", async () => {
  const { body } = await send("GET", "/openapi.json", { headers: asCli });
  const paths = Object.entries(body["paths"] as Record<string, object>);
  const routes = paths.flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((method) => sold.test(path) && ["post", "put", "patch", "delete"].includes(method))
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  const rows = new Set([...changes.map(({ route }) => route), ...unchanging]);
  expect(routes.toSorted()).toEqual([...rows].toSorted());
});

test("each writes its entry, or is not made", async () => {
  for (const made of changes) {
    clock.advance(1_000);
    if (made.route.endsWith("/refund")) kept["job"] = await chargedJob("routing", 4);
    await database.script("alter table audit_log enable trigger refuse_entry");
    expect([made.route, (await ask(made)).status]).toEqual([made.route, 500]);
    await database.script("alter table audit_log disable trigger refuse_entry");
    const answer = await ask(made);
    const told = `${made.route}: ${answer.status} ${answer.text}`;
    expect(told).toMatch(/: 20\d /);
    const entries = await database.query<{ action: string; actor: string }>(
      "select action, actor from audit_log where request_id = $1 order by action",
      [answer.headers.get("x-request-id")],
    );
    expect([made.route, entries]).toEqual([
      made.route,
      made.actions.map((action) => ({ action, actor: "cli" })),
    ]);
    for (const [name, take] of Object.entries(made.keeps ?? {})) {
      kept[name] = String(take(answer.body));
    }
    if (kept["batch"] !== undefined) kept["code"] ??= await codeOf(kept["batch"]);
  }
});

test("what was asked for in vain has left no trace in the ledger", async () => {
  const [sums] = await database.query(
    `select (select count(*)::int from credit_transactions t join wallets w on w.id = t.wallet_id where w.team_id = 'routing') as entries,
       (select balance::text from wallets where team_id = 'customs') as customs,
       (select count(*)::int from credit_refills) as refills, (select count(*)::int from top_up_codes) as codes`,
  );
  // First credits, allocation, deduction, adjustment, refund, transfer, refill.
  expect(sums).toEqual({ entries: 7, customs: "112000000", refills: 1, codes: 1 });
});

/** A completed job that was charged so much; no entry tells of it. */
async function chargedJob(teamId: string, credits: number): Promise<string> {
  const id = uuidV7(clock.now());
  await database.query(
    `insert into jobs (id, team_id, type, status, charged, created_at, last_activity_at, ended_at)
     values ($1::uuid, $2, 'x', 'completed', $3::bigint, now(), now(), now())`,
    [id, teamId, credits * 1_000_000],
  );
  return id;
}

async function codeOf(batch: string): Promise<string> {
  const { body } = await send("GET", `/api/top-up-batches/${batch}`, { headers: asCli });
  return (body["data"] as { code_id: string }[])[0]!.code_id;
}
