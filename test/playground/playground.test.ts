import { beforeAll, expect, test } from "vitest";
import { seedModel, seedTeam, testApp, type SeededTeam } from "../harness.ts";
import { adminAppOf, asCli } from "../admin/admin-app.ts";

/** Calls that an admin makes in a team's name. */

const team = await testApp();
const admin = adminAppOf({ context: team.context, clock: team.clock, api: team });
let routing: SeededTeam;

const messages = [{ role: "user", content: "Say hello." }];
const ask = (body: object, teamId = routing.teamId) =>
  admin.send("POST", `/api/teams/${teamId}/playground`, { headers: asCli, body });
const playgroundKeys = () =>
  team.database.query<{ id: string; expires_at: Date }>(
    "select id, expires_at from virtual_keys where team_id = $1 and name = 'Playground' order by id",
    [routing.teamId],
  );

beforeAll(async () => {
  await seedModel(team.context, team.gateway.upstream, { alias: "chat-fast" });
  routing = await seedTeam(team.context, { id: "routing", credits: 10 });
});

test("a call is a job of the team, charged to its wallet, and tells what it cost", async () => {
  const { status, headers, body } = await ask({ model: "chat-fast", messages });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    model: "chat-fast",
    billing: { credits_charged: 1, credits_remaining: 9 },
  });
  const job = await admin.send("GET", `/api/jobs/${headers.get("x-job-id")}`, { headers: asCli });
  expect(job.body).toMatchObject({
    team_id: "routing",
    job_type: "playground",
    credits_charged: 1,
    calls: [{ model: "chat-fast", provider_cost_usd: expect.any(Number) as number }],
  });
});

test("a stream is one", async () => {
  const { status, headers, text } = await ask({ messages, stream: true });
  expect([status, headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  expect(text.trimEnd().endsWith("data: [DONE]")).toBe(true);
});

test("the key lives ten minutes, serves until its last, and stands in the audit log", async () => {
  const [first, ...more] = await playgroundKeys();
  expect(more).toEqual([]);
  expect(first!.expires_at.getTime() - team.clock.now()).toBe(600_000);
  team.clock.advance(9 * 60_000 + 1_000);
  expect((await ask({ messages })).status).toBe(200);
  expect(await playgroundKeys()).toHaveLength(2);
  const log = await team.database.query<{ actor: string }>(
    "select actor from audit_log where action = 'key.create' and subject_id = any(array[$1, $2])",
    (await playgroundKeys()).map(({ id }) => id),
  );
  expect(log).toEqual([{ actor: "cli" }, { actor: "cli" }]);
});

test("what the team may not, its playground may not either", async () => {
  expect(await ask({ model: "chat-slow", messages })).toMatchObject({
    status: 403,
    body: { code: "model_not_granted" },
  });
  expect(await ask({ messages, fallbacks: ["x"] })).toMatchObject({
    status: 422,
    body: { field: "fallbacks" },
  });
  expect(await ask({ messages }, "nobody")).toMatchObject({
    status: 404,
    body: { code: "not_found" },
  });
  expect(
    await admin.send("POST", "/api/teams/routing/playground", { body: { messages } }),
  ).toMatchObject({ status: 401 });
});
