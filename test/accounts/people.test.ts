import { expect, test } from "vitest";
import { type Role, roles } from "../../server/accounts/roles.ts";
import { testDatabase } from "../harness.ts";
import { adminApp, asCli, ownOrigin } from "../admin/admin-app.ts";

const { database } = await testDatabase();
const { clock, send, signIn } = await adminApp(database);

const problem = (status: number, code: string) => ({ status, body: { code, status } });

interface Somebody {
  id: string;
  headers: Record<string, string>;
}

async function somebody(role: Role): Promise<Somebody> {
  const headers = { cookie: await signIn(role), ...ownOrigin };
  const { body } = await send("GET", "/api/account", { headers });
  return { id: body["account_id"] as string, headers };
}

const roleOf = async (id: string) => {
  const { body } = await send("GET", "/api/accounts", { headers: asCli });
  const accounts = body["data"] as { account_id: string; role: Role; version: number }[];
  return accounts.find(({ account_id }) => account_id === id);
};

const changeRole = async (by: Somebody, id: string, role: Role) =>
  send("PATCH", `/api/accounts/${id}`, {
    body: { role, version: (await roleOf(id))?.version ?? 1 },
    headers: by.headers,
  });

/** By whom (down) an account of a role (across, from owner to viewer) is changed: removed, reset, given another role. */
const mayChange: Readonly<Record<Role, readonly [boolean, boolean, boolean, boolean, boolean]>> = {
  owner: [true, true, true, true, true],
  admin: [false, false, true, true, true],
  billing: [false, false, false, false, false],
  support: [false, false, false, false, false],
  viewer: [false, false, false, false, false],
};

test("nobody changes, makes or ends an account of equal or higher rank but an owner", async () => {
  await somebody("owner");
  for (const role of roles) {
    const by = await somebody(role);
    for (const [index, other] of roles.entries()) {
      const allowed = mayChange[role][index];
      const { id } = await somebody(other);
      const invite = await send("POST", "/api/invitations", {
        body: { email: `${role}-invites-${other}@example.com`, role: other },
        headers: by.headers,
      });
      const reset = await send("POST", `/api/accounts/${id}/reset`, { headers: by.headers });
      const changed = await changeRole(by, id, "viewer");
      const target = (await somebody(other)).id;
      const removed = await send("DELETE", `/api/accounts/${target}`, { headers: by.headers });
      // To the same role as the other has: who may not manage that may not give it either.
      const raised = await changeRole(by, (await somebody("viewer")).id, other);
      const statuses = [invite, reset, changed, removed, raised].map(({ status }) => status);
      expect({ role, other, statuses }).toEqual({
        ...{ role, other },
        statuses: allowed ? [201, 201, 200, 204, 200] : [403, 403, 403, 403, 403],
      });
      if (!allowed) expect(removed).toMatchObject(problem(403, "role_required"));
    }
  }
});

test("a role that was taken counts no more at the next request", async () => {
  const owner = await somebody("owner");
  const admin = await somebody("admin");
  expect((await send("GET", "/api/tokens", { headers: admin.headers })).status).toBe(200);
  expect((await changeRole(owner, admin.id, "viewer")).status).toBe(200);
  expect(await send("GET", "/api/tokens", { headers: admin.headers })).toMatchObject(
    problem(403, "role_required"),
  );
  const stale = await send("PATCH", `/api/accounts/${admin.id}`, {
    body: { role: "admin", version: 1 },
    headers: owner.headers,
  });
  expect(stale).toMatchObject(problem(409, "version_conflict"));
  const gone = await send("DELETE", `/api/accounts/${admin.id}`, { headers: owner.headers });
  expect(gone.status).toBe(204);
  expect((await send("GET", "/api/session", { headers: admin.headers })).status).toBe(401);
  for (const id of [admin.id, "x", "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"]) {
    const answer = await send("DELETE", `/api/accounts/${id}`, { headers: owner.headers });
    expect(answer).toMatchObject(problem(404, "not_found"));
  }
});

test("the last owner stays, also when two leave at once", async () => {
  await database.query("update admin_users set removed_at = now()");
  const [ada, grace] = [await somebody("owner"), await somebody("owner")];
  const leave = (who: Somebody) =>
    send("DELETE", `/api/accounts/${who.id}`, { headers: who.headers });
  const stepDown = (who: Somebody) => changeRole(who, who.id, "viewer");
  const answers = await Promise.all([leave(ada), stepDown(grace)]);
  expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
  const [left] = await database.query<{ id: string }>(
    "select id from admin_users where role = 'owner' and removed_at is null",
  );
  const last = left?.id === ada.id ? ada : grace;
  expect(await leave(last)).toMatchObject(problem(409, "last_owner"));
  expect(await stepDown(last)).toMatchObject(problem(409, "last_owner"));
  expect(await send("DELETE", `/api/accounts/${last.id}`, { headers: asCli })).toMatchObject(
    problem(409, "last_owner"),
  );
});

