import { generate } from "otplib";
import { beforeAll, expect, test } from "vitest";
import { testDatabase } from "../harness.ts";
import { adminApp, asCli, ownOrigin } from "../admin/admin-app.ts";

const { database } = await testDatabase();
const { clock, send, signIn } = await adminApp(database);

const problem = (status: number, code: string) => ({ status, body: { code, status } });
const email = "grace@example.com";
let password = "correct horse battery staple";
let cookie = "";
let secret = "";
let backupCodes: string[] = [];

const statusesOf = (answers: readonly { status: number }[]) =>
  answers.map(({ status }) => status).sort((one, other) => one - other);
const cookieOf = (answer: { headers: Headers }) =>
  answer.headers.get("set-cookie")?.split(";")[0] ?? "";
const enter = (code?: string) =>
  send("POST", "/api/session", { body: { email, password, ...(code ? { code } : {}) } });
const own = (method: string, path: string, body?: object) =>
  send(method, `/api/account${path}`, { body, headers: { cookie, ...ownOrigin } });
const codeNow = () => generate({ secret, epoch: Math.floor(clock.now() / 1000) });

beforeAll(async () => {
  const headers = { cookie: await signIn("owner"), ...ownOrigin };
  const body = { email, role: "support" };
  const made = await send("POST", "/api/invitations", { body, headers });
  const token = (made.body["url"] as string).split("#token=")[1];
  const accepted = await send("POST", "/api/invitation/accept", {
    body: { token, name: "Grace", password },
  });
  cookie = cookieOf(accepted);
});

test("turning it on asks for the password, then for a code that proves the app", async () => {
  expect(await own("POST", "/second-factor", { password: "wrong" })).toMatchObject(
    problem(403, "password_wrong"),
  );
  expect(await own("POST", "/second-factor/confirm", { code: "123456" })).toMatchObject(
    problem(409, "state_conflict"),
  );
  const begun = await own("POST", "/second-factor", { password });
  secret = begun.body["secret"] as string;
  expect(begun.body["uri"]).toBe(
    `otpauth://totp/SaaS%20LiteLLM:grace%40example.com?secret=${secret}&issuer=SaaS%20LiteLLM`,
  );
  const right = await codeNow();
  const wrong = right === "000000" ? "000001" : "000000";
  expect(await own("POST", "/second-factor/confirm", { code: wrong })).toMatchObject(
    problem(403, "code_wrong"),
  );
  expect((await enter()).status).toBe(204);
  const confirmed = await own("POST", "/second-factor/confirm", { code: right });
  backupCodes = confirmed.body["backup_codes"] as string[];
  expect(new Set(backupCodes).size).toBe(10);
  expect(backupCodes.every((code) => /^([a-z2-9]{4}-){3}[a-z2-9]{4}$/.test(code))).toBe(true);
  expect((await own("GET", "")).body).toMatchObject({ second_factor: true, backup_codes: 10 });
  expect(await own("POST", "/second-factor", { password })).toMatchObject(
    problem(409, "state_conflict"),
  );
  const rows = JSON.stringify(await database.query("select t::text from admin_users t"));
  expect(rows).not.toContain(secret);
  const codes = JSON.stringify(await database.query("select * from admin_backup_codes"));
  expect(codes).not.toContain(backupCodes[0]);
});

test("a code is good once, also for two at once, and not after a later one", async () => {
  expect(await enter()).toMatchObject(problem(401, "second_factor_required"));
  // The code that turned it on is used up as well.
  expect(await enter(await codeNow())).toMatchObject(problem(401, "sign_in_failed"));
  clock.advance(60_000);
  const earlier = await codeNow();
  clock.advance(30_000);
  const code = await codeNow();
  const both = await Promise.all([enter(code), enter(code), enter(code)]);
  expect(statusesOf(both)).toEqual([204, 401, 401]);
  expect(await enter(code)).toMatchObject(problem(401, "sign_in_failed"));
  expect(await enter(earlier)).toMatchObject(problem(401, "sign_in_failed"));
  clock.advance(30_000);
  expect((await enter(await codeNow())).status).toBe(204);
});

test("a code is good for a step before and after, and for no longer", async () => {
  clock.advance(15 * 60_000);
  const stale = await codeNow();
  clock.advance(90_000);
  expect(await enter(stale)).toMatchObject(problem(401, "sign_in_failed"));
  const recent = await codeNow();
  clock.advance(30_000);
  expect((await enter(recent)).status).toBe(204);
});

