import { expect, test } from "vitest";
import { addModel } from "../../server/models/aliases.ts";
import { seedTeam, testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const { context, clock, send } = await adminApp(database);

const noBook = { priceBook: () => Promise.resolve(undefined) };
for (const alias of ["alpha", "beta", "org/gamma"]) {
  const model = { alias, model: `openai/${alias}`, inputPrice: 1, outputPrice: 2 };
  await addModel(context, noBook, { ...model, group: "seeded" });
}

const call = (method: string, path: string, body?: unknown) => {
  // Entries of one millisecond have no order.
  clock.advance(1);
  return send(method, path, { body, headers: asCli });
};

test("a group is made with its models, read, and listed with the number of its teams", async () => {
  const made = await call("POST", "/api/groups", { name: "Premium", models: ["beta", "alpha"] });
  expect(made).toMatchObject({
    status: 201,
    body: { group_id: "premium", name: "Premium", models: ["alpha", "beta"], version: 1 },
  });
  await seedTeam(context, { id: "routing", groups: ["premium"] });
  expect((await call("GET", "/api/groups/premium")).body).toMatchObject({ team_count: 1 });
  const listed = await call("GET", "/api/groups?search=REM");
  expect(listed.body).toMatchObject({ data: [{ group_id: "premium", team_count: 1 }], next: null });
});

test("the list has pages, in the order of ids, forth and back", async () => {
  const ids = async (path: string) => {
    const { body } = await call("GET", path);
    const { data, next, prev } = body as {
      data: { group_id: string }[];
      next: string | null;
      prev: string | null;
    };
    return { ids: data.map((group) => group.group_id), next, prev };
  };
  const first = await ids("/api/groups?limit=1");
  expect(first).toMatchObject({ ids: ["premium"], prev: null });
  const second = await ids(`/api/groups?limit=1&cursor=${first.next}`);
  expect(second).toMatchObject({ ids: ["seeded"], next: null });
  expect((await ids(`/api/groups?limit=1&cursor=${second.prev}`)).ids).toEqual(["premium"]);
});

test("models are added, removed and replaced, each change raising the version", async () => {
  const added = await call("POST", "/api/groups/premium/models", { models: ["org/gamma", "beta"] });
  expect(added.body).toMatchObject({ models: ["alpha", "beta", "org/gamma"], version: 2 });
  const removed = await call("DELETE", "/api/groups/premium/models/org%2Fgamma");
  expect(removed).toMatchObject({ status: 200, body: { models: ["alpha", "beta"], version: 3 } });
  const change = { name: "Premium models", models: ["beta"], version: 3 };
  expect((await call("PATCH", "/api/groups/premium", change)).body).toMatchObject({
    name: "Premium models",
    models: ["beta"],
    version: 4,
  });
});

test("a change from a stale version is refused and changes nothing", async () => {
  const stale = await call("PATCH", "/api/groups/premium", { name: "Old", version: 1 });
  expect(stale).toMatchObject({ status: 409, body: { code: "version_conflict", version: 4 } });
  expect((await call("GET", "/api/groups/premium")).body).toMatchObject({ name: "Premium models" });
});

test("a group is not deleted while a team has it, and the refusal names the team", async () => {
  expect(await call("DELETE", "/api/groups/premium")).toMatchObject({
    status: 409,
    body: { code: "group_in_use", teams: ["routing"], team_count: 1 },
  });
  await database.query("delete from team_access_groups where team_id = 'routing'");
  expect((await call("DELETE", "/api/groups/premium")).status).toBe(204);
  expect((await call("GET", "/api/groups/premium")).status).toBe(404);
});

test("a group that only deleted teams had is deleted", async () => {
  await call("POST", "/api/groups", { name: "Left behind" });
  await seedTeam(context, { id: "gone", groups: ["left-behind"] });
  await database.query("update teams set status = 'deleted' where id = 'gone'");
  expect((await call("DELETE", "/api/groups/left-behind")).status).toBe(204);
});

test("every change is in the audit log, with what it changed", async () => {
  const rows = await database.query<{ action: string; before: unknown; after: unknown }>(
    "select action, before, after from audit_log where subject_id = 'premium' order by id",
  );
  expect(rows.map((row) => row.action)).toEqual([
    "group.create",
    "group.update",
    "group.update",
    "group.update",
    "group.delete",
  ]);
  expect(rows[2]).toMatchObject({
    before: { models: ["alpha", "beta", "org/gamma"] },
    after: { models: ["alpha", "beta"] },
  });
});

test.each([
  ["POST", "/api/groups", { name: "Seeded", id: "seeded" }, 409, "slug_taken"],
  ["POST", "/api/groups", { name: "X", models: ["nobody"] }, 404, "not_found"],
  ["POST", "/api/groups", { name: "" }, 422, "invalid_request"],
  ["POST", "/api/groups", { name: "X", id: "A B" }, 422, "invalid_request"],
  ["GET", "/api/groups/nothing", undefined, 404, "not_found"],
  ["GET", "/api/groups/%22%00", undefined, 404, "not_found"],
  ["GET", "/api/groups?cursor=x", undefined, 422, "invalid_request"],
  ["PATCH", "/api/groups/nothing", { name: "X" }, 404, "not_found"],
  ["PATCH", "/api/groups/seeded", { models: ["nobody"] }, 404, "not_found"],
  ["PATCH", "/api/groups/seeded", { title: "X" }, 422, "invalid_request"],
  ["POST", "/api/groups/seeded/models", { models: [] }, 422, "invalid_request"],
  ["DELETE", "/api/groups/seeded/models/nobody", undefined, 404, "not_found"],
  ["DELETE", "/api/groups/nothing", undefined, 404, "not_found"],
])("%s %s with %j is refused", async (method, path, body, status, code) => {
  expect(await call(method, path, body)).toMatchObject({ status, body: { code } });
});

test.each([
  ["POST", "/api/groups"],
  ["GET", "/api/groups"],
  ["GET", "/api/groups/seeded"],
  ["PATCH", "/api/groups/seeded"],
  ["POST", "/api/groups/seeded/models"],
  ["DELETE", "/api/groups/seeded/models/alpha"],
  ["DELETE", "/api/groups/seeded"],
])("%s %s needs a session", async (method, path) => {
  const body = method === "GET" || method === "DELETE" ? undefined : {};
  expect((await send(method, path, { body })).status).toBe(401);
});
