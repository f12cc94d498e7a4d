import { beforeAll, expect, test } from "vitest";
import { adminApp, asCli } from "../admin/admin-app.ts";
import { testDatabase } from "../harness.ts";

const { database } = await testDatabase();
const { clock, send } = await adminApp(database);

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
