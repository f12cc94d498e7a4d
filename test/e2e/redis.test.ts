import { afterAll, beforeAll, expect, test } from "vitest";
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
async function createKey(): Promise<string> {
  const response = await fetch(`${first.adminUrl}/api/teams/${team.teamId}/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    body: "{}",
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

/** Calls both instances without a pause until told to stop; resolves with the statuses of all answers. */
function load(): { answers: number[]; end: () => Promise<void> } {
  const answers: number[] = [];
  let going = true;
  const caller = async (server: Executable, text: string) => {
    const send = sender(server.apiUrl, team.key);
    for (let call = 0; going; call += 1) {
      // Every other one can be answered from the cache.
      const body = scripted({}, `${text} ${call >> 1}`);
      answers.push((await send("POST", "/v1/chat/completions", body)).status);
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

test("stopped and started under load no request fails; without it changes arrive by heartbeat", async () => {
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
  expect(answers.filter((status) => status !== 200)).toEqual([]);
  await expectChangesToArriveSooner();
}, 120_000);
