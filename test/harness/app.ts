import { Origins } from "../../server/browser/origins.ts";
import { createApp } from "../../server/app.ts";
import { BodyStore } from "../../server/bodies/body-store.ts";
import { createBudgetCatalog } from "../../server/budgets/catalog.ts";
import { MemoryStore } from "../../server/cache/memory-store.ts";
import { type AnswerStore, ResponseCache } from "../../server/cache/response-cache.ts";
import type { Context } from "../../server/context.ts";
import { Calls } from "../../server/gateway/calls.ts";
import { Retries } from "../../server/gateway/retries.ts";
import { VocabularyCounter } from "../../server/gateway/tokens/token-counter.ts";
import type { HealthState } from "../../server/health/health.ts";
import type { Runtime } from "../../server/runtime/runtime.ts";
import { SandboxProvider, withSandbox } from "../../server/sandbox/upstream.ts";
import { parseBlocks } from "../../server/kernel/network.ts";
import { createKeyVerifier } from "../../server/keys/verify.ts";
import { Limits, type LimitsOptions } from "../../server/limits/limits.ts";
import type { LoopbackOptions } from "../../server/loopback/provider.ts";
import { createModelCatalog } from "../../server/models/catalog.ts";
import { PlanCatalog } from "../../server/pricing/catalog.ts";
import type { RedisConnection } from "../../server/redis/connection.ts";
import { SettingsCatalog } from "../../server/settings/catalog.ts";
import { ManualClock } from "./clock.ts";
import { testContext } from "./context.ts";
import { testDatabase, type TestDatabase } from "./database.ts";
import { answerOf, type Message, requestOf, type TestAnswer } from "./exchange.ts";
import { standInGateway, type StandInGateway } from "./gateway.ts";

export interface TestApp extends TestDatabase {
  readonly context: Context;
  /** What the app takes for the time; moved by the test. */
  readonly clock: ManualClock;
  /** Stands in for LiteLLM; `seedModel(context, gateway.upstream, …)` makes it serve an alias. */
  readonly gateway: StandInGateway;
  readonly calls: Calls;
  /** Keeps nothing until the setting asks for it and `refresh` has read that. */
  readonly bodies: BodyStore;
  /** What `/readyz` and `/health` are told. */
  readonly health: HealthState;
  /** Answers a request to `http://localhost/…` as the listener on 8003 does; without a client from no address. */
  readonly handle: (request: Request, client?: { address: string }) => Promise<Response>;
  readonly send: (method: string, path: string, options?: SendOptions) => Promise<TestAnswer>;
}

export interface SendOptions extends Message {
  /** A virtual key, sent as bearer. */
  key?: string;
  /** The other end of the connection. */
  from?: string;
}

interface TestAppOptions {
  gateway?: LoopbackOptions;
  /** Between two comments on a silent stream; 15 s as in the product. */
  streamCommentMs?: number;
  /** How long a client may take nothing of a stream; 30 s as in the product. */
  streamStallMs?: number;
  bodyLimitBytes?: number;
  /** Where answers are kept; in memory unless named. */
  answers?: AnswerStore;
  /** As `--trusted-proxies`; nobody unless named. */
  trustedProxies?: string;
  /** Where limits are counted; on this instance alone without it. */
  redis?: RedisConnection;
  /** Of windows and leases, beside what the product has. */
  limits?: Pick<LimitsOptions, "shape" | "leaseMs">;
}

/** The team API on a database and a stand-in gateway of this file's own. Call it at the top level of the file. */
export async function testApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { gateway: loopback, ...settings } = options;
  const database = await testDatabase();
  const gateway = await standInGateway(loopback);
  const clock = new ManualClock();
  const context = await testContext(database.database, { clock });
  const parts = teamApi(context, { gateway, runtime: database.runtime, ...settings });
  database.beforeEnd(() => parts.stop());
  return { ...database, context, clock, gateway, ...parts };
}

/** The team API of one instance. */
export function teamApi(
  context: Context,
  options: Omit<TestAppOptions, "gateway"> & { gateway: StandInGateway; runtime: Runtime },
) {
  const keys = createKeyVerifier(context);
  const origins = new Origins(context);
  const catalog = createModelCatalog(context);
  const settings = new SettingsCatalog(context);
  const plans = new PlanCatalog(context, settings);
  const budgets = createBudgetCatalog(context);
  const { streamCommentMs = 15_000, streamStallMs = 30_000, bodyLimitBytes = 1_000_000 } = options;
  const bodies = new BodyStore(context, () => settings.read());
  const sandbox = new SandboxProvider(options.runtime);
  const limits = new Limits({ ...context, redis: options.redis, ...options.limits });
  const calls = new Calls(context, {
    limits,
    upstream: withSandbox(options.gateway.upstream, sandbox),
    streamCommentMs,
    streamStallMs,
    bodies,
    retries: new Retries(context.clock),
    cache: new ResponseCache(options.answers ?? new MemoryStore(), context.clock),
    tokens: new VocabularyCounter(options.runtime.assets),
  });
  const health: HealthState = {
    database: "ready",
    migrations: "ready",
    gateway: "ready",
    installPercent: undefined,
    gatewayRestarts: 0,
    redis: "none",
    stopping: false,
  };
  const app = createApp({
    context,
    keys,
    origins,
    catalog,
    plans,
    budgets,
    calls,
    limits,
    health: { read: () => health },
    assets: options.runtime.assets,
    settings: {
      brand: async () => (await settings.read()).brand,
      version: "1.2.3",
      bodyLimitBytes,
      trustedProxies: parseBlocks(options.trustedProxies ?? "") ?? [],
    },
  });
  const handle: TestApp["handle"] = (request, client) => app.handle(request, client);
  const stop = async () => {
    await calls.drain(5_000);
    await sandbox.stop();
    await bodies.stop();
    await keys.stop();
    origins.stop();
    catalog.stop();
    budgets.stop();
    plans.stop();
    settings.stop();
  };
  return { calls, bodies, health, handle, send: sender(handle), stop };
}

function sender(handle: TestApp["handle"]): TestApp["send"] {
  return async (method, path, { key, body, headers, from } = {}) => {
    const bearer = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const message = { body, headers: { ...headers, ...bearer } };
    const client = from === undefined ? undefined : { address: from };
    return answerOf(await handle(requestOf(method, `http://localhost${path}`, message), client));
  };
}