test("a backup code is good once, in any spelling, also for two at once", async () => {
  clock.advance(15 * 60_000);
  const [first = "", second = ""] = backupCodes;
  const spelled = first.toUpperCase().replaceAll("-", " ");
  const both = await Promise.all([enter(first), enter(spelled)]);
  expect(statusesOf(both)).toEqual([204, 401]);
  expect(await enter(first)).toMatchObject(problem(401, "sign_in_failed"));
  expect((await own("GET", "")).body).toMatchObject({ backup_codes: 9 });
  const renewed = await own("POST", "/backup-codes", { password });
  const [fresh = ""] = renewed.body["backup_codes"] as string[];
  expect(await enter(second)).toMatchObject(problem(401, "sign_in_failed"));
  expect((await enter(fresh)).status).toBe(204);
});

test("the right password does not clear the failures of guessed codes", async () => {
  clock.advance(15 * 60_000);
  const guess = async () => {
    expect([401, 429]).toContain((await enter()).status);
    return (await enter("000000")).status;
  };
  const statuses: number[] = [];
  for (let index = 0; index < 12; index++) statuses.push(await guess());
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  clock.advance(15 * 60_000);
});

test("a new password ends every other session and goes on with a new cookie", async () => {
  clock.advance(60_000);
  const other = cookieOf(await enter(await codeNow()));
  expect(await own("POST", "/password", { password: "no", new_password: "x" })).toMatchObject(
    problem(422, "invalid_request"),
  );
  const change = { password, new_password: "nine lives of a green cat" };
  const wrong = await own("POST", "/password", { ...change, password: "no" });
  expect(wrong).toMatchObject(problem(403, "password_wrong"));
  const changed = await own("POST", "/password", change);
  expect(changed.status).toBe(204);
  for (const old of [cookie, other]) {
    expect((await send("GET", "/api/session", { headers: { cookie: old } })).status).toBe(401);
  }
  cookie = cookieOf(changed);
  expect((await own("GET", "")).status).toBe(200);
  expect(await enter()).toMatchObject(problem(401, "sign_in_failed"));
  password = change.new_password;
  expect(await enter()).toMatchObject(problem(401, "second_factor_required"));
});

test("one's sessions are listed, and end one by one; nobody else's do", async () => {
  clock.advance(60_000);
  const other = cookieOf(await enter(await codeNow()));
  const { body } = await own("GET", "/sessions");
  const sessions = body["data"] as { session_id: string; current: boolean }[];
  expect(sessions.map(({ current }) => current)).toEqual([false, true]);
  const path = `/sessions/${sessions[0]!.session_id}`;
  const stranger = { cookie: await signIn("owner"), ...ownOrigin };
  expect(await send("DELETE", `/api/account${path}`, { headers: stranger })).toMatchObject(
    problem(404, "not_found"),
  );
  expect((await own("DELETE", path)).status).toBe(204);
  expect((await send("GET", "/api/session", { headers: { cookie: other } })).status).toBe(401);
  expect(await own("DELETE", path)).toMatchObject(problem(404, "not_found"));
  for (const [method, at] of [
    ["GET", ""],
    ["GET", "/sessions"],
    ["PATCH", ""],
  ] as const) {
    const answer = await send(method, `/api/account${at}`, { headers: asCli, body: undefined });
    expect(answer).toMatchObject(problem(403, "account_required"));
  }
});

test("turning it off asks for the password", async () => {
  expect(await own("POST", "/second-factor/disable", { password: "no" })).toMatchObject(
    problem(403, "password_wrong"),
  );
  expect((await own("POST", "/second-factor/disable", { password })).status).toBe(204);
  expect((await enter()).status).toBe(204);
  expect(await own("POST", "/backup-codes", { password })).toMatchObject(
    problem(409, "state_conflict"),
  );
});

test("a reset takes password, second factor and sessions away, and its link sets a password once", async () => {
  const begun = await own("POST", "/second-factor", { password });
  secret = begun.body["secret"] as string;
  clock.advance(60_000);
  await own("POST", "/second-factor/confirm", { code: await codeNow() });
  const { body: me } = await own("GET", "");
  const path = `/api/accounts/${me["account_id"] as string}/reset`;
  const first = await send("POST", path, { headers: asCli });
  const second = await send("POST", path, { headers: asCli });
  expect((await own("GET", "")).status).toBe(401);
  expect(await enter()).toMatchObject(problem(401, "sign_in_failed"));
  const tokenOf = (answer: typeof first) => (answer.body["url"] as string).split("#token=")[1];
  const set = (token: string | undefined) =>
    send("POST", "/api/reset", { body: { token, password: "a password that is new" } });
  // A newer link takes the place of the older one.
  expect(await set(tokenOf(first))).toMatchObject(problem(403, "link_invalid"));
  const both = await Promise.all([set(tokenOf(second)), set(tokenOf(second))]);
  expect(statusesOf(both)).toEqual([204, 403]);
  password = "a password that is new";
  expect((await enter()).status).toBe(204);
});
