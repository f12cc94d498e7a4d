import { beforeAll, describe, expect, test } from "vitest";
import { uuidV7 } from "../../server/kernel/ids.ts";
import { seedModel, seedTeam, testApp } from "../harness.ts";

const { send, context, clock, gateway, database } = await testApp();
const { key, teamId } = await seedTeam(context, { credits: 50 });
const other = await seedTeam(context, { credits: 50 });
await seedModel(context, gateway.upstream, { alias: "chat-fast" });

const messages = [{ role: "user", content: "hello" }];
const get = (path: string, as = key) => send("GET", path, { key: as });
const list = async (query: string) => {
  const { status, body } = await get(`/api/jobs?${query}`);
  expect(status).toBe(200);
  return body as {
    data: { job_id: string; job_type: string }[];
    next: string | null;
    prev: string | null;
  };
};
const ids = (page: { data: { job_id: string }[] }) => page.data.map(({ job_id }) => job_id);

/** Five jobs a minute apart, oldest first; the last has calls. */
const jobs: string[] = [];
beforeAll(async () => {
  for (let number = 0; number < 5; number += 1) {
    const { body } = await send("POST", "/api/jobs/create", {
      key,
      body: {
        job_type: number % 2 === 0 ? "even" : "odd",
        user_id: `u-${number}`,
        external_task_id: `task-${number}`,
        metadata: { number },
      },
    });
    jobs.push(String(body["job_id"]));
    clock.advance(60_000);
  }
  await send("POST", "/api/jobs/create", { key: other.key, body: { job_type: "even" } });
  for (const purpose of ["first", "second", "third"]) {
    await send("POST", `/api/jobs/${jobs[4]!}/llm-call`, { key, body: { messages, purpose } });
    clock.advance(10);
  }
  await send("POST", `/api/jobs/${jobs[0]!}/cancel`, { key });
});

describe("GET /api/jobs", () => {
  test("shows the team's own jobs, newest first, in pages that lead both ways", async () => {
    const first = await list("limit=2");
    expect([ids(first), first.prev]).toEqual([[jobs[4], jobs[3]], null]);
    const second = await list(`limit=2&cursor=${first.next!}`);
    expect(ids(second)).toEqual([jobs[2], jobs[1]]);
    const third = await list(`limit=2&cursor=${second.next!}`);
    expect([ids(third), third.next]).toEqual([[jobs[0]], null]);
    expect(ids(await list(`limit=2&cursor=${third.prev!}`))).toEqual([jobs[2], jobs[1]]);
    expect(ids(await list(""))).toEqual(jobs.toReversed());
  });

  test("filters, one and several", async () => {
    expect(ids(await list("job_type=odd"))).toEqual([jobs[3], jobs[1]]);
    expect(ids(await list("status=cancelled"))).toEqual([jobs[0]]);
    expect(ids(await list("user_id=u-2"))).toEqual([jobs[2]]);
    expect(ids(await list("external_task_id=task-3"))).toEqual([jobs[3]]);
    expect(ids(await list("job_type=even&status=pending"))).toEqual([jobs[2]]);
    expect(ids(await list("user_id=nobody"))).toEqual([]);
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 12, minute)).toISOString();
    const span = `created_after=${at(1)}&created_before=${at(3)}`;
    expect(ids(await list(span))).toEqual([jobs[2], jobs[1]]);
  });

  test.each([
    "limit=0",
    "limit=201",
    "status=done",
    "cursor=x",
    "created_after=yesterday",
    "team_id=x",
  ])("refuses ?%s", async (query) => {
    expect((await get(`/api/jobs?${query}`)).status).toBe(422);
  });

  test("another team's cursor shows nothing of that team", async () => {
    const { next } = await list("limit=1");
    const theirs = await get(`/api/jobs?cursor=${next!}`, other.key);
    expect(JSON.stringify(theirs.body)).not.toContain(jobs[0]);
  });
});

describe("GET /api/jobs/{job_id}", () => {
  test("shows the whole job", async () => {
    const { status, body } = await get(`/api/jobs/${jobs[4]!}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      job_id: jobs[4],
      team_id: teamId,
      job_type: "even",
      user_id: "u-4",
      external_task_id: "task-4",
      status: "in_progress",
      total_calls: 3,
      successful_calls: 3,
      failed_calls: 0,
      calls_in_flight: 0,
      credits_charged: 0,
      metadata: { number: 4 },
      result: null,
      error_message: null,
      ended_at: null,
    });
    expect(body["total_tokens"]).toBeGreaterThan(0);
  });
});

describe("GET /api/jobs/{job_id}/calls", () => {
  test("shows calls, newest first, by their alias", async () => {
    const { body } = await get(`/api/jobs/${jobs[4]!}/calls?limit=2`);
    const page = body as { data: Record<string, unknown>[]; next: string };
    expect(page.data.map((call) => call["purpose"])).toEqual(["third", "second"]);
    expect(page.data[0]).toMatchObject({
      status: "succeeded",
      model: "chat-fast",
      endpoint: "chat",
      stream: false,
      finish_reason: "stop",
      error_code: null,
    });
    const rest = await get(`/api/jobs/${jobs[4]!}/calls?limit=2&cursor=${page.next}`);
    expect((rest.body["data"] as { purpose: string }[]).map(({ purpose }) => purpose)).toEqual([
      "first",
    ]);
  });

  test("of a failed call the team sees a code, not the provider's words", async () => {
    const [call] = await database.query<{ id: string }>(
      "select id from llm_calls where job_id = $1::uuid order by id limit 1",
      [jobs[4]!],
    );
    await database.query(
      "update llm_calls set status = 'failed', error_code = 'upstream_error', error_message = 'OpenAIException' where id = $1::uuid",
      [call!.id],
    );
    const { body } = await get(`/api/jobs/${jobs[4]!}/calls`);
    expect(JSON.stringify(body)).toContain("upstream_error");
    expect(JSON.stringify(body)).not.toContain("OpenAIException");
  });
});

test.each(["", "/calls"])(
  "another team's job%s answers as one that does not exist",
  async (path) => {
    const theirs = await get(`/api/jobs/${jobs[0]!}${path}`, other.key);
    const nobodys = await get(`/api/jobs/${uuidV7(clock.now())}${path}`);
    const malformed = await get(`/api/jobs/1${path}`);
    expect(theirs.status).toBe(404);
    for (const { body } of [nobodys, malformed]) {
      expect({ ...body, request_id: "" }).toEqual({ ...theirs.body, request_id: "" });
    }
  },
);

test.each(["/api/jobs", "/api/jobs/x", "/api/jobs/x/calls"])("%s needs a key", async (path) => {
  expect((await send("GET", path)).status).toBe(401);
});
