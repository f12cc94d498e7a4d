import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  startLoopbackProvider,
  type RunningLoopbackProvider,
} from "../../server/loopback/start.ts";
import { testDatabase, testRedis, testRuntime, until } from "../harness.ts";
import { type Executable, startExecutable } from "./executable.ts";
import { addModel, createTenant, run, scripted, sender, type Tenant } from "./tenant.ts";

/** Two executables with one database and one Redis, which carries changes sooner and which nothing depends on. */

const redis = await testRedis();
const { url: databaseUrl, database, beforeEnd } = await testDatabase();
let gateway: RunningLoopbackProvider;
let first: Executable;
let second: Executable;
let team: Tenant;
let adminToken: string;
/** Of the second instance; the longest that there is. */
const heartbeatMs = 900;

beforeAll(async () => {
  gateway = await startLoopbackProvider(await testRuntime(), { gateway: true });
  const env = {
    DATABASE_URL: databaseUrl,
    LITELLM_URL: gateway.url,
    REDIS_URL: redis.url,
    // Beside other tests a Redis that is there answers late now and then, which is not what is looked at.
    SAAS_LITELLM_REDIS_TIMEOUT_MS: "5000",
    SAAS_LITELLM_KEY: Buffer.alloc(32, 7).toString("base64"),
  };
  first = await startExecutable({ env });
  await first.ready(30_000);
  second = await startExecutable({
    env: { ...env, SAAS_LITELLM_HEARTBEAT_MS: String(heartbeatMs) },
  });
  // Every call asks Redis for leave and for an answer that is kept.
  const limit = ["--requests-per-minute", "1000000", "--tokens-per-minute", "1000000000"];
  await addModel(first, "chat-fast", ...limit, "--cache-ttl", "60");
  team = await createTenant(first);
  adminToken = (await run<{ token: string }>(first, "admin", "token", "create", "test")).token;
  await second.ready(30_000);
}, 120_000);

beforeEnd(async () => {
  await Promise.all([first?.stop(), second?.stop()]);
});
afterAll(() => gateway?.stop());

/** What /readyz of an instance says of Redis; the instance is ready whatever that is. */
async function redisState(server: Executable): Promise<unknown> {
  const { status, body } = await sender(server.apiUrl, team.key)("GET", "/readyz");
  expect(status).toBe(200);
  return body["redis"];
}

async function bothSay(state: "ready" | "lost"): Promise<void> {
  for (const server of [first, second]) {
    const says = async () => (await redisState(server)) === state;
    await until(`Redis is ${state}`, says, { timeoutMs: 15_000 });
  }
}

