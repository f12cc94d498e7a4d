import { expect, test } from "vitest";
import type { ConfigChanges } from "../../server/context.ts";
import { ManualClock, testContext, testDatabase } from "../harness.ts";
import { adminAppOf, asCli } from "./admin-app.ts";

/**
 * A backend that provisions its customers asks again when it gets no answer. With an `Idempotency-Key` nothing is made twice: no
 * second team with its first credits, no second key that nobody knows of.
 */
const { database } = await testDatabase();
/** What its instance sees whenever it looks, which only sees what is committed. */
const seen: string[] = [];
const changes: ConfigChanges = {
  ...{ fresh: () => false, version: () => 0, onChange: () => () => {} },
  async refresh() {
    const [row] = await database.query<{ version: string }>(
      "select version::text from config_versions where kind = 'keys'",
    );
    seen.push(row!.version);
  },
};
const clock = new ManualClock();
const context = await testContext(database, { clock, changes });
const { send } = adminAppOf({ context, clock });

const kept: Record<string, string> = {};
const flat = { kind: "flat", rules: { price: 2 } };

interface Made {
  /** As the document names it. */
  route: string;
  /** `{name}` is what an earlier answer kept. */
  path: string;
  body: object;
  /** Another request with the same key. */
  other: object;
  /** What it adds a row to, and how many. */
  adds: Readonly<Record<string, number>>;
  keeps?: string;
}

const made: readonly Made[] = [
  {
    ...{ route: "POST /api/organizations", path: "/api/organizations" },
    ...{ body: { name: "Acme" }, other: { name: "Acme Inc" }, adds: { organizations: 1 } },
  },
  {
    ...{ route: "POST /api/teams", path: "/api/teams" },
    body: { name: "Routing", organization_id: "acme", credits: 100 },
    other: { name: "Routing", organization_id: "acme", credits: 101 },
    // The first team brings the group `default`.
    adds: { teams: 1, wallets: 1, virtual_keys: 1, credit_transactions: 1, model_access_groups: 1 },
  },
  {
    ...{ route: "POST /api/teams/{team_id}/keys", path: "/api/teams/routing/keys" },
    ...{ body: { name: "k" }, other: { name: "l" }, adds: { virtual_keys: 1 }, keeps: "key_id" },
  },
  {
    ...{ route: "POST /api/keys/{key_id}/rotate", path: "/api/keys/{key_id}/rotate" },
    ...{ body: {}, other: { grace_seconds: 0 }, adds: { virtual_keys: 1 } },
  },
  {
    ...{ route: "POST /api/plans", path: "/api/plans" },
    ...{ body: { name: "P", ...flat }, other: { name: "Q", ...flat } },
    adds: { pricing_plans: 1, pricing_plan_versions: 1 },
  },
  {
    ...{ route: "POST /api/plans/{plan_id}/versions", path: "/api/plans/p/versions" },
    ...{ body: { ...flat, version: 1 }, other: { ...flat, version: 2 } },
    adds: { pricing_plan_versions: 1 },
  },
  {
    ...{ route: "POST /api/groups", path: "/api/groups" },
    ...{ body: { name: "Large" }, other: { name: "Small" }, adds: { model_access_groups: 1 } },
  },
  {
    ...{ route: "POST /api/budgets", path: "/api/budgets" },
    body: { scope: "team", subject_id: "routing", kind: "hard", period: "day", limit_usd: 5 },
    other: { scope: "team", subject_id: "routing", kind: "hard", period: "day", limit_usd: 6 },
    adds: { budgets: 1 },
  },
  {
    ...{ route: "POST /api/teams/{team_id}/wallet/refills" },
    path: "/api/teams/routing/wallet/refills",
    body: { credits: 1, period: "day" },
    other: { credits: 2, period: "day" },
    adds: { credit_refills: 1, credit_transactions: 1 },
  },
  {
    ...{ route: "POST /api/top-up-batches", path: "/api/top-up-batches" },
    body: { name: "Fair", credits: 1, count: 2 },
    other: { name: "Fair", credits: 1, count: 3 },
    adds: { top_up_batches: 1, top_up_codes: 2 },
  },
];

