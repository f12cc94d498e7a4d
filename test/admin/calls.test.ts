import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { jobs as jobTable } from "../../db/schema/index.ts";
import type { toFoundCallView } from "../../server/calls/view.ts";
import { liveCalls } from "../../server/calls/live.ts";
import { SseReader } from "../../server/gateway/sse.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { seedTeam, testDatabase } from "../harness.ts";
import { insertWork } from "../usage/work.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const { clock, context, send, signIn } = await adminApp(database);
const one = await seedTeam(context);
const two = await seedTeam(context);
const from = new Date(clock.now() - 3_600_000);
await insertWork(database, { ...one, from, jobs: 12, everySeconds: 60 });
await insertWork(database, { ...two, from, jobs: 6, everySeconds: 60 });

interface Found {
  data: { call_id: string; job_id: string; team_id: string; model: string; created_at: string }[];
  next: string | null;
  prev: string | null;
}
const get = (path: string) => send("GET", path, { headers: asCli });
const list = async (query: string) => {
  const { status, body } = await get(`/api/calls?${query}`);
  expect([query, status]).toEqual([query, 200]);
  return body as unknown as Found;
};
const count = async (query: string) => (await list(`limit=200&${query}`)).data.length;

test("lists the calls of all teams, newest first, and walks them both ways", async () => {
  const all = await list("limit=200");
  expect(all.data).toHaveLength(36);
  const ids = all.data.map(({ call_id }) => call_id);
  expect(ids).toEqual(ids.toSorted().reverse());
  const first = await list("limit=20");
  const second = await list(`limit=20&cursor=${first.next}`);
  expect([...first.data, ...second.data]).toEqual(all.data);
  expect(await list(`limit=20&cursor=${second.prev}`)).toEqual(first);
});

test("finds calls by what they are", async () => {
  expect(await count(`team=${one.teamId}`)).toBe(24);
  expect(await count(`organization=${two.organizationId}`)).toBe(12);
  expect(await count(`key=${one.keyId}`)).toBe(24);
  expect(await count("alias=chat-large")).toBe(12);
  expect(await count("status=failed")).toBe(3);
  expect(await count("flagged=true")).toBe(6);
  expect(await count("min_cost_usd=0.000003")).toBe(7);
  expect(await count("max_cost_usd=0")).toBe(8);
  expect(await count("min_credits=1")).toBe(0);
  expect(await count("job_type=type-0&status=succeeded")).toBe(6);
  expect(await count("target=nobody%2Fmodel")).toBe(0);
  expect(await count(`to=${from.toISOString()}`)).toBe(0);
  expect(await count(`from=${from.toISOString()}`)).toBe(36);
  const [call] = (await list("limit=1")).data;
  expect(await count(`id=${call!.call_id}`)).toBe(1);
  expect(await count(`id=${call!.job_id}`)).toBeGreaterThan(0);
});

test("finds jobs by the same, and by the id of a call", async () => {
  const jobs = async (query: string) => {
    const { status, body } = await get(`/api/jobs?limit=200&${query}`);
    expect([query, status]).toEqual([query, 200]);
    return (body["data"] as { job_id: string }[]).length;
  };
  expect(await jobs(`organization=${one.organizationId}`)).toBe(12);
  expect(await jobs("alias=chat-large")).toBe(12);
  expect(await jobs("flagged=true")).toBe(6);
  expect(await jobs("flagged=false")).toBe(12);
  expect(await jobs("min_credits=0.5&max_credits=1")).toBe(17);
  expect(await jobs("job_type=type-1")).toBe(6);
  expect(await jobs("user_id=user-1")).toBeGreaterThan(0);
  expect(await jobs("external_task_id=none")).toBe(0);
  const [first] = (await list(`team=${two.teamId}`)).data.map(({ job_id }) => job_id);
  const named = (id: string, names: object) =>
    database.drizzle.update(jobTable).set(names).where(eq(jobTable.id, id));
  await named(first!, { reference: "ticket 4711" });
  await named((await list(`team=${one.teamId}`)).data[0]!.job_id, {
    externalTaskId: "ticket 4711",
  });
  expect(await jobs("reference=ticket%204711")).toBe(2);
  expect(await jobs(`reference=ticket%204711&team=${two.teamId}`)).toBe(1);
  expect(await jobs("external_task_id=ticket%204711")).toBe(1);
  expect((await get(`/api/jobs/${first}`)).body["reference"]).toBe("ticket 4711");
  const [call] = (await list("limit=1")).data;
  expect(await jobs(`id=${call!.call_id}`)).toBe(1);
});

test.each([
  ...["min_cost_usd=-1", "min_cost_usd=1e-12", "max_credits=0.0000001", "min_credits=x"],
  ...["from=today", "key=x", "id=1", "team=%00", "flagged=maybe", "status=lost", "more=1"],
  ...["min_credits=2&max_credits=1", "from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z"],
])("%s is refused", async (query) => {
  for (const path of ["calls", "jobs"]) {
    const { status, body } = await get(`/api/${path}?${query}`);
    expect([path, status, typeof body["code"]]).toEqual([path, 422, "string"]);
  }
});

