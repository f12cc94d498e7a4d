import { beforeEach, expect, test } from "vitest";
import { deleteOldBodies, readBodies } from "../../server/bodies/bodies.ts";
import { BodyStore } from "../../server/bodies/body-store.ts";
import type { Context } from "../../server/context.ts";
import { uuidV7 } from "../../server/kernel/ids.ts";
import type { Log } from "../../server/kernel/log.ts";
import { type Settings, settingDefaults, toSettings } from "../../server/settings/settings.ts";
import { ManualChanges } from "../harness/changes.ts";
import { ManualClock, testContext, testDatabase, until } from "../harness.ts";

const { database, beforeEnd } = await testDatabase();
const clock = new ManualClock();
const changes = new ManualChanges();
const lines: string[] = [];
const note = (...line: unknown[]) => void lines.push(JSON.stringify(line));
const log = { debug: note, info: note, warn: note, error: note } as unknown as Log;
const context: Context = { ...(await testContext(database, { clock, changes })), log };
const DAY_MS = 86_400_000;

let settings: Settings = toSettings(settingDefaults);
const setTo = async (store_bodies: Settings["storeBodies"], on = bodies) => {
  settings = toSettings({ ...settingDefaults, store_bodies });
  await on.refresh();
};
const bodies = new BodyStore(context, () => Promise.resolve(settings));
await bodies.start();
beforeEnd(() => bodies.stop());

const request = JSON.stringify({ messages: [{ role: "user", content: "the secret question" }] });
const begin = (stream = false, on = bodies) => {
  const callId = uuidV7(clock.now());
  return { callId, record: on.begin({ callId, request, stream }) };
};
const stored = async () => {
  await bodies.written();
  const rows = await database.query<{ id: string }>("select call_id::text as id from call_bodies");
  return rows.map(({ id }) => id);
};

beforeEach(async () => {
  await bodies.written();
  await database.query("delete from call_bodies");
  lines.length = 0;
});

test("with `none` nothing is kept", async () => {
  await setTo("none");
  expect(begin().record).toBeUndefined();
  expect(await stored()).toEqual([]);
});

test("with `errors` only what did not succeed is stored", async () => {
  await setTo("errors");
  const calls = (["succeeded", "failed", "aborted"] as const).map((status) => {
    const call = begin();
    call.record!.received('{"choices":[]}');
    call.record!.end(status);
    return call.callId;
  });
  expect(new Set(await stored())).toEqual(new Set(calls.slice(1)));
});

test("with `all` the request and the answer come back as they were, and lie encrypted", async () => {
  await setTo("all");
  const { callId, record } = begin();
  record!.received('{"choices":[{"message":{"content":"the secret answer"}}]}');
  record!.end("succeeded");
  expect(await stored()).toEqual([callId]);
  expect(await readBodies(context, callId)).toEqual({
    call_id: callId,
    request: { messages: [{ role: "user", content: "the secret question" }] },
    response: { choices: [{ message: { content: "the secret answer" } }] },
    created_at: new Date(clock.now()).toISOString(),
  });
  const [row] = await database.query<{ text: string }>(
    "select encode(sealed_request || sealed_response, 'escape') as text from call_bodies",
  );
  expect(row!.text).not.toContain("secret");
});

test("a stream is its events in order; no answer is null; what is no JSON is text", async () => {
  await setTo("all");
  const stream = begin(true);
  for (const event of ['{"a":1}', '{"a":2}', "[DONE]"]) stream.record!.received(event);
  stream.record!.end("succeeded");
  const silent = begin();
  silent.record!.end("failed");
  const page = begin();
  page.record!.received("<h1>Bad gateway</h1>");
  page.record!.end("failed");
  await bodies.written();
  expect((await readBodies(context, stream.callId)).response).toEqual([
    { a: 1 },
    { a: 2 },
    "[DONE]",
  ]);
  expect((await readBodies(context, silent.callId)).response).toBeNull();
  expect((await readBodies(context, page.callId)).response).toBe("<h1>Bad gateway</h1>");
});

test("a changed setting counts for calls that begin afterwards, without a restart", async () => {
  await setTo("none");
  settings = toSettings({ ...settingDefaults, store_bodies: "all" });
  changes.announce("settings");
  await until("the setting is read", () => begin().record !== undefined);
  await setTo("none");
});

test("what cannot be kept up with is left out, and the log says how many without a word of theirs", async () => {
  const small = new BodyStore(context, () => Promise.resolve(settings), 1_000);
  await setTo("all", small);
  const calls = Array.from({ length: 4 }, () => {
    const call = begin(false, small);
    call.record!.received(JSON.stringify({ text: "x".repeat(350) }));
    call.record!.end("succeeded");
    return call.callId;
  });
  await small.written();
  expect((await stored()).sort()).toEqual(calls.slice(0, 2).sort());
  expect(lines).toEqual(['["bodies of calls were not stored",{"calls":2}]']);
  // There is room again.
  const next = begin(false, small);
  next.record!.end("failed");
  await small.written();
  expect(await stored()).toContain(next.callId);
});

test("a database that refuses costs the bodies, never the call", async () => {
  const broken = {
    ...context,
    database: {
      get drizzle(): never {
        throw new Error("no database, said with the secret question");
      },
    },
  } as unknown as Context;
  const others = new BodyStore(broken, () => Promise.resolve(settings));
  await setTo("all", others);
  begin(false, others).record!.end("failed");
  await others.written();
  expect(lines).toHaveLength(2);
  expect(lines.join("")).not.toContain("secret");
});

test("retention deletes page by page what is older, and nothing else", async () => {
  await setTo("all");
  const old = Array.from({ length: 7 }, () => begin());
  for (const call of old) call.record!.end("failed");
  await bodies.written();
  clock.advance(29 * DAY_MS);
  const young = begin();
  young.record!.end("failed");
  await bodies.written();
  expect(await deleteOldBodies(context, { storeBodiesDays: 30 }, 3)).toBe(0);
  clock.advance(DAY_MS + 1);
  expect(await deleteOldBodies(context, { storeBodiesDays: 30 }, 3)).toBe(7);
  expect(await stored()).toEqual([young.callId]);
});

test("stopping writes what waits", async () => {
  const own = new BodyStore(context, () => Promise.resolve(settings));
  await own.start();
  await setTo("all", own);
  const { callId, record } = begin(false, own);
  record!.end("failed");
  await own.stop();
  expect((await readBodies(context, callId)).call_id).toBe(callId);
  await own.stop();
});
