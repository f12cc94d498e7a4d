import { beforeAll, expect, test } from "vitest";
import { seedTeam, testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const { context, clock, send } = await adminApp(database);

const call = (method: string, path: string, body?: unknown) =>
  send(method, path, { headers: asCli, ...(body === undefined ? {} : { body }) });
const problem = (status: number, code: string) => ({ status, body: { code, status } });
interface Budget {
  budget_id: string;
  version: number;
}

let keyId = "";

beforeAll(async () => {
  const organization = await seedTeam(context, { id: "routing" });
  keyId = organization.keyId;
});

const monthly = { scope: "team", subject_id: "routing", kind: "hard", period: "month" };

test("a budget is created, read, listed, changed and deleted", async () => {
  const created = await call("POST", "/api/budgets", { ...monthly, limit_usd: 250.5 });
  expect(created).toMatchObject({
    status: 201,
    body: {
      ...monthly,
      limit_usd: 250.5,
      alert_percents: [80, 100],
      spent_usd: 0,
      held_usd: 0,
      used_percent: 0,
      period_starts_at: "2026-11-01T00:00:00.000Z",
      resets_at: "2026-12-01T00:00:00.000Z",
      version: 1,
    },
  });
  const { budget_id } = created.body as unknown as Budget;
  const path = `/api/budgets/${budget_id}`;
  expect((await call("GET", path)).body).toEqual(created.body);
  expect((await call("GET", "/api/budgets?scope=team&subject_id=routing")).body).toEqual({
    data: [created.body],
    next: null,
    prev: null,
  });

  // Ids of one millisecond have no order.
  clock.advance(1);
  const change = { version: 1, limit_usd: 300, alert_percents: [100, 50] };
  const changed = await call("PATCH", path, change);
  expect(changed).toMatchObject({
    status: 200,
    body: { limit_usd: 300, alert_percents: [50, 100], version: 2 },
  });
  expect(await call("PATCH", path, change)).toMatchObject({
    status: 409,
    body: { code: "version_conflict", field: "version", version: 2 },
  });

  clock.advance(1);
  expect((await call("DELETE", path)).status).toBe(204);
  for (const method of ["GET", "DELETE"])
    expect(await call(method, path)).toMatchObject(problem(404, "not_found"));
  expect(await call("PATCH", path, { version: 2 })).toMatchObject(problem(404, "not_found"));

  const entries = await database.query(
    `select actor, action, subject_kind, organization_id, team_id, before, after from audit_log
     where subject_id = $1 order by id`,
    [budget_id],
  );
  expect(entries).toMatchObject([
    { action: "budget.create", actor: "cli", subject_kind: "budget", team_id: "routing" },
    {
      action: "budget.update",
      before: { limit_usd: 250.5, alert_percents: [80, 100] },
      after: { limit_usd: 300, alert_percents: [50, 100] },
    },
    { action: "budget.delete", organization_id: "owner-of-routing", after: null },
  ]);
});

test("every scope, kind and period can be had once", async () => {
  const subjects = [
    ["organization", "owner-of-routing"],
    ["team", "routing"],
    ["key", keyId],
  ];
  for (const [scope, subject_id] of subjects) {
    for (const kind of ["hard", "soft"]) {
      for (const period of ["day", "week", "month", "ever"]) {
        const budget = { scope, subject_id, kind, period, limit_usd: 1 };
        expect(await call("POST", "/api/budgets", budget)).toMatchObject({ status: 201 });
        expect(await call("POST", "/api/budgets", budget)).toMatchObject({
          status: 409,
          body: { code: "budget_exists", field: "subject_id", value: subject_id },
        });
        clock.advance(1);
      }
    }
  }
  expect(
    ((await call("GET", "/api/budgets?kind=soft&period=week")).body as { data: Budget[] }).data,
  ).toHaveLength(3);
  const ever = await call("GET", "/api/budgets?kind=hard&period=ever&scope=team");
  expect(ever.body).toMatchObject({
    data: [{ period_starts_at: "1970-01-01T00:00:00.000Z", resets_at: null }],
  });
  const week = await call("GET", "/api/budgets?kind=hard&period=week&scope=team");
  expect(week.body).toMatchObject({
    data: [
      // 23 November 2026 is a Monday.
      { period_starts_at: "2026-11-23T00:00:00.000Z", resets_at: "2026-11-30T00:00:00.000Z" },
    ],
  });
});

test("lists go page by page, in both directions", async () => {
  const first = (await call("GET", "/api/budgets?limit=10")).body as {
    data: Budget[];
    next: string;
  };
  const second = (await call("GET", `/api/budgets?limit=10&cursor=${first.next}`)).body as {
    data: Budget[];
    prev: string;
  };
  expect(second.data).toHaveLength(10);
  expect(second.data[0]!.budget_id < first.data.at(-1)!.budget_id).toBe(true);
  expect((await call("GET", `/api/budgets?limit=10&cursor=${second.prev}`)).body).toMatchObject({
    data: first.data,
  });
  expect(await call("GET", "/api/budgets?cursor=x")).toMatchObject(problem(422, "invalid_request"));
});

test("bad input is told by field, value and rule", async () => {
  const refused = async (change: object) => {
    const answer = await call("POST", "/api/budgets", { ...monthly, limit_usd: 1, ...change });
    return answer.body as { status: number; code: string; field?: string; detail: string };
  };
  expect(await refused({ scope: "galaxy" })).toMatchObject({ status: 422 });
  expect(await refused({ period: "year" })).toMatchObject({ status: 422 });
  expect(await refused({ kind: "firm" })).toMatchObject({ status: 422 });
  expect(await refused({ limit_usd: -1 })).toMatchObject({ status: 422 });
  expect(await refused({ limit_usd: "one" })).toMatchObject({ status: 422 });
  expect(await refused({ alert_percents: [0] })).toMatchObject({ status: 422 });
  expect(await refused({ alert_percents: [80, 80] })).toMatchObject({ status: 422 });
  expect(await refused({ surprise: 1 })).toMatchObject({ status: 422 });
  expect(await refused({ limit_usd: 0.0000000001 })).toMatchObject({
    code: "amount_invalid",
    field: "limit_usd",
    detail: "limit_usd is 0.0000000001; it must be at most 9 decimals.",
  });
  expect(await refused({ limit_usd: 1e22 })).toMatchObject({ code: "amount_invalid" });
  for (const [scope, subject_id] of [
    ["team", "nobody"],
    ["organization", "nobody"],
    ["key", "not-a-uuid"],
    ["key", "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
    ["alias", "nothing"],
  ]) {
    expect(await refused({ scope, subject_id })).toMatchObject({
      status: 404,
      code: "not_found",
      field: "subject_id",
      value: subject_id,
    });
  }
});

test("budgets are the admin's alone", async () => {
  const id = "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10";
  for (const [method, path] of [
    ["POST", "/api/budgets"],
    ["GET", "/api/budgets"],
    ["GET", `/api/budgets/${id}`],
    ["PATCH", `/api/budgets/${id}`],
    ["DELETE", `/api/budgets/${id}`],
  ] as const) {
    const message = method === "GET" ? {} : { body: {} };
    expect(await send(method, path, message)).toMatchObject(problem(401, "session_required"));
  }
});
