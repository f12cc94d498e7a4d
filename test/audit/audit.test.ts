import { beforeAll, expect, test } from "vitest";
import { adminApp, asCli, ownOrigin } from "../admin/admin-app.ts";
import { testDatabase } from "../harness.ts";

const { database } = await testDatabase();
const { clock, send, signIn } = await adminApp(database);

const as = async (method: string, path: string, body?: unknown) => {
  clock.advance(1_000);
  return send(method, `/api${path}`, { body, headers: asCli });
};
const list = async (query = "") => {
  const { body } = await send("GET", `/api/audit${query}`, { headers: asCli });
  return body as { data: Record<string, unknown>[]; next: string | null; prev: string | null };
};
const actions = async (query: string) =>
  (await list(query)).data.map(({ action }) => action as string);

let started = "";
let keyId = "";
let secret = "";

beforeAll(async () => {
  started = new Date(clock.now()).toISOString();
  await as("POST", "/organizations", { name: "Acme" });
  const team = await as("POST", "/teams", { name: "Routing", organization_id: "acme" });
  keyId = team.body["key_id"] as string;
  secret = team.body["key"] as string;
  await as("PATCH", "/teams/routing", { limits: { concurrent_calls: 3 } });
  await as("POST", "/teams/routing/pause", { reason: "trial over" });
  await as("POST", "/teams/routing/resume", {});
  await as("PUT", "/teams/routing/access", { groups: [] });
  await as("PATCH", `/keys/${keyId}`, { name: "renamed" });
  await as("POST", `/keys/${keyId}/rotate`, {});
  await as("POST", `/keys/${keyId}/revoke`);
  await as("POST", "/organizations/acme/suspend", { reason: "unpaid" });
  await as("PATCH", "/organizations/acme", { metadata: { crm: 1 } });
  await as("DELETE", "/organizations/acme?reason=over");
});

test("every change of a tenant leaves its entry, newest first", async () => {
  const { data } = await list("?organization=acme");
  // The entries of one request have one time, and so no order.
  const byRequest = new Map<unknown, string[]>();
  for (const { request_id, action } of data) {
    byRequest.set(request_id, [...(byRequest.get(request_id) ?? []), action as string].sort());
  }
  expect([...byRequest.values()]).toEqual([
    ["organization.delete", "team.delete"],
    ["organization.update"],
    ["organization.suspend"],
    ["key.revoke"],
    ["key.create", "key.rotate"],
    ["key.update"],
    ["team.access"],
    ["team.resume"],
    ["team.pause"],
    ["team.update"],
    ["key.create", "team.create"],
    ["organization.create"],
  ]);
});

test("an entry says who, from which request, and which fields changed", async () => {
  const { data } = await list("?action=team.pause");
  expect(data).toMatchObject([
    {
      actor: "cli",
      address: null,
      action: "team.pause",
      subject_kind: "team",
      subject_id: "routing",
      organization_id: "acme",
      team_id: "routing",
      before: { status: "active", status_reason: null },
      after: { status: "paused", status_reason: "trial over" },
    },
  ]);
  expect(data[0]!["request_id"]).toMatch(/^[0-9a-f-]{36}$/);
  const [limits] = (await list("?action=team.update")).data;
  expect(limits).toMatchObject({
    before: { limits: { concurrent_calls: null } },
    after: { limits: { concurrent_calls: 3 } },
  });
  expect(Object.keys(limits!["after"] as object)).toEqual(["limits"]);
});

test("a change that changes nothing or is refused leaves none", async () => {
  const before = (await list("?limit=200")).data.length;
  await as("POST", "/organizations", { name: "Other", id: "acme" });
  await as("POST", "/organizations/acme/suspend", {});
  await as("PATCH", "/teams/routing", { name: "X" });
  expect((await list("?limit=200")).data.length).toBe(before);
});

test("no entry holds a secret", async () => {
  const { text } = await send("GET", "/api/audit?limit=200", { headers: asCli });
  expect(text).not.toContain(secret);
  expect(text).not.toContain(secret.slice(3, 20));
});

