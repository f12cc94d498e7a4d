import { beforeAll, describe, expect, test } from "vitest";
import { seedModel, seedTeam, testApp, type SeededTeam } from "../harness.ts";

const { context, gateway, send } = await testApp();
let team: SeededTeam;
let stranger: SeededTeam;

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "fast" });
  await seedModel(context, gateway.upstream, { alias: "embed", mode: "embedding" });
  team = await seedTeam(context, { id: "acme", credits: 100 });
  stranger = await seedTeam(context, { id: "other", credits: 50 });
});

const messages = [{ role: "user", content: "hello" }];
const post = (path: string, body: unknown, headers: Record<string, string> = {}, key = team.key) =>
  send("POST", path, { key, body, headers });

async function newJob(key = team.key): Promise<string> {
  const { body } = await send("POST", "/api/jobs/create", { key, body: { job_type: "summary" } });
  return (body as { job_id: string }).job_id;
}

async function jobOf(jobId: string) {
  return (await send("GET", `/api/jobs/${jobId}`, { key: team.key })).body;
}

describe("the OpenAI endpoints", () => {
  test("make a job of each call, of the type that the header names", async () => {
    const { status, headers } = await post(
      "/v1/chat/completions",
      { model: "fast", messages },
      { "x-job-type": "chat" },
    );
    expect(status).toBe(200);
    expect(await jobOf(headers.get("x-job-id")!)).toMatchObject({
      status: "completed",
      job_type: "chat",
      total_calls: 1,
    });
  });

  test("put calls into a job by id, and into the job of a reference, which stays open", async () => {
    const jobId = await newJob();
    const inJob = await post(
      "/v1/chat/completions",
      { model: "fast", messages },
      { "x-job-id": jobId },
    );
    expect(inJob.headers.get("x-job-id")).toBe(jobId);
    const references = [1, 2].map(() =>
      post("/v1/chat/completions", { model: "fast", messages }, { "x-job-ref": "ticket 4711" }),
    );
    const ids = new Set(
      (await Promise.all(references)).map((answer) => answer.headers.get("x-job-id")),
    );
    expect(ids.size).toBe(1);
    expect(await jobOf([...ids][0]!)).toMatchObject({ status: "in_progress", total_calls: 2 });
    const both = await post(
      "/v1/chat/completions",
      { model: "fast", messages },
      { "x-job-ref": "a", "x-job-id": jobId },
    );
    expect(both.status).toBe(422);
  });

  test("answer errors as OpenAI does, an ended job as 400", async () => {
    const jobId = await newJob();
    await post(`/api/jobs/${jobId}/cancel`, {});
    const ended = await post(
      "/v1/chat/completions",
      { model: "fast", messages },
      { "x-job-id": jobId },
    );
    expect(ended).toMatchObject({ status: 400, body: { error: { code: "job_ended" } } });
    expect(await send("POST", "/v1/chat/completions", { body: { messages } })).toMatchObject({
      status: 401,
      body: { error: { code: "key_missing" } },
    });
  });

  test("replay a keyed call only for the same job", async () => {
    const [one, two] = [await newJob(), await newJob()];
    const body = { model: "fast", messages };
    const first = await post("/v1/chat/completions", body, {
      "idempotency-key": "v1",
      "x-job-id": one,
    });
    expect(first.status).toBe(200);
    const other = await post("/v1/chat/completions", body, {
      "idempotency-key": "v1",
      "x-job-id": two,
    });
    expect(other).toMatchObject({ body: { error: { code: "idempotency_mismatch" } } });
  });

  test("send usage in a stream only when asked", async () => {
    const stream = async (more: object) =>
      (await post("/v1/chat/completions", { model: "fast", messages, stream: true, ...more })).text;
    expect(await stream({})).not.toContain('"usage"');
    expect(await stream({ stream_options: { include_usage: true } })).toContain('"usage"');
  });

  test("give embeddings and the models of the key", async () => {
    const { status, body } = await post("/v1/embeddings", { model: "embed", input: ["a", "b"] });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: "list",
      model: "embed",
      data: [{ index: 0 }, { index: 1 }],
    });
    const models = await send("GET", "/v1/models", { key: stranger.key });
    const ids = (models.body as unknown as { data: { id: string }[] }).data.map(({ id }) => id);
    expect(ids).toEqual(["embed", "fast"]);
  });
});