test("a token does what its role and scopes say, until it ends", async () => {
  const make = async (body: object, headers: Record<string, string> = asCli) => {
    const made = await send("POST", "/api/tokens", { body, headers });
    expect(made.status).toBe(201);
    const { token, token_id } = made.body as { token: string; token_id: string };
    return { id: token_id, headers: { authorization: `Bearer ${token}` } };
  };
  const scoped = await make({ name: "sync", scopes: ["money:write", "tenants:read"] });
  const status = async (method: string, path: string) =>
    (await send(method, path, { headers: scoped.headers })).status;
  expect(await send("GET", "/api/session", scoped)).toMatchObject({
    body: { kind: "token", role: "admin", scopes: ["money:write", "tenants:read"], account: null },
  });
  expect(await status("GET", "/api/teams")).toBe(200);
  expect(await status("GET", "/api/plans")).toBe(200);
  expect(await send("POST", "/api/organizations", { body: {}, ...scoped })).toMatchObject(
    problem(403, "scope_required"),
  );
  expect(await status("GET", "/api/jobs")).toBe(403);
  expect(await status("GET", "/api/audit")).toBe(403);
  expect(await status("POST", "/api/plans")).not.toBe(403);
  const viewer = await make({ name: "look", role: "viewer", scopes: ["tenants:write"] });
  expect(await send("POST", "/api/organizations", { body: {}, ...viewer })).toMatchObject(
    problem(403, "role_required"),
  );
  const nextHour = new Date(clock.now() + 3_600_000).toISOString();
  const brief = await make({ name: "brief", expires_at: nextHour });
  expect((await send("GET", "/api/teams", brief)).status).toBe(200);
  clock.advance(3_600_000);
  expect((await send("GET", "/api/teams", brief)).status).toBe(401);
  for (const body of [
    ...[{}, { name: "" }, { name: "a\u0000b" }, { name: "a", x: 1 }, { name: "a", scopes: [] }],
    ...[
      { name: "a", scopes: ["all"] },
      { name: "a", expires_at: nextHour },
    ],
  ]) {
    expect(await send("POST", "/api/tokens", { body, headers: asCli })).toMatchObject(
      problem(422, "invalid_request"),
    );
  }
  const listed = await send("GET", "/api/tokens", { headers: asCli });
  expect(listed.body["data"]).toContainEqual(
    expect.objectContaining({ name: "sync", made_by: null, role: "admin" }),
  );
  const secret = scoped.headers.authorization.slice("Bearer ".length);
  expect(JSON.stringify(listed.body)).not.toContain(secret);
  const rows = JSON.stringify(await database.query("select t::text from api_tokens t"));
  expect(rows).not.toContain(secret);
  const path = `/api/tokens/${scoped.id}`;
  expect((await send("DELETE", path, { headers: asCli })).status).toBe(204);
  expect(await send("GET", "/api/teams", scoped)).toMatchObject(problem(401, "session_required"));
  expect((await send("DELETE", path, { headers: asCli })).status).toBe(404);
});

test("a token is never more than who made it, makes no other, and ends with its maker", async () => {
  const owner = await somebody("owner");
  const admin = await somebody("admin");
  const beyond = await send("POST", "/api/tokens", {
    body: { name: "x", role: "owner" },
    headers: admin.headers,
  });
  expect(beyond).toMatchObject(problem(403, "role_required"));
  const made = await send("POST", "/api/tokens", { body: { name: "x" }, headers: admin.headers });
  const headers = { authorization: `Bearer ${made.body["token"] as string}` };
  const another = await send("POST", "/api/tokens", { body: { name: "y" }, headers });
  expect(another).toMatchObject(problem(403, "account_required"));
  expect((await send("GET", "/api/session", { headers })).body).toMatchObject({ role: "admin" });
  await changeRole(owner, admin.id, "support");
  expect((await send("GET", "/api/session", { headers })).body).toMatchObject({ role: "support" });
  await send("DELETE", `/api/accounts/${admin.id}`, { headers: owner.headers });
  expect((await send("GET", "/api/session", { headers })).status).toBe(401);
});
