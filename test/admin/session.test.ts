import { expect, test } from "vitest";
import { createSetupLink } from "../../server/admin/sessions.ts";
import { testDatabase } from "../harness.ts";
import { adminApp, asCli, ownOrigin } from "./admin-app.ts";

const { database } = await testDatabase();
const { clock, context, send, signIn } = await adminApp(database);

const problem = (status: number, code: string) => ({ status, body: { code, status } });

test("a set-up link opens one session of 12 hours, and no second one", async () => {
  const { token } = await createSetupLink(context);
  const opened = await send("POST", "/api/session", { body: { setup_token: token } });
  expect(opened.status).toBe(201);
  expect(opened.body).toEqual({
    kind: "session",
    expires_at: new Date(clock.now() + 12 * 3_600_000).toISOString(),
  });
  const cookie = opened.headers.get("set-cookie")!;
  expect(cookie).toMatch(
    /^saas_litellm_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
  );
  const again = await send("POST", "/api/session", { body: { setup_token: token } });
  expect(again).toMatchObject(problem(403, "setup_link_invalid"));
  const asked = await send("GET", "/api/session", { headers: { cookie: cookie.split(";")[0]! } });
  expect(asked).toMatchObject({ status: 200, body: { kind: "session" } });
});

test("of two who use one link at once, one gets in", async () => {
  const { token } = await createSetupLink(context);
  const both = await Promise.all(
    [1, 2].map(() => send("POST", "/api/session", { body: { setup_token: token } })),
  );
  expect(both.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(both.filter(({ status }) => status === 403)).toHaveLength(1);
});

test("a link is good for 30 minutes", async () => {
  const { token } = await createSetupLink(context);
  clock.advance(30 * 60_000);
  const late = await send("POST", "/api/session", { body: { setup_token: token } });
  expect(late).toMatchObject(problem(403, "setup_link_invalid"));
});

test("refuses unknown and malformed tokens", async () => {
  const unknown = await send("POST", "/api/session", { body: { setup_token: "x" } });
  expect(unknown).toMatchObject(problem(403, "setup_link_invalid"));
  for (const body of [{}, { setup_token: 1 }, { setup_token: "x", more: 1 }]) {
    expect(await send("POST", "/api/session", { body })).toMatchObject(
      problem(422, "invalid_request"),
    );
  }
  expect(await send("POST", "/api/session", { body: "{" })).toMatchObject(
    problem(400, "invalid_json"),
  );
});

test("a page of another site cannot open a session", async () => {
  const { token } = await createSetupLink(context);
  const headers = { origin: "http://evil.example" };
  const refused = await send("POST", "/api/session", { body: { setup_token: token }, headers });
  expect(refused).toMatchObject(problem(403, "origin_not_allowed"));
  const opened = await send("POST", "/api/session", {
    body: { setup_token: token },
    headers: ownOrigin,
  });
  expect(opened.status).toBe(201);
});

test("the cookie is Secure for a browser that came over TLS", async () => {
  const { token } = await createSetupLink(context);
  const opened = await send("POST", "/api/session", {
    body: { setup_token: token },
    headers: { origin: "https://localhost" },
  });
  expect(opened.headers.get("set-cookie")).toMatch(/; Secure$/);
});

test("a session ends after 12 hours", async () => {
  const cookie = await signIn();
  clock.advance(12 * 3_600_000);
  expect(await send("GET", "/api/status", { headers: { cookie } })).toMatchObject(
    problem(401, "session_required"),
  );
});

test("closing a session ends it at once and clears the cookie", async () => {
  const cookie = await signIn();
  const closed = await send("DELETE", "/api/session", { headers: { cookie, ...ownOrigin } });
  expect(closed.status).toBe(204);
  expect(closed.headers.get("set-cookie")).toContain("saas_litellm_session=; Path=/; HttpOnly");
  expect(closed.headers.get("set-cookie")).toContain("Max-Age=0");
  expect(await send("GET", "/api/session", { headers: { cookie } })).toMatchObject(
    problem(401, "session_required"),
  );
  expect(await send("DELETE", "/api/session", { headers: asCli })).toMatchObject(
    problem(422, "invalid_request"),
  );
});

test("changes by a session need the server's own origin; reads and tokens do not", async () => {
  const cookie = await signIn();
  for (const origin of [undefined, "null", "http://evil.example", "http://localhost:8003", "x"]) {
    const headers = { cookie, ...(origin === undefined ? {} : { origin }) };
    expect(await send("POST", "/api/setup-links", { headers })).toMatchObject(
      problem(403, "origin_not_allowed"),
    );
  }
  expect(
    (await send("POST", "/api/setup-links", { headers: { cookie, ...ownOrigin } })).status,
  ).toBe(201);
  expect((await send("GET", "/api/status", { headers: { cookie } })).status).toBe(200);
  expect((await send("POST", "/api/setup-links", { headers: asCli })).status).toBe(201);
});

test("a made set-up link works, with its token in the fragment", async () => {
  const made = await send("POST", "/api/setup-links", { headers: asCli });
  const url = new URL((made.body as { url: string }).url);
  expect(`${url.origin}${url.pathname}${url.search}`).toBe("http://localhost/setup");
  const setup_token = new URLSearchParams(url.hash.slice(1)).get("token");
  expect((await send("POST", "/api/session", { body: { setup_token } })).status).toBe(201);
});

test("an API token opens the API, and only its hash is stored", async () => {
  const made = await send("POST", "/api/tokens", { body: { name: "billing" }, headers: asCli });
  expect(made.status).toBe(201);
  const { token } = made.body as { token: string };
  const headers = { authorization: `Bearer ${token}` };
  expect(await send("GET", "/api/session", { headers })).toMatchObject({
    status: 200,
    body: { kind: "token", expires_at: null },
  });
  expect(JSON.stringify(await database.query("select * from api_tokens"))).not.toContain(token);
  await database.query("update api_tokens set revoked_at = now()");
  expect(await send("GET", "/api/session", { headers })).toMatchObject(
    problem(401, "session_required"),
  );
  for (const body of [{}, { name: "" }, { name: " " }, { name: "a\u0000b" }, { name: "a", x: 1 }]) {
    expect(await send("POST", "/api/tokens", { body, headers: asCli })).toMatchObject(
      problem(422, "invalid_request"),
    );
  }
});

test("a wrong bearer token is refused, also beside a good cookie", async () => {
  const cookie = await signIn();
  for (const authorization of ["Bearer wrong", "Basic abc", "Bearer ", ""]) {
    const refused = await send("GET", "/api/status", { headers: { authorization, cookie } });
    expect(refused).toMatchObject(problem(401, "session_required"));
  }
});

test("nothing but the pages answers without session or token", async () => {
  const paths = [
    ...["/api", "/api/", "/api/session", "/api/status", "/api/jobs", "/api/jobs/x", "/api/teams"],
    ...["/api/teams/x", "/api/organizations", "/api/models", "/api/unheard-of", "/docs", "/docs/x"],
    ...["/openapi.json", "/metrics", "/problems/not_found"],
  ];
  for (const path of paths) {
    expect({ path, ...(await send("GET", path)) }).toMatchObject({
      path,
      ...problem(401, "session_required"),
    });
  }
  const changes = [
    ...["/api/organizations", "/api/teams", "/api/teams/x/keys", "/api/teams/x/wallet/allocate"],
    ...["/api/models", "/api/setup-links", "/api/tokens"],
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