test("is filtered by actor, action, subject, team and time", async () => {
  expect(await actions("?actor=nobody")).toEqual([]);
  expect((await actions("?actor=cli&limit=200")).length).toBeGreaterThan(10);
  expect(new Set(await actions("?action=organization."))).toEqual(
    new Set([
      "organization.delete",
      "organization.update",
      "organization.suspend",
      "organization.create",
    ]),
  );
  expect([...(await actions(`?subject=key:${keyId}`))].sort()).toEqual([
    "key.create",
    "key.revoke",
    "key.rotate",
    "key.update",
  ]);
  expect(await actions("?subject=routing&action=team.pause")).toEqual(["team.pause"]);
  expect(await actions("?subject=organization:routing")).toEqual([]);
  expect(await actions("?team=routing&action=key.revoke")).toEqual(["key.revoke"]);
  expect(await actions(`?to=${started}`)).toEqual([]);
  const second = new Date(Date.parse(started) + 1_000).toISOString();
  const third = new Date(Date.parse(started) + 2_000).toISOString();
  expect(await actions(`?from=${second}&to=${third}`)).toEqual(["organization.create"]);
});

test("is paged in both directions", async () => {
  const whole = (await list("?limit=200")).data;
  const first = await list("?limit=4");
  const second = await list(`?limit=4&cursor=${first.next!}`);
  expect([...first.data, ...second.data]).toEqual(whole.slice(0, 8));
  expect(first.prev).toBeNull();
  expect((await list(`?limit=4&cursor=${second.prev!}`)).data).toEqual(first.data);
});

test.each(["?from=yesterday", "?limit=0", "?cursor=x", "?who=cli", "?actor="])(
  "refuses %s",
  async (query) => {
    expect((await send("GET", `/api/audit${query}`, { headers: asCli })).status).toBe(422);
  },
);

test("opens to nobody without proof", async () => {
  expect((await send("GET", "/api/audit")).status).toBe(401);
});

test("the log is searched by person, action, subject and address", async () => {
  const cookie = await signIn("support");
  const headers = { cookie, ...ownOrigin };
  await send("POST", "/api/organizations", { body: { name: "Globex" }, headers: asCli });
  clock.advance(1_000);
  const path = "/api/organizations/globex/suspend";
  expect((await send("POST", path, { body: { reason: "unpaid" }, headers })).status).toBe(200);
  const found = async (search: string) => actions(`?search=${encodeURIComponent(search)}`);
  expect(await found("SUPPORT-")).toContain("organization.suspend");
  expect(await found("globex")).toEqual(["organization.suspend", "organization.create"]);
  expect(await found("no such thing")).toEqual([]);
  expect(await actions("?search=globex&action=organization.suspend")).toEqual([
    "organization.suspend",
  ]);
});

test("the log is exported whole as CSV, in which no name runs as a formula", async () => {
  const body = { name: '=HYPERLINK("http://evil.example","x")', id: "formula" };
  await send("POST", "/api/organizations", { body, headers: asCli });
  const made = await send("POST", "/api/tokens", { body: { name: "=1+1" }, headers: asCli });
  await send("POST", "/api/organizations/formula/suspend", {
    body: { reason: "@SUM(1+1)" },
    headers: { authorization: `Bearer ${made.body["token"] as string}` },
  });
  const { text, headers } = await send("GET", "/api/audit.csv?search=formula", { headers: asCli });
  expect(headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(headers.get("content-disposition")).toBe('attachment; filename="audit.csv"');
  const [head, ...lines] = text.trimEnd().split("\r\n");
  expect(head).toBe(
    "created_at,actor,actor_name,address,request_id,action,subject_kind,subject_id,organization_id,team_id,before,after",
  );
  expect(lines).toHaveLength(2);
  expect(text).toContain(",'=1+1,");
  expect(text).not.toMatch(/(?:^|,|\n)"?[=+@-]/);
  // What differs is JSON in one cell, which no spreadsheet takes for a formula.
  expect(text).toContain('"{""status"":""suspended"",""status_reason"":""@SUM(1+1)""}"');
  const whole = await send("GET", "/api/audit.csv", { headers: asCli });
  const [row] = await database.query<{ count: bigint }>("select count(*) from audit_log");
  expect(whole.text.trimEnd().split("\r\n")).toHaveLength(Number(row?.count) + 1);
});

test("nothing changes or deletes an entry, not even in the database", async () => {
  for (const statement of [
    "update audit_log set actor = 'nobody'",
    "delete from audit_log",
    "truncate audit_log",
  ]) {
    await expect(database.query(statement)).rejects.toThrow();
  }
  for (const method of ["PATCH", "PUT", "DELETE", "POST"]) {
    const answer = await send(method, "/api/audit", { headers: asCli });
    expect(answer).toMatchObject({ status: 405 });
  }
});