test("shows one call with its prices and tokens by kind", async () => {
  const [call] = (await list("limit=1")).data;
  const { status, body } = await get(`/api/calls/${call!.call_id}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...call,
    price_snapshot: {},
    worst_cost_usd: null,
    credits_held: 0,
    cache_write_tokens: null,
  });
  for (const id of [uuidV7(clock.now()), "x"]) {
    expect((await get(`/api/calls/${id}`)).status).toBe(404);
  }
});

test("calls are for admins only", async () => {
  for (const path of ["/api/calls", "/api/calls/live", `/api/calls/${uuidV7(clock.now())}`]) {
    expect((await send("GET", path)).status).toBe(401);
  }
});

const fast = { pollMs: 20, commentMs: 100, lifeMs: 60_000 };
const openCall = async (teamId: string, alias = "chat-fast") => {
  const id = uuidV7(clock.now());
  await database.query(
    `insert into llm_calls (id, job_id, team_id, instance_id, alias, endpoint, price_snapshot, created_at)
     select $1::uuid, j.id, j.team_id, j.id, $3::text, 'chat', '{}', $4::timestamptz
     from jobs j where j.team_id = $2::text limit 1`,
    [id, teamId, alias, new Date(clock.now())],
  );
  return id;
};
const endCall = (id: string, status = "succeeded") =>
  database.query(
    "update llm_calls set status = $2::text, ended_at = $3::timestamptz where id = $1::uuid",
    [id, status, new Date(clock.now())],
  );
const eventsOf = (stream: ReadableStream<Uint8Array>) => {
  const reader = stream.getReader();
  return new SseReader({
    next: async () => (await reader.read()).value,
    cancel: () => void reader.cancel(),
  });
};
type Told = ReturnType<typeof toFoundCallView>;
const told = async (events: SseReader) => {
  const { call_id, status } = JSON.parse((await events.next()) ?? "{}") as Told;
  return [call_id, status];
};

test("the live tail tells what runs, what begins and what ends, once each", async () => {
  const running = await openCall(one.teamId);
  const events = eventsOf(liveCalls(context, { team: one.teamId }, undefined, fast));
  expect(await told(events)).toEqual([running, "in_flight"]);
  await openCall(two.teamId);
  const begun = await openCall(one.teamId);
  expect(await told(events)).toEqual([begun, "in_flight"]);
  await endCall(running);
  expect(await told(events)).toEqual([running, "succeeded"]);
  await endCall(begun, "failed");
  expect(await told(events)).toEqual([begun, "failed"]);
  events.cancel();
});

test("the live tail shows only calls of the state and alias asked for", async () => {
  const query = { alias: "chat-large", status: "failed" as const };
  const events = eventsOf(liveCalls(context, query, undefined, fast));
  const next = told(events);
  const [fine, wrong, other] = [
    await openCall(one.teamId, "chat-large"),
    await openCall(one.teamId, "chat-large"),
    await openCall(one.teamId),
  ];
  await endCall(fine);
  await endCall(other, "failed");
  await endCall(wrong, "failed");
  expect(await next).toEqual([wrong, "failed"]);
  events.cancel();
});

test("the live tail answers a session, keeps a silent client by comments, and ends in time", async () => {
  const cookie = await signIn();
  clock.advance(60_000);
  const brief = { pollMs: 20, commentMs: 1, lifeMs: 600 };
  const tail = liveCalls(context, { team: "nobody" }, undefined, brief);
  const text = await new Response(tail).text();
  expect(text).toMatch(/^retry: 1000\n\n(: nothing new\n\n)+$/);
  clock.advance(11 * 3_600_000 + 59 * 60_000 - 100);
  const { status, headers } = await send("GET", "/api/calls/live", { headers: { cookie } });
  expect([status, headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
});

test("a server serves 20 live tails, and another when one has left", async () => {
  const open = () => liveCalls(context, {}, undefined, fast);
  const tails = Array.from({ length: 20 }, open);
  expect(open).toThrow("20 live tails");
  await tails.pop()!.cancel();
  tails.push(open());
  await Promise.all(tails.map((tail) => tail.cancel()));
});

test("cancelling is refused to strangers, for calls that are over, and for none", async () => {
  const [call] = (await list("limit=1")).data;
  const path = `/api/calls/${call!.call_id}/cancel`;
  expect(await send("POST", path)).toMatchObject({ status: 401 });
  expect(await send("POST", path, { headers: asCli })).toMatchObject({
    status: 409,
    body: { code: "state_conflict" },
  });
  const none = `/api/calls/${uuidV7(clock.now())}/cancel`;
  expect(await send("POST", none, { headers: asCli })).toMatchObject({ status: 404 });
});
