import { beforeAll, describe, expect, test } from "vitest";
import { sha256 } from "../../server/kernel/sealing.ts";
import { seedModel, seedTeam, testApp, type SeededTeam } from "../harness.ts";

const { context, database, gateway, send } = await testApp();
let team: SeededTeam;
let stranger: SeededTeam;

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "fast" });
  await seedModel(context, gateway.upstream, { alias: "embed", mode: "embedding" });
  await seedModel(context, gateway.upstream, { alias: "smart", group: "premium" });
  team = await seedTeam(context, { id: "acme", credits: 100 });
  stranger = await seedTeam(context, { id: "other", credits: 50 });
});

const messages = [{ role: "user", content: "hello" }];
const scripted = (script: object) => [
  { role: "user", content: `hello #loopback ${JSON.stringify(script)}` },
];
const post = (path: string, body: unknown, headers: Record<string, string> = {}, key = team.key) =>
  send("POST", path, { key, body, headers });

async function newJob(key = team.key): Promise<string> {
  const { body } = await send("POST", "/api/jobs/create", { key, body: { job_type: "summary" } });
  return (body as { job_id: string }).job_id;
}

async function jobOf(jobId: string) {
  return (await send("GET", `/api/jobs/${jobId}`, { key: team.key })).body;
}

describe("a call in a job", () => {
  test("answers a completion by the alias, with the ids of job and call", async () => {
    const jobId = await newJob();
    const { status, body, headers } = await post(`/api/jobs/${jobId}/llm-call`, {
      messages,
      purpose: "greet",
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ object: "chat.completion", model: "fast", job_id: jobId });
    expect(headers.get("x-job-id")).toBe(jobId);
    expect(headers.get("x-call-id")).toBe(body["call_id"]);
    expect(headers.get("x-request-id")).toBeTruthy();
  });

  test("is refused without a key, in another team's job, in an ended one and with a wrong body", async () => {
    const jobId = await newJob();
    const path = `/api/jobs/${jobId}/llm-call`;
    expect(await send("POST", path, { body: { messages } })).toMatchObject({
      status: 401,
      body: { code: "key_missing" },
    });
    const foreign = await post(path, { messages }, {}, stranger.key);
    const missing = await post("/api/jobs/01a20a98-29b3-7d6a-b2ef-b31a4f8c5df2/llm-call", {
      messages,
    });
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, request_id: "" }).toEqual({ ...missing.body, request_id: "" });
    expect(await post(path, {})).toMatchObject({ status: 422, body: { field: "messages" } });
    expect(await post(path, { messages, stream: true })).toMatchObject({
      status: 422,
      body: { field: "stream" },
    });
    expect(await post(path, { messages, temperature: "hot" })).toMatchObject({
      status: 422,
      body: { field: "temperature" },
    });
    expect(await post(path, { messages, mock_response: "x" })).toMatchObject({
      status: 422,
      body: { field: "mock_response" },
    });
    await post(`/api/jobs/${jobId}/complete`, { status: "completed" });
    const ended = await post(path, { messages });
    expect(ended).toMatchObject({ status: 409, body: { code: "job_ended" } });
    expect(ended.headers.get("x-should-retry")).toBe("false");
  });

  test("with an Idempotency-Key is made once, and its repeat gets the same answer", async () => {
    const jobId = await newJob();
    const path = `/api/jobs/${jobId}/llm-call`;
    const key = { "idempotency-key": "once" };
    const first = await post(path, { messages }, key);
    const again = await post(path, { messages }, key);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("x-call-id")).toBe(first.headers.get("x-call-id"));
    expect(await jobOf(jobId)).toMatchObject({ total_calls: 1 });
    expect(await post(path, { messages: scripted({}) }, key)).toMatchObject({
      status: 422,
      body: { code: "idempotency_mismatch" },
    });
    const others = await post(path, { messages }, key, stranger.key);
    expect(others).toMatchObject({ status: 404 });
  });

  test("with an Idempotency-Key that is still running answers 409 with Retry-After", async () => {
    const path = `/api/jobs/${await newJob()}/llm-call`;
    const body = { messages: scripted({ hold: "running" }) };
    const first = post(path, body, { "idempotency-key": "slow" });
    await gateway.provider.until(({ held }) => held === 1);
    const second = await post(path, body, { "idempotency-key": "slow" });
    expect(second).toMatchObject({ status: 409, body: { code: "idempotency_running" } });
    expect(second.headers.get("retry-after")).toBe("1");
    gateway.provider.release("running");
    expect((await first).status).toBe(200);
  });

  test("that fails frees its Idempotency-Key", async () => {
    const path = `/api/jobs/${await newJob()}/llm-call`;
    const body = { messages: scripted({ status: 429, retry_after: 7 }) };
    const first = await post(path, body, { "idempotency-key": "busy" });
    expect(first).toMatchObject({ status: 429, body: { code: "upstream_rate_limited" } });
    expect(first.headers.get("retry-after")).toBe("7");
    const again = await post(path, body, { "idempotency-key": "busy" });
    expect(again.status).toBe(429);
    expect(again.headers.has("idempotency-replayed")).toBe(false);
  });
});