/** Adds a key by the first instance's admin API, in less time than a command takes to start. */
async function createKey(limits: Record<string, number> = {}): Promise<string> {
  const response = await fetch(`${first.adminUrl}/api/teams/${team.teamId}/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({ limits }),
  });
  const { key } = (await response.json()) as { key: string };
  return key;
}

/** When the second instance, which started later, has last looked; by the database's clock, in milliseconds. */
async function lastLook(): Promise<number> {
  const [row] = await database.query<{ ms: number }>(
    "select (extract(epoch from seen_at) * 1000)::float8 as ms from instances order by started_at desc limit 1",
  );
  return row!.ms;
}

/** The next time that the second instance looks. */
async function nextLook(after: number): Promise<number> {
  let at = after;
  const looked = async () => (at = await lastLook()) > after;
  await until("the second instance looks", looked, { timeoutMs: 10_000, everyMs: 5 });
  return at;
}

/** How soon after a heartbeat of the second instance a change on the first made it look again. */
async function lookAfterChange(): Promise<number> {
  const heartbeat = await nextLook(await lastLook());
  const key = await createKey();
  const look = await nextLook(heartbeat);
  expect((await sender(second.apiUrl, key)("GET", "/api/me")).status).toBe(200);
  return look - heartbeat;
}

/** Heartbeats are `heartbeatMs` apart at least, so a look that comes much sooner was asked for through Redis. */
async function expectChangesToArriveSooner(): Promise<void> {
  const soon = async () => (await lookAfterChange()) < heartbeatMs * 0.9;
  await until("a change arrives before the next heartbeat", soon, { timeoutMs: 20_000 });
}

test("both instances say that Redis is ready, and a change reaches the other through it", async () => {
  await bothSay("ready");
  await expectChangesToArriveSooner();
}, 60_000);

/** Both endpoints and both ways to answer, by turns. */
function nth(call: number, text: string): { path: string; body: object } {
  const said = scripted({ input_tokens: 60, output_tokens: 40, chunks: 4 }, text);
  const stream = call % 2 === 1 && { stream: true };
  if (call % 4 < 2) return { path: "/v1/chat/completions", body: { ...said, ...stream } };
  return { path: "/v1/responses", body: { input: said.messages[0]!.content, ...stream } };
}

/** What has come of a call: a stream that broke off is none that was answered. */
async function outcomeOf(send: Tenant["send"], call: number, text: string) {
  const { path, body } = nth(call, text);
  const answer = await send("POST", path, body);
  const streamed = answer.headers.get("content-type")?.includes("event-stream") ?? false;
  const last = path === "/v1/responses" ? '"response.completed"' : "data: [DONE]";
  const whole = !streamed || (answer.text.includes(last) && !answer.text.includes('"error":{'));
  return { ...answer, outcome: whole ? answer.status : answer.text };
}

describe("a key's limit counts over both instances under load", () => {
  const TOKENS = 100;
  const CALLERS = 4;
  test.each([
    ["requests", { requests_per_minute: 200 }, 1.05],
    // A call is taken for what it will need, and what it needed is told when it has ended.
    ["tokens", { tokens_per_minute: 200 * TOKENS }, 1.05 + (2 * CALLERS) / 200],
  ])(
    "%s: as many as a minute allows, and the rest refused for now",
    async (what, limits, most) => {
      const key = await createKey(limits);
      const startedMs = performance.now();
      const refused: Headers[] = [];
      const others: unknown[] = [];
      const answered = [0, 0];
      let calls = 0;
      const caller = async (at: 0 | 1) => {
        const send = sender([first, second][at]!.apiUrl, key);
        // Three times what is allowed, at once.
        for (let call = calls++; call < 600; call = calls++) {
          const { outcome, headers } = await outcomeOf(send, call, `Limited ${what} ${call}`);
          if (outcome === 200) answered[at]! += 1;
          else if (outcome === 429) refused.push(headers);
          else others.push(outcome);
        }
      };
      const callers = Array.from({ length: CALLERS }, () => [caller(0), caller(1)]);
      await Promise.all(callers.flat());
      // Nothing that was counted had left the window by then.
      expect(performance.now() - startedMs).toBeLessThan(60_000);
      expect(others).toEqual([]);
      const share = (answered[0]! + answered[1]!) / 200;
      expect(share).toBeGreaterThanOrEqual(0.95);
      expect(share).toBeLessThanOrEqual(most);
      expect(Math.min(...answered)).toBeGreaterThan(20);
      for (const headers of refused) {
        expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
        expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(30);
        // An SDK may try again.
        expect(headers.get("x-should-retry")).not.toBe("false");
      }
    },
    90_000,
  );
});

/** Calls both instances without a pause until told to stop; resolves with the outcomes of all calls. */
function load(): { answers: (number | string)[]; end: () => Promise<void> } {
  const answers: (number | string)[] = [];
  let going = true;
  const caller = async (server: Executable, text: string) => {
    const send = sender(server.apiUrl, team.key);
    for (let call = 0; going; call += 1) {
      // Of eight calls four can be answered from the cache.
      const { outcome } = await outcomeOf(send, call, `${text} ${call >> 3}`);
      answers.push(outcome);
    }
  };
  const callers = [first, second].flatMap((server, at) =>
    [0, 1].map((each) => caller(server, `Caller ${at} ${each}`)),
  );
  return {
    answers,
    end: async () => {
      going = false;
      await Promise.all(callers);
    },
  };
}

test("stopped and started under load no call and no stream fails; without it changes arrive by heartbeat", async () => {
  const { answers, end } = load();
  const more = async (what: string) => {
    const enough = answers.length + 40;
    await until(`${what} calls go on`, () => answers.length > enough, { timeoutMs: 30_000 });
  };
  await more("with Redis");
  await redis.kill();
  await bothSay("lost");
  await more("without Redis");
  expect(await lookAfterChange()).toBeGreaterThanOrEqual(heartbeatMs * 0.9);
  await redis.restart();
  await bothSay("ready");
  await more("with Redis again");
  await end();
  expect(answers.filter((outcome) => outcome !== 200)).toEqual([]);
  await expectChangesToArriveSooner();
}, 120_000);
