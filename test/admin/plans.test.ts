import { expect, test } from "vitest";
import { testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const { send } = await adminApp(database);
const call = (method: string, path: string, body?: unknown) =>
  send(method, path, { headers: asCli, ...(body === undefined ? {} : { body }) });
const problem = (status: number, code: string, field?: string) => ({
  status,
  body: { code, ...(field === undefined ? {} : { field }) },
});

const tiered = {
  tiers: [
    { up_to: 100, price: 1 },
    { up_to: null, price: 0.8 },
  ],
};

/** The audit entry of an action on something. */
const audited = async (action: string, subjectId: string) => {
  const [entry] = await database.query<Record<string, unknown>>(
    "select subject_kind, team_id, actor, before, after from audit_log where action = $1 and subject_id = $2",
    [action, subjectId],
  );
  return entry;
};
const planVersions = async () =>
  Number(
    (
      await database.query<{ version: string }>(
        "select version::text from config_versions where kind = 'plans'",
      )
    )[0]?.version ?? 0,
  );
test("a plan is made, read and listed in words and worked out", async () => {
  const before = await planVersions();
  const made = await call("POST", "/api/plans", { name: "Volume", kind: "tiered", rules: tiered });
  expect(made).toMatchObject({
    status: 201,
    body: {
      plan_id: "volume",
      name: "Volume",
      status: "active",
      version: 1,
      in_force: {
        number: 1,
        kind: "tiered",
        rules: { ...tiered, period: "month", max_calls: 100, free_failures: 10 },
        effective_from: "2026-11-23T12:00:00.000Z",
        actor: "cli",
        example: expect.arrayContaining([
          "102 jobs in a month: 100 × 1 credit + 2 × 0.8 credits = 101.6 credits.",
        ]) as string[],
      },
      upcoming: [],
      assigned: { teams: 0, organizations: 0, platform: false },
      versions: [{ number: 1 }],
    },
  });
  expect(await planVersions()).toBe(before + 1);
  expect(await audited("plan.create", "volume")).toMatchObject({
    subject_kind: "plan",
    actor: "cli",
    before: null,
    after: { name: "Volume", kind: "tiered" },
  });
  expect((await call("GET", "/api/plans/volume")).body).toEqual(made.body);
  const listed = await call("GET", "/api/plans");
  expect(listed).toMatchObject({
    status: 200,
    body: { data: [{ plan_id: "default", assigned: { platform: true } }, { plan_id: "volume" }] },
  });
});

test("lists go page by page, forwards and back", async () => {
  await call("POST", "/api/plans", { name: "Zeta", kind: "flat", rules: { price: 1 } });
  const page = async (query: string) =>
    (await call("GET", `/api/plans?limit=2${query}`)).body as {
      data: { plan_id: string }[];
      next: string | null;
      prev: string | null;
    };
  const first = await page("");
  expect(first.data.map(({ plan_id }) => plan_id)).toEqual(["default", "volume"]);
  expect(first.prev).toBeNull();
  const second = await page(`&cursor=${first.next}`);
  expect(second.data.map(({ plan_id }) => plan_id)).toEqual(["zeta"]);
  expect(second.next).toBeNull();
  expect(await page(`&cursor=${second.prev}`)).toEqual(first);
  expect(await call("GET", "/api/plans?cursor=x")).toMatchObject(problem(422, "invalid_request"));
  expect((await page("&status=archived")).data).toEqual([]);
});

test("plans that make no sense are refused by field, value and rule", async () => {
  const refuse = (body: object) => call("POST", "/api/plans", { name: "Wrong", ...body });
  expect(await refuse({ kind: "weekly", rules: {} })).toMatchObject(
    problem(422, "invalid_request", "kind"),
  );
  expect(
    await refuse({ kind: "tiered", rules: { tiers: [{ from: 2, up_to: null, price: 1 }] } }),
  ).toMatchObject(problem(422, "invalid_request", "rules.tiers[0].from"));
  expect(await refuse({ kind: "flat", rules: { price: -1 } })).toMatchObject(
    problem(422, "amount_invalid", "rules.price"),
  );
  expect(await refuse({ kind: "flat", rules: { price: 1e-7 } })).toMatchObject(
    problem(422, "amount_invalid", "rules.price"),
  );
  expect(await refuse({ kind: "flat", rules: { price: "NaN" } })).toMatchObject(
    problem(422, "amount_invalid", "rules.price"),
  );
  expect(await refuse({ kind: "flat", rules: { cost: 1 } })).toMatchObject(
    problem(422, "invalid_request", "rules.cost"),
  );
  expect(await refuse({ kind: "flat" })).toMatchObject(problem(422, "invalid_request", "rules"));
  expect(await refuse({ kind: "flat", rules: { price: 1 }, id: "volume" })).toMatchObject(
    problem(409, "slug_taken", "id"),
  );
  expect(await call("GET", "/api/plans/wrong")).toMatchObject(problem(404, "not_found"));
});

test("a new version counts at once where nothing is counted by period", async () => {
  const added = await call("POST", "/api/plans/zeta/versions", {
    kind: "markup",
    rules: { percent: 20 },
    version: 1,
  });
  expect(added).toMatchObject({
    status: 201,
    body: {
      version: 2,
      in_force: { number: 2, kind: "markup", effective_from: "2026-11-23T12:00:00.000Z" },
      upcoming: [],
      versions: [{ number: 2 }, { number: 1 }],
    },
  });
  expect(await audited("plan.version", "zeta")).toMatchObject({
    before: { kind: "flat", number: 1 },
    after: { kind: "markup", number: 2 },
  });
  const stale = { kind: "flat", rules: { price: 3 }, version: 1 };
  expect(await call("POST", "/api/plans/zeta/versions", stale)).toMatchObject(
    problem(409, "version_conflict", "version"),
  );
  expect(
    await call("POST", "/api/plans/none/versions", { kind: "flat", rules: { price: 1 } }),
  ).toMatchObject(problem(404, "not_found", "plan_id"));
});

test.each([
  ["GET", "/api/plans"],
  ["POST", "/api/plans"],
  ["GET", "/api/plans/default"],
  ["PATCH", "/api/plans/default"],
  ["POST", "/api/plans/default/versions"],
  ["GET", "/api/teams/fresh/plan"],
  ["PUT", "/api/teams/fresh/plan"],
  ["GET", "/api/organizations/owner-of-fresh/plan"],
  ["PUT", "/api/organizations/owner-of-fresh/plan"],
  ["GET", "/api/settings/plan"],
  ["PUT", "/api/settings/plan"],
  ["GET", "/api/settings"],
  ["PATCH", "/api/settings"],
])("%s %s needs an admin", async (method, path) => {
  const body = method === "GET" ? {} : { body: {} };
  expect(await send(method, path, body)).toMatchObject(problem(401, "session_required"));
});
