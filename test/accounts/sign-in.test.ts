import { expect, test } from "vitest";
import { countedAttempt } from "../../server/accounts/attempts.ts";
import { createSetupLink } from "../../server/accounts/setup.ts";
import { testDatabase } from "../harness.ts";
import { adminApp, asCli, ownOrigin } from "../admin/admin-app.ts";

/** In the order of a life: set-up, signing in, and what strangers try. */
const { database } = await testDatabase();
const { clock, context, send, signIn } = await adminApp(database);

const problem = (status: number, code: string) => ({ status, body: { code, status } });
const password = "correct horse battery staple";
const ada = { email: "Ada@Example.com", name: "Ada Byron", password };
const statusesOf = (answers: readonly { status: number }[]) =>
  answers.map(({ status }) => status).sort((one, other) => one - other);
const cookieOf = (answer: { headers: Headers }) =>
  answer.headers.get("set-cookie")?.split(";")[0] ?? "";
const enter = (body: object, from?: string, headers?: Record<string, string>) =>
  send("POST", "/api/session", {
    body,
    ...(from === undefined ? {} : { from }),
    ...(headers === undefined ? {} : { headers }),
  });

test("a set-up link is good for 30 minutes, and unknown ones for nothing", async () => {
  expect(await send("GET", "/api/setup")).toMatchObject({ body: { owner_exists: false } });
  const { token } = await createSetupLink(context);
  clock.advance(30 * 60_000);
  for (const setup_token of [token, "x"]) {
    const refused = await send("POST", "/api/setup", { body: { setup_token, ...ada } });
    expect(refused).toMatchObject(problem(403, "setup_link_invalid"));
  }
  const whole = { setup_token: token, ...ada };
  const wrong = [
    { ...whole, password: "elevenchars" },
    { ...whole, email: "no address" },
    { ...whole, email: "a@b@c" },
    { ...whole, name: " " },
    { ...whole, role: "owner" },
    { setup_token: token },
  ];
  for (const body of wrong) {
    expect(await send("POST", "/api/setup", { body })).toMatchObject(
      problem(422, "invalid_request"),
    );
  }
});

test("of 20 set-ups at once, with one link or several, one makes the owner", async () => {
  const links = await Promise.all([createSetupLink(context), createSetupLink(context)]);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      send("POST", "/api/setup", {
        body: { ...ada, email: `racer-${index}@example.com`, setup_token: links[index % 2]!.token },
        headers: ownOrigin,
      }),
    ),
  );
  expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  expect(
    answers.filter(({ status }) => status === 204 || [403, 409].includes(status)),
  ).toHaveLength(20);
  expect(await database.query("select role from admin_users")).toEqual([{ role: "owner" }]);
  const winner = answers.find(({ status }) => status === 204)!;
  expect(winner.headers.get("set-cookie")).toMatch(
    /^saas_litellm_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
  );
  const me = await send("GET", "/api/session", { headers: { cookie: cookieOf(winner) } });
  expect(me.body).toMatchObject({ kind: "session", role: "owner", scopes: null });
  const unused = links.map(({ token }) => token);
  for (const setup_token of unused) {
    const late = await send("POST", "/api/setup", { body: { setup_token, ...ada } });
    expect([403, 409]).toContain(late.status);
  }
});

test("once there is an owner, set-up links are made no more", async () => {
  expect(await send("GET", "/api/setup")).toMatchObject({ body: { owner_exists: true } });
  expect(await send("POST", "/api/setup-links", { headers: asCli })).toMatchObject(
    problem(409, "setup_done"),
  );
});

