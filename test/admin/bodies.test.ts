import { expect, test } from "vitest";
import { BodyStore } from "../../server/bodies/body-store.ts";
import { settingDefaults, toSettings } from "../../server/settings/settings.ts";
import { testDatabase } from "../harness.ts";
import { adminApp, asCli } from "./admin-app.ts";

const { database } = await testDatabase();
const { context, send } = await adminApp(database);
const id = "019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a11";
const get = (callId: string) => send("GET", `/api/calls/${callId}/bodies`, { headers: asCli });

test("an admin reads what a call sent and got", async () => {
  const bodies = new BodyStore(context, () =>
    Promise.resolve(toSettings({ ...settingDefaults, store_bodies: "all" })),
  );
  await bodies.start();
  const record = bodies.begin({ callId: id, request: '{"messages":[]}', stream: false });
  record!.received('{"choices":[]}');
  record!.end("succeeded");
  await bodies.stop();
  expect(await get(id)).toMatchObject({
    status: 200,
    body: { call_id: id, request: { messages: [] }, response: { choices: [] } },
  });
});

test("calls without bodies, and callers without a session, are refused", async () => {
  for (const callId of ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a12", "x", "%00"]) {
    expect(await get(callId)).toMatchObject({ status: 404, body: { code: "not_found" } });
  }
  expect(await send("GET", `/api/calls/${id}/bodies`)).toMatchObject({ status: 401 });
});
