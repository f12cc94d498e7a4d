import { describe, expect, test } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { seedModel, seedTeam, testApp } from "../harness.ts";

const { send, context, clock, database, gateway } = await testApp();
const { key, teamId, keyId } = await seedTeam(context, { credits: 200.5 });
const other = await seedTeam(context, { credits: 50 });
await seedModel(context, gateway.upstream, { alias: "chat-fast" });

const messages = [{ role: "user", content: "hello" }];

const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  send("POST", path, { key, body, headers });

async function newJob(body: object = {}): Promise<string> {
  const created = await post("/api/jobs/create", { job_type: "invoice_check", ...body });
  expect(created.status).toBe(201);
  return String(created.body["job_id"]);
}

const complete = (jobId: string, body: object = {}, headers: Record<string, string> = {}) =>
  post(`/api/jobs/${jobId}/complete`, { status: "completed", ...body }, headers);

const rowOf = async (jobId: string) =>
  (
    await database.query<Record<string, unknown>>("select * from jobs where id = $1::uuid", [jobId])
  )[0]!;

describe("create", () => {
  test("makes a pending job with all that it was given", async () => {
    const created = await post("/api/jobs/create", {
      team_id: teamId,
      job_type: "invoice_check",
      user_id: "u-1",
      external_task_id: "task-1",
      metadata: { invoice: { no: 7 } },
      max_credits: 2.5,
    });
    expect(created.status).toBe(201);
    const jobId = String(created.body["job_id"]);
    expect(created.body).toEqual({
      job_id: jobId,
      team_id: teamId,
      status: "pending",
      created_at: new Date(clock.now()).toISOString(),
    });
    expect(created.headers.get("x-job-id")).toBe(jobId);
    const row = await rowOf(jobId);
    expect(row).toMatchObject({
      team_id: teamId,
      key_id: keyId,
      type: "invoice_check",
      user_id: "u-1",
      external_task_id: "task-1",
      metadata: { invoice: { no: 7 } },
      status: "pending",
    });
    expect(BigInt(row["max_credits"] as string)).toBe(2_500_000n);
  });

  test.each([
    [{ job_type: "" }, "job_type"],
    [{ job_type: "x".repeat(101) }, "job_type"],
    [{ job_type: 1 }, "job_type"],
    [{ job_type: "x", metadata: [] }, "metadata"],
    [{ job_type: "x", metadata: { a: "x".repeat(16_400) } }, "metadata"],
    [{ job_type: "x", max_credits: 0 }, "max_credits"],
    [{ job_type: "x", max_credits: 0.1234567 }, "max_credits"],
    [{ job_type: "x", max_credits: "five" }, "max_credits"],
    [{ job_type: "x", user_id: "" }, "user_id"],
    [{ job_type: "a\nb" }, "job_type"],
    [{ job_type: "x", user_id: "a\u001b[2J" }, "user_id"],
    [{ job_type: "x", external_task_id: "a\u0085b" }, "external_task_id"],
    [{ job_type: null }, "job_type"],
    [{ job_type: "x", job_typ: "y" }, "job_typ"],
  ])("%j is refused by the field that is wrong", async (body, field) => {
    const answer = await post("/api/jobs/create", body);
    expect([answer.status, answer.body["field"]]).toEqual([422, field]);
  });

  test("a field sent as null is a field left out, also for the repeat of a keyed request", async () => {
    const unset = {
      team_id: null,
      user_id: null,
      external_task_id: null,
      metadata: null,
      max_credits: null,
    };
    const keyed = { "idempotency-key": "nulls" };
    const created = await post("/api/jobs/create", { job_type: "x", ...unset }, keyed);
    expect(created.status).toBe(201);
    expect(await rowOf(String(created.body["job_id"]))).toMatchObject({
      user_id: null,
      external_task_id: null,
      metadata: {},
      max_credits: null,
    });
    const again = await post("/api/jobs/create", { job_type: "x" }, keyed);
    expect(again.body).toEqual(created.body);
    const jobId = String(created.body["job_id"]);
    const end = { metadata: null, result: null, error_message: null };
    expect((await complete(jobId, end)).status).toBe(200);
  });

  test("another team's id is as unknown as one that does not exist", async () => {
    const theirs = await post("/api/jobs/create", { job_type: "x", team_id: other.teamId });
    const nobodys = await post("/api/jobs/create", { job_type: "x", team_id: "nobody" });
    expect(theirs.status).toBe(404);
    expect({ ...theirs.body, request_id: "" }).toEqual({ ...nobodys.body, request_id: "" });
  });
});