/** What makes something else: named by who asks, so that a repeat is refused by its name; or an account's own affair. */
const others = [
  "POST /api/accounts/{account_id}/reset",
  "POST /api/credentials",
  "POST /api/invitations",
  "POST /api/models",
  "POST /api/setup-links",
  "POST /api/tokens",
];

const tables = [...new Set(made.flatMap(({ adds }) => Object.keys(adds)))];

async function counts(): Promise<Record<string, number>> {
  const counted = tables.map((table) => `(select count(*)::int from ${table}) as ${table}`);
  const [row] = await database.query<Record<string, number>>(`select ${counted.join(", ")}`);
  return row!;
}

const ask = ({ route, path }: Made, body: object, key = route.replaceAll(" ", "-")) =>
  send("POST", path.replace("{key_id}", kept["key_id"] ?? ""), {
    headers: { ...asCli, "idempotency-key": key },
    body,
  });

test("every route that makes something takes a key, or is named here", async () => {
  const { body } = await send("GET", "/openapi.json", { headers: asCli });
  const paths = Object.entries(body["paths"] as Record<string, Record<string, OperationObject>>);
  const makes = paths.flatMap(([path, { post }]) =>
    post && "201" in post.responses ? [{ route: `POST ${path}`, post }] : [],
  );
  expect(makes.map(({ route }) => route).toSorted()).toEqual(
    [...made.map(({ route }) => route), ...others].toSorted(),
  );
  const takesKey = makes.filter(({ post }) =>
    (post.parameters ?? []).some(({ name }) => name === "Idempotency-Key"),
  );
  expect(takesKey.map(({ route }) => route).toSorted()).toEqual(
    made.map(({ route }) => route).toSorted(),
  );
});

interface OperationObject {
  responses: object;
  parameters?: { name: string }[];
}

test("a repeat is answered as the first request was, and makes nothing more", async () => {
  for (const each of made) {
    clock.advance(1_000);
    const before = await counts();
    // The second one waits for the first.
    const [first, second] = await Promise.all([ask(each, each.body), ask(each, each.body)]);
    clock.advance(1_000);
    const third = await ask(each, each.body);
    expect([each.route, first.status, first.text]).toEqual([each.route, 201, first.text]);
    for (const repeat of [second, third]) {
      expect([each.route, repeat.status, repeat.body]).toEqual([each.route, 201, first.body]);
    }
    const replays = [first, second, third].filter(({ headers }) =>
      headers.has("idempotency-replayed"),
    );
    expect([each.route, replays.length]).toEqual([each.route, 2]);
    const added = Object.entries(await counts()).flatMap(([table, now]) =>
      now === before[table] ? [] : [[table, now - before[table]!]],
    );
    expect([each.route, Object.fromEntries(added)]).toEqual([each.route, each.adds]);
    expect([each.route, await ask(each, each.other)]).toMatchObject([
      each.route,
      { status: 422, body: { code: "idempotency_mismatch" } },
    ]);
    if (each.keeps) kept[each.keeps] = String(first.body[each.keeps]);
  }
});

test("what was refused leaves its key free, and nothing behind", async () => {
  const team = made.find(({ route }) => route === "POST /api/teams")!;
  const before = await counts();
  const wanted = { name: "Customs", organization_id: "acme", groups: ["later"], credits: 7 };
  expect(await ask(team, wanted, "customs")).toMatchObject({ status: 404 });
  expect(await counts()).toEqual(before);
  await send("POST", "/api/groups", { headers: asCli, body: { name: "Later" } });
  expect(await ask(team, wanted, "customs")).toMatchObject({
    status: 201,
    body: { team_id: "customs", groups: ["later"] },
  });
});

test("its instance looks for what was made once it is committed, and not before", async () => {
  const keys = made.find(({ path }) => path.endsWith("/keys"))!;
  const [before] = seen.splice(0).toReversed();
  await ask(keys, { name: "seen" }, "seen-at-once");
  expect(seen).toEqual([String(Number(before) + 1)]);
});
