import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { CallAttempt } from "../../db/schema/index.ts";
import { startLoopbackProvider } from "../../server/loopback/start.ts";
import { faultCallers, say, tokens } from "../gateway/fault-path.ts";
import { teamApi, testContext, testDatabase, testRuntime } from "../harness.ts";
import { testGateway, type TestGateway } from "../harness/litellm.ts";
import { brokenProvider, realModels, refusingProvider } from "./litellm-models.ts";

/** How real LiteLLM shares calls among the targets of an alias, and which of them it tells to have tried. */

const READY_MS = 300_000;
const { database, runtime, beforeEnd } = await testDatabase();
const loopback = await startLoopbackProvider(await testRuntime());
const { provider } = loopback;
const context = await testContext(database);
const broken = await brokenProvider();
const refusing = await refusingProvider();

let gateway: TestGateway;
let caller: Awaited<ReturnType<typeof faultCallers>>;

beforeAll(async () => {
  gateway = await testGateway();
  const { upstream } = gateway;
  const models = realModels(context, upstream, `${loopback.url}/v1`);
  const app = teamApi(context, {
    ...{ gateway: { url: loopback.url, provider, upstream }, runtime, streamCommentMs: 500 },
  });
  beforeEnd(() => app.stop());
  caller = await faultCallers({ context, provider, ...app });
  await models.add("dear");
  const credentialId = await models.credentialOf("dear");
  await models.add("weighted", { weight: 9 });
  await models.addTarget("weighted", { model: "openai/loopback-other", inputPrice: 2_000 });
  await models.add("cooling", { apiBase: broken.apiBase });
  await models.addTarget("cooling", { credentialId });
  await models.add("retried", { apiBase: refusing.apiBase, retries: 2 });
  await models.add("backed", { apiBase: refusing.apiBase });
  await models.addTarget("backed", {
    model: "openai/loopback-other",
    credentialId,
    fallbackOrder: 2,
  });
  await upstream.whenReady(READY_MS);
}, READY_MS);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await Promise.all([loopback.stop(), broken.stop(), refusing.stop()]);
});
beforeEach(() => provider.reset());

type Caller = Awaited<ReturnType<typeof caller>>;
const text = { text: "0123456789".repeat(4), chunks: 4, ...tokens };
const succeeded = { status: "succeeded", estimated: false, ...tokens };
const call = (of: Caller, model: string, more: object = {}, script: object = text) =>
  of.post("/v1/chat/completions", {
    ...{ model, messages: [{ role: "user", content: say(script) }], ...more },
  });

test("share the calls by weight, and each call is paid by the prices of the one that answered", async () => {
  const answered = { "openai/loopback-chat": 0, "openai/loopback-other": 0 };
  for (let round = 0; round < 40; round += 1) {
    const of = await caller();
    await call(of, "weighted");
    const [row] = await database.query<{ target: keyof typeof answered; cost: number }>(
      `select target, provider_cost_nanos::float8 as cost from llm_calls
       where team_id = $1 and status = 'succeeded' and cost_flags = '{}' and attempts is null`,
      [of.teamId],
    );
    answered[row!.target] += 1;
    const inputPrice = row!.target === "openai/loopback-other" ? 2 : 1;
    expect(row!.cost).toBe((40 * inputPrice + 60) * 1e6);
  }
  // 36 to 4 on average; one in millions of runs falls below.
  expect(answered["openai/loopback-chat"]).toBeGreaterThan(24);
});

test("that break are replaced by the others, and left alone for a while", async () => {
  const before = broken.connections();
  for (let round = 0; round < 40; round += 1) {
    const of = await caller();
    expect((await call(of, "cooling")).status).toBe(200);
    expect(await of.account()).toMatchObject(succeeded);
  }
  expect(broken.connections()).toBeGreaterThan(before);
  expect(broken.connections()).toBeLessThan(before + 20);
});

/** What a call's row tells of the targets tried, and what its team is told: never anything of them. */
async function tried(model: string, more: object, script: object = text) {
  const of = await caller();
  const response = await call(of, model, more, script);
  await response.text();
  expect(Array.from(response.headers.keys()).join()).not.toMatch(/litellm|attempt/);
  const [row] = await database.query<{ attempts: CallAttempt[] | null }>(
    "select attempts from llm_calls where team_id = $1 and status <> 'in_flight'",
    [of.teamId],
  );
  const attempts = row!.attempts?.map(({ target, status, ms }) => {
    expect(ms).toBeGreaterThanOrEqual(0);
    return `${target} ${status}`;
  });
  return { status: response.status, attempts };
}

const plain = { first: "openai/loopback-chat", second: "openai/loopback-other" };
const forms = [{}, { stream: true }];

test.each(forms)(
  "that fail and are tried again are told, and which one answered: %j",
  async (form) => {
    expect(await tried("dear", form)).toEqual({ status: 200, attempts: undefined });
    refusing.next(500, 503, 200);
    expect(await tried("retried", form)).toEqual({
      ...{ status: 200, attempts: ["500", "503", "200"].map((each) => `${plain.first} ${each}`) },
    });
    refusing.next(503);
    expect(await tried("backed", form)).toEqual({
      ...{ status: 200, attempts: [`${plain.first} 503`, `${plain.second} 200`] },
    });
  },
  60_000,
);

test.each(forms)(
  "that all fail are told in their order: %j",
  async (form) => {
    refusing.next(500, 500);
    const { status, attempts } = await tried("backed", form, { status: 503 });
    expect(status).toBe(502);
    expect(attempts!.slice(0, 2)).toEqual([`${plain.first} 500`, `${plain.second} 503`]);
  },
  60_000,
);
