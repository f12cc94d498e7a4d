import { expect, test } from "vitest";
import { liveCalls } from "../../server/calls/live.ts";
import { tellNotices } from "../../server/notices/notices.ts";
import { SseReader } from "../../server/gateway/sse.ts";
import { seedTeam, testDatabase } from "../harness.ts";
import { insertWork } from "../usage/work.ts";
import { adminApp, asCli, ownOrigin } from "./admin-app.ts";

/** Wherever an answer tells a team or an organization by its id, it tells what people call it, and who did something by name. */

const { database } = await testDatabase();
const { clock, context, send, signIn } = await adminApp(database);
const team = await seedTeam(context, { id: "claims", credits: 20 });
const { organizationId } = team;
await seedTeam(context, { id: "routing", organizationId });
await database.query("update teams set name = initcap(id) || ' desk'");
await database.query("update organizations set name = 'Aperture'");
await insertWork(database, {
  ...team,
  from: new Date(clock.now() - 60_000),
  jobs: 3,
  everySeconds: 1,
});
const session = { cookie: await signIn("owner"), ...ownOrigin };
const [account] = await database.query<{ email: string }>("select email from admin_users");

type Row = Record<string, unknown>;
const get = async (path: string) => {
  const { status, body } = await send("GET", path, { headers: asCli });
  expect([path, status]).toEqual([path, 200]);
  return body as Row & { data: Row[] };
};
const post = async (path: string, body: object, headers: Record<string, string> = asCli) => {
  clock.advance(1);
  const answer = await send("POST", path, { headers, body });
  expect([path, Math.floor(answer.status / 100)]).toEqual([path, 2]);
  return answer.body as Row;
};

const names = {
  ...{ team_id: "claims", team_name: "Claims desk" },
  ...{ organization_id: organizationId, organization_name: "Aperture" },
};

test("jobs and calls, in lists, by themselves and as they happen", async () => {
  const [job] = (await get("/api/jobs?team=claims")).data;
  expect(job).toMatchObject(names);
  expect(await get(`/api/jobs/${String(job!["job_id"])}`)).toMatchObject(names);
  const calls = (await get("/api/calls")).data;
  expect(calls.length).toBeGreaterThan(1);
  for (const call of calls) expect(call).toMatchObject(names);
  expect(await get(`/api/calls/${String(calls[0]!["call_id"])}`)).toMatchObject(names);
});

test("the live tail names what it tells, by one statement for all that a look finds", async () => {
  const running = `update llm_calls set status = 'in_flight', ended_at = null`;
  const ids = await database.query(`${running} where team_id = 'claims' returning id`);
  const asked: string[] = [];
  const { drizzle } = database;
  const watched = new Proxy(drizzle, {
    get(target, property) {
      asked.push(String(property));
      return Reflect.get(target, property, target) as unknown;
    },
  });
  const stream = liveCalls(
    { ...context, database: { ...database, drizzle: watched } },
    { team: "claims" },
    undefined,
    { pollMs: 1, commentMs: 60_000, lifeMs: 60_000 },
  );
  const reader = stream.getReader();
  const events = new SseReader({
    next: async () => (await reader.read()).value,
    cancel: () => void reader.cancel(),
  });
  for (const _ of ids) {
    expect(JSON.parse((await events.next()) ?? "{}")).toMatchObject(names);
  }
  expect(ids.length).toBeGreaterThan(2);
  // The calls, and the two halves of the names.
  expect(asked.filter((property) => property === "select")).toHaveLength(3);
  events.cancel();
});

test("notices and budgets", async () => {
  await tellNotices(context, { lowBalanceMicros: 100_000_000n, expiryNoticeDays: 1 });
  const [notice] = (await get("/api/notices?team_id=claims")).data;
  expect(notice).toMatchObject({ kind: "wallet.low_balance", ...names });
  const budget = { kind: "soft", period: "month", limit_usd: 5 };
  for (const [scope, subject, name] of [
    ["team", "claims", "Claims desk"],
    ["organization", organizationId, "Aperture"],
    ["key", team.keyId, null],
  ] as const) {
    const asked = { ...budget, scope, subject_id: subject };
    const told = { scope, subject_id: subject, subject_name: name };
    expect(await post("/api/budgets", asked)).toMatchObject(told);
    expect((await get(`/api/budgets?scope=${scope}`)).data).toMatchObject([told]);
  }
});

test("credentials, transfers and redeemed codes; refills and batches with who made them", async () => {
  const credential = { name: "theirs", organization_id: organizationId };
  await post("/api/credentials", credential);
  await post("/api/credentials", { name: "ours" });
  expect((await get("/api/credentials")).data).toMatchObject([
    { name: "ours", organization_id: null, organization_name: null },
    { ...credential, organization_name: "Aperture" },
  ]);

  const wallet = "/api/teams/claims/wallet";
  await post(`${wallet}/transfer`, { to_team_id: "routing", credits: 1, reason: "Shared" });
  expect((await get(`${wallet}/entries?kind=transfer_out`)).data).toMatchObject([
    { counterpart_team_id: "routing", counterpart_team_name: "Routing desk" },
  ]);

  const made = { actor_name: account!.email };
  const refill = { credits: 5, period: "month" };
  expect(await post(`${wallet}/refills`, refill, session)).toMatchObject(made);
  const listed = (await get(`${wallet}/refills`)).data;
  expect(listed).toMatchObject([made]);
  const stop = `${wallet}/refills/${String(listed[0]!["refill_id"])}/stop`;
  expect(await post(stop, {})).toMatchObject({ active: false, ...made });

  const batch = await post("/api/top-up-batches", { name: "Fair", credits: 5, count: 2 }, session);
  expect(batch).toMatchObject(made);
  await post("/api/top-up-batches", { name: "By command", credits: 5, count: 1 });
  expect((await get("/api/top-up-batches")).data).toMatchObject([
    { actor: "cli", actor_name: null },
    made,
  ]);
  await database.query(
    `update top_up_codes set redeemed_at = now(), redeemed_by = 'claims'
     where id = (select min(id::text)::uuid from top_up_codes where batch_id = $1::uuid)`,
    [batch["batch_id"]],
  );
  const codes = await get(`/api/top-up-batches/${String(batch["batch_id"])}`);
  expect(codes).toMatchObject(made);
  expect(codes.data.map((code) => [code["redeemed_by"], code["redeemed_by_name"]])).toEqual(
    expect.arrayContaining([
      ["claims", "Claims desk"],
      [null, null],
    ]),
  );
});

test("the audit log, also of what belongs to nobody", async () => {
  const entries = (await get("/api/audit")).data;
  expect(entries.find(({ action }) => action === "wallet.transfer")).toMatchObject({
    organization_name: "Aperture",
  });
  expect(entries.find(({ team_id: id }) => id === "claims")).toMatchObject(names);
  expect(entries.find(({ action }) => action === "top_up_batch.create")).toMatchObject({
    ...{ team_id: null, team_name: null, organization_id: null, organization_name: null },
  });
});