test("an invitation makes one account of its role, which signs in by e-mail in any case", async () => {
  const headers = { cookie: await signIn("owner"), ...ownOrigin };
  const body = { email: ada.email, role: "owner" };
  const made = await send("POST", "/api/invitations", { body, headers });
  const { url } = made.body as { url: string };
  expect(url).toMatch(/^http:\/\/localhost\/invitation#token=[\w-]{43}$/);
  const token = url.split("#token=")[1];
  expect(await send("POST", "/api/invitation", { body: { token } })).toMatchObject({
    status: 200,
    body: { email: ada.email, role: "owner" },
  });
  const both = await Promise.all(
    [1, 2].map(() =>
      send("POST", "/api/invitation/accept", { body: { token, name: ada.name, password } }),
    ),
  );
  const [won, lost] = statusesOf(both);
  expect(won).toBe(204);
  expect([403, 409]).toContain(lost);
  expect(await send("POST", "/api/invitation", { body: { token } })).toMatchObject(
    problem(403, "link_invalid"),
  );
  const again = await send("POST", "/api/invitations", { body, headers });
  expect(again).toMatchObject(problem(409, "name_taken"));
  const entered = await enter({ email: "ada@example.COM", password });
  expect(entered.status).toBe(204);
  expect(
    await send("GET", "/api/session", { headers: { cookie: cookieOf(entered) } }),
  ).toMatchObject({ body: { account: { email: ada.email, name: ada.name }, role: "owner" } });
});

test("an invitation ends after 7 days, and when it is taken back", async () => {
  const headers = { cookie: await signIn("owner"), ...ownOrigin };
  const invite = async (email: string) => {
    const body = { email, role: "viewer" };
    const { body: made } = await send("POST", "/api/invitations", { body, headers });
    return { id: made["invitation_id"] as string, token: (made["url"] as string).split("=")[1] };
  };
  const taken = await invite("taken@example.com");
  const path = `/api/invitations/${taken.id}`;
  expect((await send("DELETE", path, { headers })).status).toBe(204);
  expect(await send("DELETE", path, { headers })).toMatchObject(problem(404, "not_found"));
  const late = await invite("late@example.com");
  clock.advance(7 * 24 * 3_600_000);
  for (const { token } of [taken, late]) {
    const body = { token, name: "X", password };
    expect(await send("POST", "/api/invitation/accept", { body })).toMatchObject(
      problem(403, "link_invalid"),
    );
  }
});

test("nobody learns from a refused sign-in which accounts there are", async () => {
  const refusals = await Promise.all([
    enter({ email: ada.email, password: "wrong" }, "192.0.2.1"),
    enter({ email: "nobody@example.com", password: "wrong" }, "192.0.2.1"),
    enter({ email: "not an address", password: "wrong" }, "192.0.2.1"),
  ]);
  const told = refusals.map(({ status, body, headers }) => ({
    ...{ status, body: { ...body, request_id: undefined } },
    headers: [...headers.keys()].sort(),
  }));
  expect(told[0]).toMatchObject({ status: 401, body: { code: "sign_in_failed" } });
  expect(told[1]).toEqual(told[0]);
  expect(told[2]).toEqual(told[0]);
  expect(refusals[0].headers.get("set-cookie")).toBeNull();
});

test("ten failures lock an account for a quarter of an hour, existing or not", async () => {
  clock.advance(15 * 60_000);
  for (const email of ["nobody@example.com", ada.email]) {
    const attempts = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        enter({ email, password: "wrong" }, `198.51.100.${index}`),
      ),
    );
    const statuses = attempts.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
    const locked = await enter({ email: email.toLowerCase(), password }, "203.0.113.9");
    expect(locked).toMatchObject(problem(429, "too_many_attempts"));
    expect(locked.body["resets_at"]).toBe(new Date(clock.now() + 15 * 60_000).toISOString());
  }
  clock.advance(15 * 60_000);
  expect((await enter({ email: ada.email, password })).status).toBe(204);
});

test("fifty failures lock an address, for every account", async () => {
  const from = "192.0.2.77";
  // Most of them without the work of a password: it is their number that counts.
  for (let index = 0; index < 48; index++) {
    await countedAttempt(context, { email: `user-${index}@example.com`, address: from });
  }
  expect((await enter({ email: ada.email, password }, from)).status).toBe(204);
  for (const email of ["user-48@example.com", "user-49@example.com"]) {
    expect((await enter({ email, password: "wrong" }, from)).status).toBe(401);
  }
  expect(await enter({ email: ada.email, password }, from)).toMatchObject(
    problem(429, "too_many_attempts"),
  );
  expect((await enter({ email: ada.email, password }, "192.0.2.78")).status).toBe(204);
});

test("signing in gives a new session and ends the one that the browser came with", async () => {
  const planted = cookieOf(await enter({ email: ada.email, password }));
  const entered = await enter({ email: ada.email, password }, undefined, { cookie: planted });
  const fresh = cookieOf(entered);
  expect(fresh).not.toBe(planted);
  expect((await send("GET", "/api/session", { headers: { cookie: planted } })).status).toBe(401);
  expect((await send("GET", "/api/session", { headers: { cookie: fresh } })).status).toBe(200);
  const made = "saas_litellm_session=0123456789012345678901234567890123456789012";
  const own = cookieOf(await enter({ email: ada.email, password }, undefined, { cookie: made }));
  expect(own).not.toBe(made);
  expect((await send("GET", "/api/session", { headers: { cookie: made } })).status).toBe(401);
});

test("a page of another site signs nobody in, and the cookie is Secure over TLS", async () => {
  const body = { email: ada.email, password };
  for (const origin of ["http://evil.example", "null", "http://localhost:3003"]) {
    expect(await enter(body, undefined, { origin })).toMatchObject(
      problem(403, "origin_not_allowed"),
    );
  }
  const plain = { "content-type": "text/plain" };
  expect(await enter(body, undefined, plain)).toMatchObject(problem(415, "unsupported_media_type"));
  const overTls = await enter(body, undefined, { origin: "https://localhost" });
  expect(overTls.headers.get("set-cookie")).toMatch(/; Secure$/);
});

test("no password, token or session stands in the database in plain text", async () => {
  const cookie = cookieOf(await enter({ email: ada.email, password }));
  const tables = ["admin_users", "admin_sessions", "setup_links", "admin_invitations", "audit_log"];
  for (const table of tables) {
    const rows = JSON.stringify(await database.query(`select t::text from ${table} t`));
    expect(rows).not.toContain(password);
    expect(rows).not.toContain(cookie.split("=")[1]);
  }
  const [row] = await database.query<{ password_hash: string }>(
    "select password_hash from admin_users where lower(email) = 'ada@example.com'",
  );
  expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test("no way in leads anywhere else, and no page of ours is shown in a frame", async () => {
  for (const path of ["/api/session", "/api/setup", "/api/reset", "/api/invitation/accept"]) {
    const answer = await send("POST", `${path}?next=http://evil.example`, { body: {} });
    expect([path, answer.status]).toEqual([path, 422]);
    expect(answer.headers.get("location")).toBeNull();
  }
  for (const path of ["//evil", "/?next=//evil.example", "/setup", "/reset", "/\\evil"]) {
    const { status, headers } = await send("GET", path);
    expect([path, status, headers.get("location")]).toEqual([path, 200, null]);
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  }
});
