import { beforeAll, describe, expect, test } from "vitest";
import { systemAuthor } from "../../server/audit/audit.ts";
import { readGrant, signGrant } from "../../server/browser/grant.ts";
import { changeKey, revokeKey } from "../../server/keys/keys.ts";
import { seedModel, seedTeam, testApp, type SeededTeam } from "../harness.ts";

const { context, clock, database, gateway, handle, send } = await testApp();
const page = "https://app.example.com";
let team: SeededTeam;

beforeAll(async () => {
  await seedModel(context, gateway.upstream, { alias: "fast" });
  await seedModel(context, gateway.upstream, { alias: "smart" });
  team = await seedTeam(context, { id: "acme", credits: 100 });
  await changeKey(context, systemAuthor, {
    keyId: team.keyId,
    allowedOrigins: [page, "http://localhost:5173"],
  });
  await context.changes.refresh();
});

const messages = [{ role: "user", content: "hello" }];

async function newJob(): Promise<string> {
  const { body } = await send("POST", "/api/jobs/create", {
    key: team.key,
    body: { job_type: "chat" },
  });
  return (body as { job_id: string }).job_id;
}

async function newToken(jobId: string, more: object = {}) {
  const { body } = await send("POST", `/api/jobs/${jobId}/browser-tokens`, {
    key: team.key,
    body: { origin: page, model: "fast", ...more },
  });
  return body as { token: string; model: string; calls: number; expires_at: string };
}

const fromPage = (token: string, path: string, body: object, origin: string | null = page) =>
  send("POST", path, { key: token, body, headers: origin === null ? {} : { origin } });

