import { beforeAll, describe, expect, test } from "vitest";
import { checkLedger } from "../../server/credits/invariants.ts";
import { createKey } from "../../server/keys/issue.ts";
import { scenarios } from "../../server/sandbox/scenarios.ts";
import { seedModel, seedTeam, testApp, type SeededTeam } from "../harness.ts";

const { context, database, gateway, send } = await testApp();
let team: SeededTeam;
let testKey: string;

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "fast" });
  team = await seedTeam(context, { id: "acme", credits: 10 });
  const issued = await createKey(context, { teamId: "acme", name: "ci", mode: "test" });
  testKey = issued.secret;
});

const messages = [{ role: "user", content: "hello" }];
const chat = (model: string, more: object = {}) =>
  send("POST", "/v1/chat/completions", { key: testKey, body: { model, messages, ...more } });
const credits = async (key: string) =>
  (await send("GET", "/api/teams/acme/credits", { key })).body as { balance: number };

describe("a test key", () => {
  test("looks like one, and tells so", async () => {
    expect(testKey).toMatch(/^sk-test-[A-Za-z0-9_-]{43}$/);
    const { body } = await send("GET", "/api/me", { key: testKey });
    expect(body).toMatchObject({ key: { mode: "test" }, team: { team_id: "acme" } });
    const live = await send("GET", "/api/me", { key: team.key });
    expect(live.body).toMatchObject({ key: { mode: "live" } });
  });

  test("does a whole job with credits of its own, without the gateway", async () => {
    const before = { live: await credits(team.key), test: await credits(testKey) };
    const created = await send("POST", "/api/jobs/create", {
      key: testKey,
      body: { team_id: "acme", job_type: "summary" },
    });
    const { job_id: jobId, team_id: teamId } = created.body as { job_id: string; team_id: string };
    expect(teamId).toBe("acme");
    const call = await send("POST", `/api/jobs/${jobId}/llm-call`, {
      key: testKey,
      body: { messages },
    });
    expect(call).toMatchObject({ status: 200, body: { model: "fast" } });
    const completed = await send("POST", `/api/jobs/${jobId}/complete`, {
      key: testKey,
      body: { status: "completed" },
    });
    expect(completed.body).toMatchObject({
      summary: { total_calls: 1 },
      billing: { credits_charged: 1, credits_remaining: 999_999 },
    });
    expect(gateway.provider.counters.total).toBe(0);
    expect((await credits(team.key)).balance).toBe(before.live.balance);
    expect((await credits(testKey)).balance).toBe(before.test.balance - 1);
    // Neither kind of key sees what the other has done.
    expect((await send("GET", `/api/jobs/${jobId}`, { key: team.key })).status).toBe(404);
    expect((await send("GET", `/api/jobs/${jobId}`, { key: testKey })).body).toMatchObject({
      team_id: "acme",
      status: "completed",
    });
    const usage = await send("GET", "/api/teams/acme/usage", { key: testKey });
    expect(usage.body).toMatchObject({ team_id: "acme" });
  });

  test("opens its own team only, and redeems no code", async () => {
    expect((await send("GET", "/api/teams/acme:test/credits", { key: testKey })).status).toBe(404);
    expect((await send("GET", "/api/teams/acme:test", { key: team.key })).status).toBe(404);
    const redeemed = await send("POST", "/api/teams/acme/credits/redeem", {
      key: testKey,
      body: { code: "ABCD-EFGH-JKLM-NPQR-STUV-WXYZ" },
    });
    expect(redeemed).toMatchObject({ status: 403, body: { code: "live_key_required" } });
  });

  test.each([
    ["test/400", 400],
    ["test/429", 429],
    ["test/500", 502],
    ["test/503", 502],
    ["test/timeout", 504],
  ])("is answered by %s with %i, free", async (model, status) => {
    const before = await credits(testKey);
    expect((await chat(model)).status).toBe(status);
    expect(await credits(testKey)).toEqual(before);
  });

  test("is answered as the model's name says", async () => {
    expect((await chat("test/tool-call")).body).toMatchObject({
      model: "test/tool-call",
      choices: [{ message: { tool_calls: [{ function: { name: "lookup" } }] } }],
    });
    expect((await chat("test/length")).body).toMatchObject({
      choices: [{ finish_reason: "length" }],
    });
    expect((await chat("test/reasoning")).body).toMatchObject({
      usage: { completion_tokens: 300, completion_tokens_details: { reasoning_tokens: 200 } },
    });
    const cut = (await chat("test/cut-stream", { stream: true })).text;
    expect(cut).toContain('"code":"upstream_error"');
    expect(cut).not.toContain("[DONE]");
  });

  test("is told which scripted models there are", async () => {
    const refused = await chat("test/402");
    expect(refused.status).toBe(403);
    expect(JSON.stringify(refused.body)).toContain("test/cut-stream");
    const listed = await send("GET", "/v1/models", { key: testKey });
    const names = (listed.body as { data: { id: string }[] }).data.map(({ id }) => id);
    expect(names).toEqual(["fast", ...Object.keys(scenarios)]);
    expect((await send("GET", "/v1/models/test/429", { key: testKey })).status).toBe(200);
    expect((await send("GET", "/v1/models/test/429", { key: team.key })).status).toBe(404);
  });

  test("does not script by text: what a prompt says is only text", async () => {
    const content = '#loopback {"status": 500}';
    const answer = await chat("fast", { messages: [{ role: "user", content }] });
    expect(answer.status).toBe(200);
  });

  test("leaves the books whole", async () => {
    expect(await database.query("select id from credit_holds where state = 'open'")).toEqual([]);
    expect((await checkLedger(database)).violations).toEqual([]);
  });
});

test("a live key knows no scripted models", async () => {
  const answer = await send("POST", "/v1/chat/completions", {
    key: team.key,
    body: { model: "test/429", messages },
  });
  expect(answer.body).toMatchObject({ error: { code: "model_not_granted" } });
});
