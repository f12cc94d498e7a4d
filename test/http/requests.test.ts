import { expect, test } from "vitest";
import { seedTeam, testApp } from "../harness.ts";

const LIMIT = 5_000;
const { send, handle, context, database } = await testApp({ bodyLimitBytes: LIMIT });
const { key, teamId } = await seedTeam(context, { credits: 10 });

const create = (body: unknown, headers: Record<string, string> = {}) =>
  send("POST", "/api/jobs/create", { key, body, headers });
const jobCount = async () => (await database.query("select 1 from jobs")).length;

test("a problem is a document with all its fields", async () => {
  const { status, headers, body } = await create({}, { "x-request-id": "trace-1" });
  expect(status).toBe(422);
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(headers.get("x-request-id")).toBe("trace-1");
  expect(body).toEqual({
    type: "/problems/invalid_request",
    title: "The request is not valid",
    status: 422,
    detail:
      "job_type is missing; it must be a text of 1 to 100 characters, without control characters.",
    code: "invalid_request",
    request_id: "trace-1",
    field: "job_type",
    errors: [
      {
        field: "job_type",
        message:
          "job_type is missing; it must be a text of 1 to 100 characters, without control characters.",
      },
    ],
  });
});

test("a request id that could break a log line is replaced", async () => {
  const { headers } = await send("GET", "/healthz", { headers: { "x-request-id": "a b\tc" } });
  expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
});

test.each(["{", "", '{"job_type": "x",}', "nul", "\u{feff}{"])(
  "the body %j is not JSON",
  async (text) => {
    const { status, body } = await create(text);
    expect([status, body["code"]]).toEqual(
      text === "" ? [422, "invalid_request"] : [400, "invalid_json"],
    );
  },
);

test("a body that is not UTF-8 is refused", async () => {
  const response = await handle(
    new Request("http://localhost/api/jobs/create", {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    }),
  );
  expect(response.status).toBe(400);
});

test.each([
  { "content-type": "text/plain" },
  { "content-type": "application/x-www-form-urlencoded" },
  { "content-type": "application/json", "content-encoding": "gzip" },
])("a body with %j is refused", async (headers) => {
  const { status, body } = await create({ job_type: "x" }, headers);
  expect([status, body["code"]]).toEqual([415, "unsupported_media_type"]);
});

test("a JSON type with parameters is taken", async () => {
  const { status } = await create(
    { job_type: "x" },
    { "content-type": "application/json; charset=utf-8" },
  );
  expect(status).toBe(201);
});

test("a body over the limit is refused by its told length, without being read", async () => {
  let read = false;
  const body = new ReadableStream(
    {
      pull() {
        read = true;
      },
    },
    { highWaterMark: 0 },
  );
  const response = await handle(
    new Request("http://localhost/api/jobs/create", {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        "content-length": String(LIMIT + 1),
      },
      body,
      duplex: "half",
    } as RequestInit),
  );
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ code: "body_too_large", limit_bytes: LIMIT });
  expect(read).toBe(false);
});

test("an endless body without a length is refused once it is over the limit", async () => {
  let parts = 0;
  const body = new ReadableStream({
    pull(controller) {
      parts += 1;
      controller.enqueue(Buffer.alloc(1_000, " "));
    },
  });
  const response = await handle(
    new Request("http://localhost/api/jobs/create", {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body,
      duplex: "half",
    } as RequestInit),
  );
  expect(response.status).toBe(413);
  expect(parts).toBeLessThan(20);
});

test.each([
  ['{"job_type":"x\\u0000y"}', "job_type"],
  ['{"job_type":"x","metadata":{"a":["\\ud800"]}}', "metadata.a[0]"],
  ['{"job_type":"x","metadata":{"\\u0000":1}}', "metadata"],
])("%s, which PostgreSQL cannot store, is refused by name", async (text, field) => {
  const { status, body } = await create(text);
  expect([status, body["field"]]).toEqual([422, field]);
});

test("an escaped pair of surrogates is a character like any other", async () => {
  const { status } = await create('{"job_type":"\\ud83d\\ude80"}');
  expect(status).toBe(201);
});

test("nesting without end is refused", async () => {
  const deep = `{"job_type":"x","metadata":{"a":${"[".repeat(1_000)}${"]".repeat(1_000)}}}`;
  const { status, body } = await create(deep);
  expect([status, body["field"]]).toEqual([422, "metadata"]);
});