describe("complete", () => {
  test("tells what the job's calls came to, and what is left", async () => {
    const jobId = await newJob();
    for (const purpose of ["first", "second"]) {
      const called = await post(`/api/jobs/${jobId}/llm-call`, { messages, purpose });
      expect(called.status).toBe(200);
    }
    clock.advance(4_120);
    const ended = await complete(jobId, { result: { valid: true } });
    expect(ended.status).toBe(200);
    const row = await rowOf(jobId);
    const tokens = Number(row["input_tokens"]) + Number(row["output_tokens"]);
    expect(tokens).toBeGreaterThan(0);
    expect(ended.body).toEqual({
      job_id: jobId,
      status: "completed",
      completed_at: new Date(clock.now()).toISOString(),
      summary: {
        total_calls: 2,
        successful_calls: 2,
        failed_calls: 0,
        total_tokens: tokens,
        avg_latency_ms: Math.round(Number(row["latency_ms"]) / 2),
        duration_seconds: 4.12,
        calls_in_flight: 0,
      },
      billing: { credits_charged: 1, credits_remaining: 198.5 },
    });
    expect(row).toMatchObject({ status: "completed", result: { valid: true } });
  });

  test("a job without calls has no latency", async () => {
    const ended = await complete(await newJob(), { status: "failed", error_message: "no file" });
    expect(ended.body).toMatchObject({ status: "failed", summary: { avg_latency_ms: null } });
  });

  test("adds metadata to the job's", async () => {
    const jobId = await newJob({ metadata: { a: 1, b: 1 } });
    await complete(jobId, { metadata: { b: 2, c: 3 } });
    expect((await rowOf(jobId))["metadata"]).toEqual({ a: 1, b: 2, c: 3 });
  });

  test("the same end again answers the same, and another end is refused with the summary", async () => {
    const jobId = await newJob();
    const first = await complete(jobId);
    clock.advance(60_000);
    expect((await complete(jobId)).body).toEqual(first.body);
    const { status, body } = await complete(jobId, { status: "failed" });
    expect([status, body["code"]]).toEqual([409, "job_ended"]);
    expect(body).toMatchObject({
      job_status: "completed",
      summary: first.body["summary"] as object,
      billing: first.body["billing"] as object,
    });
  });

  test("an expired job says so, with summary and billing", async () => {
    const jobId = await newJob();
    await database.query(
      "update jobs set status = 'expired', ended_at = $2::timestamptz where id = $1::uuid",
      [jobId, new Date(clock.now())],
    );
    const { status, headers, body } = await complete(jobId);
    expect([status, body["code"]]).toEqual([409, "job_expired"]);
    expect(body).toMatchObject({ summary: { total_calls: 0 }, billing: { credits_charged: 0 } });
    expect(headers.get("x-should-retry")).toBe("false");
  });

  test("an ended job takes no more calls", async () => {
    const jobId = await newJob();
    await complete(jobId);
    const called = await post(`/api/jobs/${jobId}/llm-call`, { messages });
    expect([called.status, called.body["code"]]).toEqual([409, "job_ended"]);
  });

  test.each([
    [{ status: "cancelled" }, "status"],
    [{ status: "completed", error_message: "x".repeat(2_001) }, "error_message"],
    [{ status: "completed", result: "x".repeat(70_000) }, "result"],
    [{ status: "completed", metadata: { a: "x".repeat(16_400) } }, "metadata"],
    [{ status: "completed", outcome: 1 }, "outcome"],
  ])("a wrong body is refused and ends nothing (%#)", async (body, field) => {
    const jobId = await newJob();
    const answer = await post(`/api/jobs/${jobId}/complete`, body);
    expect([answer.status, answer.body["field"]]).toEqual([422, field]);
    expect((await rowOf(jobId))["status"]).toBe("pending");
  });
});

