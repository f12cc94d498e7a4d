import { generate } from "otplib";
import { expect, test } from "vitest";
import { adminApp, asCli, ownOrigin } from "../admin/admin-app.ts";
import { testDatabase } from "../harness.ts";
import { ofPeople } from "./changes.ts";

/** What people do about accounts is written as well, by whom and in the transaction that does it: without the entry it has not happened. */
const { database } = await testDatabase();
const { clock, send, signIn } = await adminApp(database);

await database.script(`
  create function refuse_entry() returns trigger language plpgsql as $$ begin raise exception 'no entry'; end $$;
  create trigger refuse_entry before insert on audit_log for each row execute function refuse_entry();
  alter table audit_log disable trigger refuse_entry;`);

const password = "nine lives of a green cat";
const credentials = { email: "ada@example.com", password };
const asked: string[] = [];

/** Asks while no entry can be written, then again; says what was written, and gives the answer. */
async function twice(route: string, actions: string, message: object, path = route.split(" ")[1]!) {
  asked.push(route);
  clock.advance(60_000);
  const [method = ""] = route.split(" ");
  await database.script("alter table audit_log enable trigger refuse_entry");
  expect([route, (await send(method, path, message)).status]).toEqual([route, 500]);
  await database.script("alter table audit_log disable trigger refuse_entry");
  const answer = await send(method, path, message);
  expect(`${route}: ${answer.status} ${answer.text}`).toMatch(/: 20\d /);
  const entries = await database.query<{ action: string }>(
    "select action from audit_log where request_id = $1 order by action",
    [answer.headers.get("x-request-id")],
  );
  expect([route, entries.map(({ action }) => action).join(" ")]).toEqual([route, actions]);
  return answer;
}

const tokenOf = (body: object) => String((body as { url: string }).url).split("#token=")[1];
const cookieOf = (answer: { headers: Headers }) => answer.headers.get("set-cookie")!.split(";")[0]!;

test("each change of an account is written with it, or is not made", async () => {
  const link = await send("POST", "/api/setup-links", { headers: asCli });
  const setup = { setup_token: tokenOf(link.body), email: "o@example.com", name: "O", password };
  await twice("POST /api/setup", "account.create session.open", { body: setup });
  const owner = { cookie: await signIn("owner"), ...ownOrigin };
  const invited = await send("POST", "/api/invitations", {
    headers: owner,
    body: { email: credentials.email, role: "viewer" },
  });
  const accept = { token: tokenOf(invited.body), name: "Ada", password };
  await twice("POST /api/invitation/accept", "account.create session.open", { body: accept });
  const entered = await twice("POST /api/session", "session.open", { body: credentials });
  const ada = { cookie: cookieOf(entered), ...ownOrigin };
  const { body: own } = await send("GET", "/api/account", { headers: ada });
  const id = String(own["account_id"]);

  await twice("PATCH /api/account", "account.update", { headers: ada, body: { name: "Ada B" } });
  const factor = await send("POST", "/api/account/second-factor", {
    headers: ada,
    body: { password },
  });
  const secret = String(factor.body["secret"]);
  clock.advance(60_000);
  const code = await generate({ secret, epoch: Math.floor((clock.now() + 60_000) / 1000) });
  const confirm = { headers: ada, body: { code } };
  await twice("POST /api/account/second-factor/confirm", "account.second_factor", confirm);
  const proven = { headers: ada, body: { password } };
  await twice("POST /api/account/backup-codes", "account.backup_codes", proven);
  await twice("POST /api/account/second-factor/disable", "account.second_factor", proven);

  const other = await send("POST", "/api/session", { body: credentials });
  const { body: sessions } = await send("GET", "/api/account/sessions", {
    headers: { cookie: cookieOf(other) },
  });
  const current = (sessions["data"] as { session_id: string; current: boolean }[]).find(
    (session) => session.current,
  )!;
  await twice(
    "DELETE /api/account/sessions/{session_id}",
    "session.revoke",
    { headers: ada },
    `/api/account/sessions/${current.session_id}`,
  );
  const changed = { headers: ada, body: { password, new_password: `${password}s` } };
  const renewed = await twice(
    "POST /api/account/password",
    "account.password session.open",
    changed,
  );
  await twice("DELETE /api/session", "session.close", {
    headers: { cookie: cookieOf(renewed), ...ownOrigin },
  });

  const account = `/api/accounts/${id}`;
  const { body: list } = await send("GET", "/api/accounts", { headers: owner });
  const { version } = (list["data"] as { account_id: string; version: number }[]).find(
    ({ account_id }) => account_id === id,
  )!;
  const role = { headers: owner, body: { role: "support", version } };
  await twice("PATCH /api/accounts/{account_id}", "account.update", role, account);
  const reset = await twice(
    "POST /api/accounts/{account_id}/reset",
    "account.reset",
    { headers: owner },
    `${account}/reset`,
  );
  await twice("POST /api/reset", "account.password session.open", {
    body: { token: tokenOf(reset.body), password },
  });
  await twice("DELETE /api/accounts/{account_id}", "account.remove", { headers: owner }, account);

  // A link is read, or made for who has the machine; a factor that is not confirmed yet is none.
  const unwritten = [
    "POST /api/account/second-factor",
    "POST /api/invitation",
    "POST /api/setup-links",
  ];
  expect([...asked, ...unwritten].toSorted()).toEqual(ofPeople.toSorted());
});
