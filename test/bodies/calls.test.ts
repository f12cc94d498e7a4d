import { beforeAll, beforeEach, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { readBodies } from "../../server/bodies/bodies.ts";
import { changeSettings } from "../../server/settings/change.ts";
import type { SettingValues } from "../../server/settings/settings.ts";
import { seedModel, seedTeam, testApp } from "../harness.ts";

const { context, database, gateway, bodies, send } = await testApp();
let key = "";

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "chat" });
  ({ key } = await seedTeam(context, { credits: 100 }));
});

beforeEach(async () => {
  await bodies.written();
  await database.query("delete from call_bodies");
});

const store = async (store_bodies: SettingValues["store_bodies"]) => {
  await changeSettings(context, systemAuthor, { values: { store_bodies } });
  await bodies.refresh();
};
const ask = (script: object, more: object = {}) =>
  send("POST", "/v1/chat/completions", {
    key,
    body: {
      model: "chat",
      messages: [{ role: "user", content: `hello #loopback ${JSON.stringify(script)}` }],
      ...more,
    },
  });
const stored = async () => {
  await bodies.written();
  const rows = await database.query<{ id: string }>("select call_id::text as id from call_bodies");
  return rows.map(({ id }) => id);
};

test("of a call, what went upstream and what came back are kept after its settle", async () => {
  await store("all");
  const answer = await ask({ text: "here it is" }, { max_tokens: 9 });
  expect(answer.status).toBe(200);
  const callId = answer.headers.get("x-call-id")!;
  expect(await stored()).toEqual([callId]);
  const { request, response } = await readBodies(context, callId);
  expect(request).toMatchObject({ max_tokens: 9, messages: [{ role: "user" }] });
  expect(response).toMatchObject({ choices: [{ message: { content: "here it is" } }] });
});

test("of a stream, every event", async () => {
  await store("all");
  const answer = await ask({ text: "one two", chunks: 2 }, { stream: true });
  expect(answer.text).toContain("[DONE]");
  const [callId] = await stored();
  const events = (await readBodies(context, callId!)).response as {
    choices: { delta: { content?: string } }[];
  }[];
  const text = events.flatMap((event) => event.choices?.map((one) => one.delta.content ?? ""));
  expect(text.join("")).toBe("one two");
  expect(events.at(-1)).toBe("[DONE]");
});

test("with `errors`, only calls and streams that failed", async () => {
  await store("errors");
  await ask({});
  expect(await stored()).toEqual([]);
  expect((await ask({ status: 500, error_message: "it broke" })).status).toBe(502);
  const [failed] = await stored();
  expect(JSON.stringify((await readBodies(context, failed!)).response)).toContain("it broke");
  await ask({ status: 400, error_message: "no such tool" }, { stream: true });
  expect(await stored()).toHaveLength(2);
  await ask({ text: "one two three four", cut_after_chunks: 1 }, { stream: true });
  expect(await stored()).toHaveLength(3);
});

test("with `none`, nothing", async () => {
  await store("none");
  await ask({});
  await ask({ status: 500 });
  expect(await stored()).toEqual([]);
});