describe("cancel", () => {
  test("ends a job without a body, and again the same", async () => {
    const jobId = await newJob();
    const cancelled = await send("POST", `/api/jobs/${jobId}/cancel`, { key });
    expect(cancelled.body).toMatchObject({ job_id: jobId, status: "cancelled" });
    expect((await send("POST", `/api/jobs/${jobId}/cancel`, { key })).body).toEqual(cancelled.body);
    expect((await complete(jobId)).status).toBe(409);
  });

  test("a field in its body is refused", async () => {
    const jobId = await newJob();
    expect((await post(`/api/jobs/${jobId}/cancel`, { why: "x" })).status).toBe(422);
  });
});

describe("whose job", () => {
  const paths = [
    ["POST", "complete", { status: "completed" }],
    ["POST", "cancel", {}],
    ["PATCH", "metadata", { a: 1 }],
  ] as const;

  test.each(paths)(
    "%s %s of another team's job answers as of none, and does nothing",
    async (method, name, body) => {
      const jobId = await newJob();
      const ask = (id: string) => send(method, `/api/jobs/${id}/${name}`, { key: other.key, body });
      const theirs = await ask(jobId);
      expect(theirs.status).toBe(404);
      for (const id of [uuidV7(clock.now()), "not-a-uuid", "%00"]) {
        const nobodys = await ask(id);
        expect({ ...nobodys.body, request_id: "" }).toEqual({ ...theirs.body, request_id: "" });
      }
      expect(await rowOf(jobId)).toMatchObject({ status: "pending", metadata: {} });
    },
  );

  test.each(paths)("%s %s needs a key", async (method, name, body) => {
    const jobId = await newJob();
    expect((await send(method, `/api/jobs/${jobId}/${name}`, { body })).status).toBe(401);
  });
});

describe("metadata", () => {
  test("a merge patch replaces, removes and merges, also after the end", async () => {
    const jobId = await newJob({ metadata: { keep: 1, drop: 1, deep: { a: 1, b: 2 } } });
    const patch = { drop: null, deep: { b: null, c: 3 }, added: [1] };
    const expected = { keep: 1, deep: { a: 1, c: 3 }, added: [1] };
    const patched = await send("PATCH", `/api/jobs/${jobId}/metadata`, { key, body: patch });
    expect([patched.status, patched.body]).toEqual([200, { job_id: jobId, metadata: expected }]);
    await complete(jobId);
    const later = await send("PATCH", `/api/jobs/${jobId}/metadata`, { key, body: { keep: null } });
    expect(later.body["metadata"]).toEqual({ deep: { a: 1, c: 3 }, added: [1] });
  });

  test("what would grow beyond the limit changes nothing", async () => {
    const jobId = await newJob({ metadata: { a: "x".repeat(10_000) } });
    const body = { b: "y".repeat(10_000) };
    const { status } = await send("PATCH", `/api/jobs/${jobId}/metadata`, { key, body });
    expect(status).toBe(422);
    expect(Object.keys((await rowOf(jobId))["metadata"] as object)).toEqual(["a"]);
  });

  test("two patches at once both count", async () => {
    const jobId = await newJob();
    const names = ["a", "b", "c", "d"];
    await Promise.all(
      names.map((name) =>
        send("PATCH", `/api/jobs/${jobId}/metadata`, { key, body: { [name]: 1 } }),
      ),
    );
    expect(Object.keys((await rowOf(jobId))["metadata"] as object).sort()).toEqual(names);
  });
});