test.each([
  ["no header", {}, "key_missing"],
  ["another scheme", { authorization: "Basic c2stOnNr" }, "key_missing"],
  ["an empty key", { authorization: "Bearer " }, "key_missing"],
  ["an unknown key", { authorization: `Bearer sk-${"x".repeat(43)}` }, "key_unknown"],
])("%s is refused before the body is looked at", async (_, headers, code) => {
  const before = await jobCount();
  const answer = await send("POST", "/api/jobs/create", { body: "{", headers });
  expect([answer.status, answer.body["code"]]).toEqual([401, code]);
  expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  expect(await jobCount()).toBe(before);
});

test.each([
  ["GET", "/nowhere"],
  ["GET", "/api/jobs/"],
  ["GET", "/api"],
  ["GET", "/%E0%A4%A"],
  ["GET", "/api/status"],
  ["GET", "/api/organizations"],
])("%s %s is not found", async (method, path) => {
  const { status, body } = await send(method, path, { key });
  expect([status, body["code"]]).toEqual([404, "not_found"]);
});

test.each(["a", "api", "api:80", "[::1]:8003", "a-longer.name.example"])(
  "the host %s does not change what is found",
  async (host) => {
    const response = await handle(new Request(`http://${host}/api/me`));
    expect(response.status).toBe(401);
  },
);

test.each([
  ["http://[::bad/api/me", "application/problem+json"],
  ["/api/me", "application/problem+json"],
  ["/v1/models", "application/json"],
])("a Host that makes the address %s is refused", async (address, type) => {
  const request = new Request("http://localhost/");
  // What Bun gives for such a header; no constructor would take it.
  Object.defineProperty(request, "url", { value: address });
  const response = await handle(request);
  expect([response.status, response.headers.get("content-type")]).toEqual([400, type]);
  expect(response.headers.get("x-request-id")).toBeTruthy();
  expect(await response.text()).toContain('"host_invalid"');
});

test("a wrong method is told which ones are right", async () => {
  const { status, headers, body } = await send("DELETE", "/api/jobs", { key });
  expect([status, body["code"]]).toEqual([405, "method_not_allowed"]);
  expect(headers.get("allow")).toBe("GET");
});

test("a HEAD is answered like a GET, without a body", async () => {
  const response = await handle(new Request("http://localhost/healthz", { method: "HEAD" }));
  expect([response.status, await response.text()]).toEqual([200, ""]);
});

test("below /v1 errors have OpenAI's shape", async () => {
  const { status, headers, body } = await send("GET", "/v1/models");
  expect(status).toBe(401);
  expect(headers.get("content-type")).toBe("application/json");
  expect(body).toEqual({
    error: {
      message: "The request has no key: send the header Authorization: Bearer sk-…",
      type: "authentication_error",
      code: "key_missing",
      param: null,
    },
  });
});

test("every problem type is a page that says what to do", async () => {
  expect((await send("GET", "/problems/job_expired")).body).toMatchObject({
    code: "job_expired",
    status: 409,
  });
  expect((await send("GET", "/problems/constructor")).status).toBe(404);
});

test("the keys of a suspended team and of a suspended organization open nothing", async () => {
  const other = await seedTeam(context);
  await database.query("update teams set status = 'suspended' where id = $1::text", [other.teamId]);
  const refused = await send("GET", "/api/me", { key: other.key });
  expect([refused.status, refused.body["code"]]).toEqual([403, "team_suspended"]);
  expect(refused.headers.get("x-should-retry")).toBe("false");
  await database.query("update teams set status = 'active' where id = $1::text", [other.teamId]);
  await database.query("update organizations set status = 'suspended' where id = $1::text", [
    other.organizationId,
  ]);
  expect((await send("GET", "/api/jobs", { key: other.key })).status).toBe(403);
});

test("a paused team starts nothing new, and reads and ends what it has", async () => {
  const job = await create({ job_type: "x" });
  await database.query(
    "update teams set status = 'paused', paused_until = '2026-11-24T00:00:00Z' where id = $1::text",
    [teamId],
  );
  const refused = await create({ job_type: "x" });
  expect([refused.status, refused.body["code"], refused.body["resumes_at"]]).toEqual([
    403,
    "team_paused",
    "2026-11-24T00:00:00.000Z",
  ]);
  expect((await send("GET", "/api/jobs", { key })).status).toBe(200);
  const path = `/api/jobs/${String(job.body["job_id"])}/complete`;
  expect((await send("POST", path, { key, body: { status: "completed" } })).status).toBe(200);
  await database.query("update teams set status = 'active' where id = $1::text", [teamId]);
});
