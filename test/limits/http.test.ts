import { afterEach, describe, expect, test } from "vitest";
import type { CallLimits } from "../../db/schema/organizations.ts";
import { systemAuthor } from "../../server/audit/audit.ts";
import { changeKey } from "../../server/keys/keys.ts";
import { changeTeam } from "../../server/teams/teams.ts";
import { seedModel, seedTeam, type SeededTeam, testApp, until } from "../harness.ts";

/** Limits as a team meets them: over HTTP, on one instance without Redis, by a clock that stands. */

const { context, gateway, calls, clock, handle, send } = await testApp();
await seedModel(context, gateway.upstream, { alias: "chat" });
await seedModel(context, gateway.upstream, { alias: "vectors", mode: "embedding" });
await seedModel(context, gateway.upstream, { alias: "busy", limits: { requestsPerMinute: 1 } });

afterEach(() => gateway.provider.reset());

async function limitedTeam(limits: CallLimits, key: CallLimits = {}): Promise<SeededTeam> {
  const team = await seedTeam(context, { credits: 50 });
  await changeTeam(context, systemAuthor, { teamId: team.teamId, change: { limits } });
  if (Object.keys(key).length > 0) {
    await changeKey(context, systemAuthor, { keyId: team.keyId, limits: key });
  }
  return team;
}

const body = (script: object, more: object = {}) => ({
  model: "chat",
  messages: [{ role: "user", content: `hello #loopback ${JSON.stringify(script)}` }],
  ...more,
});

const chat = (team: SeededTeam, script: object = {}, more: object = {}) =>
  send("POST", "/v1/chat/completions", { key: team.key, body: body(script, more) });

/** The state of the team's own limits, by the API. */
async function leftOf(team: SeededTeam): Promise<Record<string, unknown>> {
  const { body: me } = await send("GET", "/api/me", { key: team.key });
  const { limits } = me["team"] as { limits: { calls: Record<string, unknown>[] } };
  return limits.calls[0]!;
}

describe("a call over its limit", () => {
  test("is refused on the team API by a problem that names scope, limit and when", async () => {
    const team = await limitedTeam({ requestsPerMinute: 1 });
    const create = () =>
      send("POST", "/api/jobs/create-and-call", {
        key: team.key,
        body: { job_type: "summary", messages: body({}).messages, model: "chat" },
      });
    expect((await create()).status).toBe(200);
    const refused = await create();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(refused.headers.get("retry-after")).toBe("30");
    expect(refused.headers.get("x-should-retry")).toBe(null);
    expect(refused.headers.get("x-ratelimit-remaining-requests")).toBe("0");
    expect(refused.body).toMatchObject({
      type: "/problems/rate_limited",
      status: 429,
      code: "rate_limited",
      scope: "team",
      limit: "requests_per_minute",
      allowed: 1,
      resets_at: new Date(clock.now() + 61_000).toISOString(),
      detail: "The team's limit of 1 request a minute is used up. Try again in 61 seconds.",
    });
  });

  test("is refused on /v1 in OpenAI's shape", async () => {
    const team = await limitedTeam({}, { requestsPerMinute: 1 });
    expect((await chat(team)).status).toBe(200);
    const refused = await chat(team);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
    expect(refused.body).toEqual({
      error: {
        message:
          'The key "default"\'s limit of 1 request a minute is used up. Try again in 61 seconds.',
        type: "rate_limit_error",
        code: "rate_limit_exceeded",
        param: null,
      },
    });
  });

  test("of a model is refused to every team, and says nothing of the others", async () => {
    const [one, other] = [
      await seedTeam(context, { credits: 5 }),
      await seedTeam(context, { credits: 5 }),
    ];
    expect((await chat(one, {}, { model: "busy" })).status).toBe(200);
    const refused = await chat(other, {}, { model: "busy" });
    expect(refused.status).toBe(429);
    expect([...refused.headers.keys()].filter((name) => name.startsWith("x-ratelimit"))).toEqual(
      [],
    );
    expect((await chat(other)).status).toBe(200);
  });

  test("leaves no trace: no call, no job, no credits", async () => {
    const team = await limitedTeam({ concurrentCalls: 1 });
    const running = chat(team, { hold: "gate" });
    await gateway.provider.until(({ inFlight }) => inFlight === 1);
    expect((await chat(team)).status).toBe(429);
    gateway.provider.release("gate");
    expect((await running).status).toBe(200);
    const { body: jobs } = await send("GET", "/api/jobs", { key: team.key });
    expect(jobs["data"]).toHaveLength(1);
  });
});

describe("answers of a limited caller", () => {
  test("tell what is left, JSON and streams; those of others tell nothing", async () => {
    const team = await limitedTeam({ requestsPerMinute: 10, tokensPerMinute: 100_000 });
    const answer = await chat(team, { input_tokens: 100, output_tokens: 50 });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "x-ratelimit-limit-requests": "10",
      "x-ratelimit-remaining-requests": "9",
      "x-ratelimit-reset-requests": "1m1s",
      "x-ratelimit-limit-tokens": "100000",
      "x-ratelimit-reset-tokens": "1m1s",
    });
    const stream = await chat(team, {}, { stream: true });
    expect(stream.headers.get("x-ratelimit-remaining-requests")).toBe("8");
    const free = await chat(await seedTeam(context, { credits: 5 }));
    expect(free.headers.has("x-ratelimit-limit-requests")).toBe(false);
  });

  test("count tokens as the provider did, in streams too", async () => {
    const team = await limitedTeam({ tokensPerMinute: 1_000 });
    await chat(team, { input_tokens: 100, output_tokens: 50 });
    await chat(team, { input_tokens: 200, output_tokens: 25 }, { stream: true });
    await until("the stream is settled", () => calls.inFlight === 0);
    expect(await leftOf(team)).toMatchObject({
      tokens_per_minute: { limit: 1_000, remaining: 625 },
    });
    expect((await chat(team, { input_tokens: 600, output_tokens: 500 })).status).toBe(200);
    expect((await chat(team)).status).toBe(429);
    clock.advance(61_000);
    expect((await chat(team)).status).toBe(200);
  });
});