describe("a browser token", () => {
  test("makes its calls in its job, with its model, and no more", async () => {
    const jobId = await newJob();
    const { token, calls } = await newToken(jobId, { calls: 3 });
    expect(calls).toBe(3);
    const plain = await fromPage(token, `/api/jobs/${jobId}/llm-call`, { messages });
    expect(plain).toMatchObject({ status: 200, body: { model: "fast" } });
    expect(plain.headers.get("access-control-allow-origin")).toBe(page);
    expect(plain.headers.get("vary")).toContain("origin");
    const streamed = await fromPage(token, `/api/jobs/${jobId}/llm-call-stream`, { messages });
    expect(streamed.text).toContain("[DONE]");
    // An SDK names neither job nor, here, model.
    const sdk = await fromPage(token, "/v1/chat/completions", { messages, model: "fast" });
    expect(sdk.headers.get("x-job-id")).toBe(jobId);
    const fourth = await fromPage(token, `/api/jobs/${jobId}/llm-call`, { messages });
    expect(fourth).toMatchObject({ status: 403, body: { code: "browser_token_refused" } });
    const { body } = await send("GET", `/api/jobs/${jobId}`, { key: team.key });
    expect(body).toMatchObject({ total_calls: 3 });
  });

  test("of many calls at once lets exactly as many through as it allows", async () => {
    const jobId = await newJob();
    const { token } = await newToken(jobId, { calls: 5 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        fromPage(token, `/api/jobs/${jobId}/llm-call`, { messages }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  });

  test("is refused for another job, model or origin, and where a key is needed", async () => {
    const jobId = await newJob();
    const other = await newJob();
    const { token } = await newToken(jobId, { calls: 10 });
    const call = (path: string, body: object, origin?: string | null) =>
      fromPage(token, path, body, origin);
    const refusals = [
      await call(`/api/jobs/${other}/llm-call`, { messages }),
      await call(`/api/jobs/${jobId}/llm-call`, { messages, model: "smart" }),
      await call("/api/jobs/create", { job_type: "chat" }),
      await call(`/api/jobs/${jobId}/complete`, { status: "completed" }),
      await call(`/api/jobs/${jobId}/browser-tokens`, { origin: page }),
      await send("GET", "/api/me", { key: token, headers: { origin: page } }),
      await send("GET", "/api/teams/acme/credits", { key: token, headers: { origin: page } }),
    ];
    for (const answer of refusals) {
      expect(answer).toMatchObject({ status: 403, body: { code: "browser_token_refused" } });
    }
    for (const origin of ["https://evil.example", "http://localhost:5173", null]) {
      expect(await call(`/api/jobs/${jobId}/llm-call`, { messages }, origin)).toMatchObject({
        ...{ status: 403, body: { code: "origin_not_allowed" } },
      });
    }
    const { body } = await send("GET", `/api/jobs/${jobId}`, { key: team.key });
    expect(body).toMatchObject({ total_calls: 0 });
  });

  test("ends with its time, its job, or its key", async () => {
    const jobId = await newJob();
    const { token, expires_at: expiresAt } = await newToken(jobId, { expires_in_seconds: 60 });
    expect(Date.parse(expiresAt)).toBe(clock.now() + 60_000);
    const path = `/api/jobs/${jobId}/llm-call`;
    clock.advance(60_000);
    expect(await fromPage(token, path, { messages })).toMatchObject({
      ...{ status: 401, body: { code: "key_expired" } },
    });
    const ended = await newToken(jobId);
    await send("POST", `/api/jobs/${jobId}/complete`, {
      key: team.key,
      body: { status: "completed" },
    });
    expect(await fromPage(ended.token, path, { messages })).toMatchObject({
      ...{ status: 409, body: { code: "job_ended" } },
    });
    const late = await send("POST", `/api/jobs/${jobId}/browser-tokens`, {
      key: team.key,
      body: { origin: page },
    });
    expect(late).toMatchObject({ status: 409, body: { code: "job_ended" } });
  });

  test("forgets the counts of tokens that have expired", async () => {
    const jobId = await newJob();
    const first = await newToken(jobId, { expires_in_seconds: 1 });
    await fromPage(first.token, `/api/jobs/${jobId}/llm-call`, { messages });
    clock.advance(600_001);
    const second = await newToken(jobId);
    await fromPage(second.token, `/api/jobs/${jobId}/llm-call`, { messages });
    expect(await database.query("select calls from browser_grant_uses")).toEqual([{ calls: 1 }]);
  });

  test("cannot be made up or changed", async () => {
    const jobId = await newJob();
    const { token } = await newToken(jobId);
    const grant = readGrant(context.masterKey, token)!;
    const forged = signGrant(new Uint8Array(32).fill(9), { ...grant, calls: 1_000 });
    for (const wrong of [
      forged,
      `${token}x`,
      token.replace(".", "x."),
      "sk-browser-",
      `${token}.x`,
    ]) {
      expect(await fromPage(wrong, `/api/jobs/${jobId}/llm-call`, { messages })).toMatchObject({
        ...{ status: 401, body: { code: "key_unknown" } },
      });
    }
  });

  test("is made for an origin of the key and a model that is granted, in an own job", async () => {
    const jobId = await newJob();
    const make = (id: string, body: object, key = team.key) =>
      send("POST", `/api/jobs/${id}/browser-tokens`, { key, body });
    const stranger = await seedTeam(context, { id: "other", credits: 1 });
    expect(await make(jobId, { origin: "https://evil.example" })).toMatchObject({
      ...{ status: 403, body: { code: "origin_not_allowed", field: "origin" } },
    });
    expect(await make(jobId, { origin: page, model: "nothing" })).toMatchObject({ status: 403 });
    expect(await make(jobId, { origin: page, calls: 0 })).toMatchObject({ status: 422 });
    expect(await make(jobId, { origin: page, expires_in_seconds: 601 })).toMatchObject({
      status: 422,
    });
    expect(await make(jobId, { origin: page }, stranger.key)).toMatchObject({ status: 404 });
    expect((await make("nothing", { origin: page })).status).toBe(404);
  });
});

describe("a key with origins", () => {
  const ask = (origin: string, headers = "authorization, x-stainless-lang") =>
    handle(
      new Request("http://localhost/v1/chat/completions", {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": headers,
        },
      }),
    );

  test("lets a browser of such an origin send what it wants to send", async () => {
    const { status, headers } = await ask("http://localhost:5173");
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
    expect(headers.get("access-control-allow-methods")).toBe("POST");
    expect(headers.get("access-control-allow-headers")).toBe("authorization, x-stainless-lang");
    expect((await ask("https://evil.example")).headers.has("access-control-allow-origin")).toBe(
      false,
    );
  });

  test("works from them, from servers and from our own pages, and from nowhere else", async () => {
    const me = (headers: Record<string, string>) =>
      send("GET", "/api/me", { key: team.key, headers });
    expect((await me({ origin: page })).headers.get("access-control-allow-origin")).toBe(page);
    expect((await me({})).status).toBe(200);
    expect((await me({ origin: "http://localhost" })).status).toBe(200);
    expect(await me({ origin: "https://evil.example" })).toMatchObject({
      ...{ status: 403, body: { code: "origin_not_allowed" } },
    });
    // A page may read why it was refused.
    const wrong = await send("GET", "/api/me", { key: "sk-wrong", headers: { origin: page } });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get("access-control-allow-origin")).toBe(page);
  });

  test.each(["app.example.com", "https://app.example.com/", "ftp://x", "*", "null"])(
    "cannot be given %s",
    async (origin) => {
      const change = changeKey(context, systemAuthor, {
        keyId: team.keyId,
        allowedOrigins: [origin],
      });
      await expect(change).rejects.toMatchObject({ code: "invalid_request" });
    },
  );

  test("takes its tokens and origins along when it is revoked", async () => {
    const jobId = await newJob();
    const { token } = await newToken(jobId);
    await revokeKey(context, systemAuthor, team.keyId);
    await context.changes.refresh();
    expect(await fromPage(token, `/api/jobs/${jobId}/llm-call`, { messages })).toMatchObject({
      ...{ status: 401, body: { code: "key_revoked" } },
    });
    expect((await ask(page)).headers.has("access-control-allow-origin")).toBe(false);
  });
});
