import { expect, test } from "vitest";
import { Heartbeat } from "../../server/instance/heartbeat.ts";
import { OffsetClock } from "../../server/kernel/clock.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { silentLog } from "../../server/kernel/log.ts";
import { createKey } from "../../server/keys/issue.ts";
import { revokeKey } from "../../server/keys/keys.ts";
import { pauseOrganization, resumeOrganization } from "../../server/organizations/status.ts";
import { changeAccess } from "../../server/teams/access.ts";
import { resumeTeam, suspendTeam } from "../../server/teams/status.ts";
import {
  requestOf,
  seedModel,
  seedTeam,
  standInGateway,
  teamApi,
  testContext,
  testDatabase,
  until,
} from "../harness.ts";

/** Two instances on one database, each with caches and a heartbeat as in the product, and no Redis between them. */
const { open, runtime, beforeEnd } = await testDatabase();
const gateway = await standInGateway();
const author = { actor: "test", address: null, requestId: null };

async function instance() {
  const database = open(4);
  let beats = 0;
  const clock = new OffsetClock();
  const base = await testContext(database, { clock });
  const heartbeat = new Heartbeat({
    database: () => {
      beats += 1;
      return database;
    },
    clock,
    instanceId: base.instanceId,
    dataDirectoryId: uuidV7(Date.now()),
    intervalMs: 500,
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
  return { ...api, context, beats: () => beats };
}

const here = await instance();
const there = await instance();
await seedModel(here.context, gateway.upstream, { alias: "chat-fast" });
await seedModel(here.context, gateway.upstream, { alias: "chat-large", group: "large" });

/**
 * Design 9: a change counts on every instance within a second, which is two heartbeats. Told by beats and not by the clock:
 * on a busy machine both come late. A beat is over when the next one has begun.
 */
async function within(what: string, condition: () => Promise<boolean>): Promise<void> {
  const before = there.beats();
  await until(what, async () => {
    const since = there.beats() - before;
    const holds = await condition();
    if (!holds && since > 1) throw new Error(`not within two heartbeats: ${what}`);
    return holds;
  });
}

const seeded = () => seedTeam(here.context, { credits: 100 });
const answers = async (key: string, path = "/api/me") => {
  const { status, body } = await there.send("GET", path, { key });
  return status === 200 ? "200" : String(body["code"]);
};

test("a suspension and its end reach the other instance, past its cache", async () => {
  const { key, teamId } = await seeded();
  expect(await answers(key)).toBe("200");
  await suspendTeam(here.context, author, { teamId });
  expect((await here.send("GET", "/api/me", { key })).body["code"]).toBe("team_suspended");
  await within("it is suspended there", async () => (await answers(key)) === "team_suspended");
  await resumeTeam(here.context, author, { teamId });
  await within("it is resumed there", async () => (await answers(key)) === "200");
});

test("a pause of an organization, and its end, reach the other instance", async () => {
  const { key, organizationId } = await seeded();
  const creates = async () => {
    const { status, body } = await there.send("POST", "/api/jobs/create", {
      key,
      body: { job_type: "x" },
    });
    return status === 201 ? "201" : String(body["code"]);
  };
  expect(await creates()).toBe("201");
  await pauseOrganization(here.context, author, { organizationId });
  await within("it is paused there", async () => (await creates()) === "team_paused");
  expect(await answers(key)).toBe("200");
  await resumeOrganization(here.context, author, { organizationId });
  await within("it is resumed there", async () => (await creates()) === "201");
});

test("a revoked key stops working on the other instance", async () => {
  const { teamId } = await seeded();
  const { keyId, secret } = await createKey(here.context, { teamId, name: "second" }, author);
  await within("the key works there", async () => (await answers(secret)) === "200");
  await revokeKey(here.context, author, keyId);
  await within("it is revoked there", async () => (await answers(secret)) === "key_revoked");
});

test("models that are taken away are gone on the other instance", async () => {
  const { key, teamId } = await seeded();
  const models = async () => (await there.send("GET", "/api/models", { key })).text;
  expect(await models()).toContain("chat-fast");
  await changeAccess(here.context, author, { teamId, groups: ["large"] });
  await within("the other group counts there", async () => {
    const text = await models();
    return text.includes("chat-large") && !text.includes("chat-fast");
  });
});

test("streams of a suspended team are cut and settled, on the other instance and on this one", async () => {
  const { key, teamId } = await seeded();
  const bystander = await seeded();
  const streamOn = async (api: typeof here, as: string, gate: string) => {
    const script = JSON.stringify({ hold: gate, hold_after_chunks: 1, text: "one two", chunks: 2 });
    const body = {
      job_type: "x",
      messages: [{ role: "user", content: `hello #loopback ${script}` }],
    };
    const request = requestOf("POST", "http://localhost/api/jobs/create-and-call-stream", {
      body,
      headers: { authorization: `Bearer ${as}` },
    });
    const response = await api.handle(request);
    expect(response.status).toBe(200);
    return { callId: response.headers.get("x-call-id")!, text: response.text() };
  };
  const streams = [await streamOn(here, key, "a"), await streamOn(there, key, "b")];
  const other = await streamOn(there, bystander.key, "c");
  await gateway.provider.until(({ held }) => held === 3);

  await suspendTeam(here.context, author, { teamId });
  for (const { callId, text } of streams) {
    const last = (await text).trim().split("\n\n").at(-1)!;
    expect(JSON.parse(last.slice("data: ".length))).toMatchObject({
      error: { code: "team_suspended" },
    });
    const [call] = await here.context.database.query(
      "select status, error_code from llm_calls where id = $1::uuid",
      [callId],
    );
    expect(call).toEqual({ status: "aborted", error_code: "team_suspended" });
  }
  gateway.provider.release("c");
  expect(await other.text).toContain("[DONE]");
});