describe("a place and tokens are given back once", () => {
  const whole = {
    scope: "team",
    tokens_per_minute: { limit: 1_000, remaining: 1_000 },
    concurrent_calls: { limit: 1, remaining: 1 },
  };
  const limits = { tokensPerMinute: 1_000, concurrentCalls: 1 };

  test("when the model fails", async () => {
    const team = await limitedTeam(limits);
    expect((await chat(team, { status: 500 })).status).toBe(502);
    expect((await chat(team, { status: 500 }, { stream: true })).status).toBe(502);
    expect(await leftOf(team)).toMatchObject(whole);
  });

  test("when the ledger refuses", async () => {
    const team = await seedTeam(context);
    await changeTeam(context, systemAuthor, { teamId: team.teamId, change: { limits } });
    expect((await chat(team)).status).toBe(402);
    expect(await leftOf(team)).toMatchObject(whole);
  });

  test("when the job is not there", async () => {
    const team = await limitedTeam(limits);
    const path = "/api/jobs/019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10/llm-call";
    const { status } = await send("POST", path, {
      key: team.key,
      body: { messages: body({}).messages, model: "chat" },
    });
    expect(status).toBe(404);
    expect(await leftOf(team)).toMatchObject(whole);
  });

  test("when the client leaves a stream, of which what was sent counts", async () => {
    const team = await limitedTeam(limits);
    const leaving = new AbortController();
    const response = await handle(
      new Request("http://localhost/v1/chat/completions", {
        method: "POST",
        headers: { authorization: `Bearer ${team.key}`, "content-type": "application/json" },
        body: JSON.stringify(
          body({ hold: "gate", hold_after_chunks: 2, output_tokens: 400 }, { stream: true }),
        ),
        signal: leaving.signal,
      }),
    );
    const reader = response.body!.getReader();
    await reader.read();
    expect(await leftOf(team)).toMatchObject({ concurrent_calls: { limit: 1, remaining: 0 } });
    leaving.abort();
    await reader.cancel().catch(() => {});
    await until("the stream is settled", () => calls.inFlight === 0);
    const left = await leftOf(team);
    expect(left["concurrent_calls"]).toEqual({ limit: 1, remaining: 1 });
    const { remaining } = left["tokens_per_minute"] as { remaining: number };
    expect(remaining).toBeGreaterThan(600);
    expect(remaining).toBeLessThan(1_000);
  });
});

test("embeddings count as calls do", async () => {
  const team = await limitedTeam({ requestsPerMinute: 1, tokensPerMinute: 1_000 });
  const embed = () =>
    send("POST", "/v1/embeddings", {
      key: team.key,
      body: { model: "vectors", input: 'words #loopback {"input_tokens": 40}' },
    });
  expect((await embed()).status).toBe(200);
  expect(await leftOf(team)).toMatchObject({
    requests_per_minute: { limit: 1, remaining: 0 },
    tokens_per_minute: { limit: 1_000, remaining: 960 },
  });
  expect((await embed()).status).toBe(429);
});

test("a replay does not count", async () => {
  const team = await limitedTeam({ requestsPerMinute: 2, tokensPerMinute: 1_000 });
  const keyed = () =>
    send("POST", "/v1/chat/completions", {
      key: team.key,
      headers: { "idempotency-key": "once" },
      body: body({ input_tokens: 50, output_tokens: 50 }),
    });
  expect((await keyed()).status).toBe(200);
  const replays = [await keyed(), await keyed(), await keyed()];
  expect(replays.map(({ headers }) => headers.get("idempotency-replayed"))).toEqual([
    "true",
    "true",
    "true",
  ]);
  expect(await leftOf(team)).toMatchObject({
    requests_per_minute: { limit: 2, remaining: 1 },
    tokens_per_minute: { limit: 1_000, remaining: 900 },
  });
});

test("a key shows its own limits beside the team's, and no other key's", async () => {
  const team = await limitedTeam({ requestsPerMinute: 10 }, { concurrentCalls: 3 });
  const { body: me } = await send("GET", "/api/me", { key: team.key });
  expect((me["team"] as { limits: object }).limits).toMatchObject({
    calls: [
      {
        scope: "team",
        requests_per_minute: { limit: 10, remaining: 10 },
        tokens_per_minute: null,
        concurrent_calls: null,
      },
      {
        scope: "key",
        requests_per_minute: null,
        tokens_per_minute: null,
        concurrent_calls: { limit: 3, remaining: 3 },
      },
    ],
  });
  const free = await seedTeam(context);
  const { body: theirs } = await send("GET", `/api/teams/${free.teamId}`, { key: free.key });
  expect(theirs["limits"]).toMatchObject({ calls: [] });
});
