import { expect, test } from "vitest";
import { testDatabase } from "../harness.ts";
import { adminApp, asCli, ownOrigin } from "../admin/admin-app.ts";

const { database } = await testDatabase();
const { clock, send, signIn } = await adminApp(database);

const problem = (status: number, code: string) => ({ status, body: { code, status } });

test("a session ends after 12 hours", async () => {
  const cookie = await signIn();
  clock.advance(12 * 3_600_000 - 1);
  expect((await send("GET", "/api/status", { headers: { cookie } })).status).toBe(200);
  clock.advance(1);
  expect(await send("GET", "/api/status", { headers: { cookie } })).toMatchObject(
    problem(401, "session_required"),
  );
});

test("signing out ends the session at once and clears the cookie", async () => {
  const cookie = await signIn();
  const closed = await send("DELETE", "/api/session", { headers: { cookie, ...ownOrigin } });
  expect(closed.status).toBe(204);
  expect(closed.headers.get("set-cookie")).toContain("saas_litellm_session=; Path=/; HttpOnly");
  expect(closed.headers.get("set-cookie")).toContain("Max-Age=0");
  expect(await send("GET", "/api/session", { headers: { cookie } })).toMatchObject(
    problem(401, "session_required"),
  );
  expect(await send("DELETE", "/api/session", { headers: asCli })).toMatchObject(
    problem(403, "account_required"),
  );
});

test("changes by a session need the server's own origin; reads and tokens do not", async () => {
  const cookie = await signIn();
  const body = { name: "Acme" };
  for (const origin of [undefined, "null", "http://evil.example", "http://localhost:8003", "x"]) {
    const headers = { cookie, ...(origin === undefined ? {} : { origin }) };
    expect(await send("POST", "/api/organizations", { body, headers })).toMatchObject(
      problem(403, "origin_not_allowed"),
    );
  }
  const fromHere = { cookie, ...ownOrigin };
  expect((await send("POST", "/api/organizations", { body, headers: fromHere })).status).toBe(201);
  expect((await send("GET", "/api/status", { headers: { cookie } })).status).toBe(200);
  clock.advance(1_000);
  const byToken = await send("POST", "/api/organizations", {
    body: { name: "Other" },
    headers: asCli,
  });
  expect(byToken.status).toBe(201);
  const { body: log } = await send("GET", "/api/audit?action=organization.create", {
    headers: asCli,
  });
  const [, first] = log["data"] as { actor: string; actor_name: string }[];
  expect(first?.actor).toMatch(/^user:[0-9a-f-]{36}$/);
  expect(first?.actor_name).toMatch(/^owner-.*@example\.com$/);
});

test("a wrong bearer token is refused, also beside a good cookie", async () => {
  const cookie = await signIn();
  for (const authorization of ["Bearer wrong", "Basic abc", "Bearer ", ""]) {
    const refused = await send("GET", "/api/status", { headers: { authorization, cookie } });
    expect(refused).toMatchObject(problem(401, "session_required"));
  }
});

test("nothing but pages and ways in answers without session or token", async () => {
  const paths = [
    ...["/api", "/api/", "/api/session", "/api/status", "/api/jobs", "/api/jobs/x", "/api/teams"],
    ...["/api/teams/x", "/api/organizations", "/api/models", "/api/unheard-of", "/docs", "/docs/x"],
    ...["/openapi.json", "/metrics", "/problems/not_found", "/api/account", "/api/accounts"],
  ];
  for (const path of paths) {
    expect({ path, ...(await send("GET", path)) }).toMatchObject({
      path,
      ...problem(401, "session_required"),
    });
  }
  const changes = [
    ...["/api/organizations", "/api/teams", "/api/teams/x/keys", "/api/teams/x/wallet/allocate"],
    ...["/api/models", "/api/setup-links", "/api/tokens", "/api/invitations"],
  ];
  for (const path of changes) {
    expect({ path, ...(await send("POST", path, { body: "{" })) }).toMatchObject({
      path,
      ...problem(401, "session_required"),
    });
  }
  expect(await send("GET", "/api/unheard-of", { headers: asCli })).toMatchObject(
    problem(404, "not_found"),
  );
});
