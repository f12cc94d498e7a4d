import { expect, test } from "vitest";
import { cancelCall } from "../../server/calls/cancel.ts";
import { Heartbeat } from "../../server/instance/heartbeat.ts";
import { OffsetClock } from "../../server/kernel/clock.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { silentLog } from "../../server/kernel/log.ts";
import {
  requestOf,
  seedModel,
  seedTeam,
  standInGateway,
  teamApi,
  testContext,
  testDatabase,
} from "../harness.ts";

/** An admin cancels by one instance what another carries out: the two share the database and nothing else. */
const { database, open, runtime, beforeEnd } = await testDatabase();
const gateway = await standInGateway();
const admin = await testContext(database);
const author = { actor: "session:1", address: "203.0.113.9", requestId: null };

const clock = new OffsetClock();
const base = await testContext(open(4), { clock });
const heartbeat = new Heartbeat({
  database: () => base.database,
  clock,
  instanceId: base.instanceId,
  dataDirectoryId: uuidV7(Date.now()),
  intervalMs: 100,
  leaseMs: 30_000,
  log: silentLog,
});
const context = { ...base, changes: heartbeat };
const api = teamApi(context, { gateway, runtime });
heartbeat.onStopCalls = (ids, reason) => api.calls.stopCalls(ids, reason);
heartbeat.underWay = api.calls.underWay;
await heartbeat.start();
beforeEnd(async () => {
  await api.stop();
  await heartbeat.stop();
});
await seedModel(context, gateway.upstream, { alias: "chat-fast" });
const { key, teamId } = await seedTeam(context, { credits: 100 });

const messages = (gate: string) => [
  {
    role: "user",
    content: `hello #loopback ${JSON.stringify({ hold: gate, hold_after_chunks: 1, text: "one two", chunks: 2 })}`,
  },
];

const callRow = async (callId: string) => {
  const [row] = await database.query<{ status: string; error_code: string; job_id: string }>(
    "select status, error_code, job_id from llm_calls where id = $1::uuid",
    [callId],
  );
  return row!;
};

test("a cancelled stream ends with its reason on the instance that carries it, settled, and its job goes on", async () => {
  const created = await api.send("POST", "/api/jobs/create", { key, body: { job_type: "x" } });
  const jobId = String(created.body["job_id"]);
  const stream = await api.handle(
    requestOf("POST", `http://localhost/api/jobs/${jobId}/llm-call-stream`, {
      body: { messages: messages("a") },
      headers: { authorization: `Bearer ${key}` },
    }),
  );
  const callId = stream.headers.get("x-call-id")!;
  const text = stream.text();
  await gateway.provider.until(({ held }) => held === 1);
  await cancelCall(admin, author, callId);
  // Twice is once.
  await cancelCall(admin, author, callId).catch((error: unknown) =>
    expect(error).toMatchObject({ code: "state_conflict" }),
  );
  const last = (await text).trim().split("\n\n").at(-1)!;
  expect(JSON.parse(last.slice("data: ".length))).toMatchObject({
    error: { code: "call_cancelled" },
  });
  expect(await callRow(callId)).toMatchObject({ status: "aborted", error_code: "call_cancelled" });
  await expect(cancelCall(admin, author, callId)).rejects.toMatchObject({ code: "state_conflict" });
  const job = await api.send("GET", `/api/jobs/${jobId}`, { key });
  expect(job.body).toMatchObject({ status: "in_progress" });
  const [entry] = await database.query(
    "select actor, team_id, subject_id from audit_log where action = 'call.cancel' limit 1",
  );
  expect(entry).toEqual({ actor: "session:1", team_id: teamId, subject_id: callId });
});

test("a call that is no stream, or none at all, cannot be cancelled", async () => {
  const answer = api.send("POST", "/api/jobs/create-and-call", {
    key,
    body: { job_type: "x", messages: messages("b") },
  });
  await gateway.provider.until(({ held }) => held > 0);
  const [row] = await database.query<{ id: string }>(
    "select id from llm_calls where status = 'in_flight'",
  );
  await expect(cancelCall(admin, author, row!.id)).rejects.toMatchObject({
    code: "state_conflict",
  });
  gateway.provider.release("b");
  expect((await answer).status).toBe(200);
  for (const id of [uuidV7(Date.now()), "none"]) {
    await expect(cancelCall(admin, author, id)).rejects.toMatchObject({ code: "not_found" });
  }
});