describe("a streamed call in a job", () => {
  test("answers Server-Sent Events that no proxy holds back", async () => {
    const jobId = await newJob();
    const { status, headers, text } = await post(`/api/jobs/${jobId}/llm-call-stream`, {
      messages,
      stream: true,
    });
    expect(status).toBe(200);
    expect(headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(headers.get("x-accel-buffering")).toBe("no");
    expect(headers.get("x-job-id")).toBe(jobId);
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
    expect(await jobOf(jobId)).toMatchObject({ total_calls: 1, calls_in_flight: 0 });
  });

  test("refuses stream: false", async () => {
    const path = `/api/jobs/${await newJob()}/llm-call-stream`;
    expect(await post(path, { messages, stream: false })).toMatchObject({
      status: 422,
      body: { field: "stream" },
    });
  });
});

describe("a job in one request", () => {
  test("answers the completion with summary and billing, and has ended", async () => {
    const { status, body } = await post("/api/jobs/create-and-call", {
      job_type: "one",
      messages,
      metadata: { a: 1 },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: "chat.completion",
      summary: { total_calls: 1, successful_calls: 1, failed_calls: 0 },
      billing: { credits_charged: 1, credits_remaining: 98 },
    });
    expect(await jobOf(body["job_id"] as string)).toMatchObject({
      status: "completed",
      job_type: "one",
      metadata: { a: 1 },
    });
  });

  test("streams as well, and names another team's id as missing", async () => {
    const stream = await post("/api/jobs/create-and-call-stream", { job_type: "one", messages });
    expect(await jobOf(stream.headers.get("x-job-id")!)).toMatchObject({ status: "completed" });
    const wrong = await post("/api/jobs/create-and-call", {
      job_type: "one",
      messages,
      team_id: "other",
    });
    expect(wrong.status).toBe(404);
  });
});

describe("the model of a call that names none", () => {
  const call = async () => post(`/api/jobs/${await newJob()}/llm-call`, { messages });
  const set = (column: string, value: string | null) =>
    database.query(
      `update teams set ${column} = $1::text${column === "job_type_aliases" ? "::jsonb" : ""} where id = 'acme'`,
      [value],
    );
  const grant = () =>
    database.query(
      "insert into team_access_groups (team_id, group_id) values ('acme', 'premium') on conflict do nothing",
    );

  test("is the only one granted, then the job type's, then the team's default; else the answer says what to set", async () => {
    expect((await call()).body["model"]).toBe("fast");
    await grant();
    const ambiguous = await call();
    expect(ambiguous).toMatchObject({
      status: 422,
      body: { code: "model_ambiguous", models: ["fast", "smart"] },
    });
    await set("default_alias", "smart");
    expect((await call()).body["model"]).toBe("smart");
    await set("job_type_aliases", '{"summary": "fast"}');
    expect((await call()).body["model"]).toBe("fast");
    await set("default_alias", null);
    await set("job_type_aliases", "{}");
  });

  test("may be named by model or model_group; one that is not granted is refused with those that are", async () => {
    const path = `/api/jobs/${await newJob()}/llm-call`;
    expect((await post(path, { messages, model_group: "fast" })).body["model"]).toBe("fast");
    for (const model of ["gpt-5-mini", "openai/loopback-fast", "embed"]) {
      const refused = await post(path, { messages, model });
      expect(refused).toMatchObject({ status: 403, body: { code: "model_not_granted" } });
    }
  });
});

test("a paused team takes no new calls, a suspended one opens nothing, a revoked key is refused", async () => {
  const jobId = await newJob(stranger.key);
  const call = () => post(`/api/jobs/${jobId}/llm-call`, { messages }, {}, stranger.key);
  expect((await call()).status).toBe(200);
  await database.query("update teams set status = 'paused' where id = 'other'");
  expect(await call()).toMatchObject({
    status: 403,
    body: { code: "team_paused", resumes_at: null },
  });
  expect((await send("GET", `/api/jobs/${jobId}`, { key: stranger.key })).status).toBe(200);
  await database.query("update teams set status = 'suspended' where id = 'other'");
  expect(await call()).toMatchObject({ status: 403, body: { code: "team_suspended" } });
  await database.query("update teams set status = 'active' where id = 'other'");
  await database.query(
    "update virtual_keys set revoked_at = now() - interval '1 year' where hash = $1",
    [sha256(stranger.key)],
  );
  expect(await call()).toMatchObject({ status: 401, body: { code: "key_revoked" } });
});

test("more output than the model gives is refused by name", async () => {
  await seedModel(context, gateway.upstream, {
    alias: "short",
    group: "premium",
    maxOutputTokens: 500,
  });
  const { key } = await seedTeam(context, { credits: 5, groups: ["premium"] });
  const body = { model: "short", messages, max_tokens: 501 };
  expect(await post(`/api/jobs/${await newJob(key)}/llm-call`, body, {}, key)).toMatchObject({
    status: 422,
    body: { field: "max_tokens" },
  });
});
