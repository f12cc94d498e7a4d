import { Origins } from "../browser/origins.ts";
import { SandboxProvider, withSandbox } from "../sandbox/upstream.ts";
import { BodyStore } from "../bodies/body-store.ts";
import { type BudgetCatalog, createBudgetCatalog } from "../budgets/catalog.ts";
import { MemoryStore } from "../cache/memory-store.ts";
import { RedisStore } from "../cache/redis-store.ts";
import { ResponseCache } from "../cache/response-cache.ts";
import { environment, type Config } from "../config.ts";
import type { Context } from "../context.ts";
import { Calls } from "../gateway/calls.ts";
import { Retries } from "../gateway/retries.ts";
import { VocabularyCounter } from "../gateway/tokens/token-counter.ts";
import type { Background } from "../instance/background.ts";
import { Heartbeat } from "../instance/heartbeat.ts";
import { Upkeep } from "../instance/upkeep.ts";
import { Limits } from "../limits/limits.ts";
import { OffsetClock } from "../kernel/clock.ts";
import { uuidV7 } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { MasterKey } from "../kernel/sealing.ts";
import { createKeyVerifier, type KeyVerifier } from "../keys/verify.ts";
import { createUpstream, type UpstreamMode } from "../litellm/create-upstream.ts";
import type { Upstream } from "../litellm/upstream.ts";
import { createModelCatalog, type ModelCatalog } from "../models/catalog.ts";
import { PlanCatalog } from "../pricing/catalog.ts";
import { RedisConnection } from "../redis/connection.ts";
import { RedisSignal } from "../redis/signal.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { SettingsCatalog } from "../settings/catalog.ts";
import { createBackground } from "./background.ts";
import { Storage } from "./storage.ts";

/** The parts of a server that live as long as it does. */
export interface Services {
  context: Context;
  storage: Storage;
  heartbeat: Heartbeat;
  /** Undefined without REDIS_URL. */
  redis: { connection: RedisConnection; signal: RedisSignal } | undefined;
  upkeep: Upkeep;
  background: Background;
  bodies: BodyStore;
  limits: Limits;
  upstream: Upstream;
  sandbox: SandboxProvider;
  origins: Origins;
  keys: KeyVerifier;
  catalog: ModelCatalog;
  settings: SettingsCatalog;
  plans: PlanCatalog;
  budgets: BudgetCatalog;
  calls: Calls;
  /** Makes the models of the database the ones that LiteLLM serves. */
  applyModels(): Promise<void>;
}

export interface ServiceOptions {
  runtime: Runtime;
  config: Config;
  masterKey: MasterKey;
  dataDirectoryId: string;
  log: Log;
  onGatewayChange: () => void;
}

/** Proxies cut connections on which nothing comes for a minute or so. */
const STREAM_COMMENT_MS = 15_000;
const MODELS_RETRY_MS = 2_000;

/** Makes all parts and connects them; starts none. */
export function createServices(options: ServiceOptions): Services {
  const { runtime, config, log, dataDirectoryId } = options;
  const leaseMs = config.leaseSeconds * 1_000;
  const clock = new OffsetClock();
  const instanceId = uuidV7(Date.now());
  const storage = new Storage({
    runtime,
    log,
    dataDir: config.dataDir,
    databaseUrl: config.databaseUrl,
  });
  const redis = reachRedis(config, log);
  const heartbeat = new Heartbeat({
    database: () => storage.database,
    clock,
    instanceId,
    dataDirectoryId,
    intervalMs: config.heartbeatMs,
    leaseMs,
    log,
    announce: () => redis?.signal.announce(),
  });
  const context: Context = {
    get database() {
      return storage.database;
    },
    clock,
    changes: heartbeat,
    masterKey: options.masterKey,
    log,
    instanceId,
  };
  const upstream = createUpstream({
    mode: upstreamMode(config),
    self: runtime.self,
    assets: runtime.assets,
    dataDir: config.dataDir,
    environmentDir: config.environmentDir,
    environment,
    workers: config.litellmWorkers,
    port: config.litellmPort,
    log,
    onChange: options.onGatewayChange,
  });
  const catalog = createModelCatalog(context);
  const settings = new SettingsCatalog(context);
  const plans = new PlanCatalog(context, settings);
  const budgets = createBudgetCatalog(context);
  const bodies = new BodyStore(context, () => settings.read());
  const answers = redis ? new RedisStore(redis.connection, context.masterKey) : new MemoryStore();
  const sandbox = new SandboxProvider(runtime);
  const limits = new Limits({ clock, instanceId, redis: redis?.connection });
  const calls = new Calls(context, {
    limits,
    upstream: withSandbox(upstream, sandbox),
    streamCommentMs: STREAM_COMMENT_MS,
    bodies,
    retries: new Retries(clock),
    cache: new ResponseCache(answers, clock),
    tokens: new VocabularyCounter(runtime.assets),
  });
  heartbeat.onStopCalls = (ids, reason) => calls.stopCalls(ids, reason);
  heartbeat.underWay = calls.underWay;

  const applyModels = async () => upstream.apply(await catalog.gatewayConfig());
  const followModels = () => {
    applyModels().catch((error: unknown) => {
      log.error("the models could not be read for LiteLLM and will be read again", { error });
      // Nothing else would tell LiteLLM of this change until the next one.
      setTimeout(followModels, MODELS_RETRY_MS).unref();
    });
  };
  heartbeat.onChange(["models"], followModels);

  return {
    context,
    storage,
    heartbeat,
    redis,
    upkeep: new Upkeep(context, {
      heartbeat,
      dataDirectoryId,
      intervalMs: config.sweepSeconds * 1_000,
      leaseMs,
      jobIdleMs: config.jobTtlSeconds * 1_000,
    }),
    background: createBackground(context, () => settings.read()),
    bodies,
    limits,
    upstream,
    sandbox,
    keys: createKeyVerifier(context),
    origins: new Origins(context),
    catalog,
    settings,
    plans,
    budgets,
    calls,
    applyModels,
  };
}

function reachRedis(
  { redisUrl: url, redisTimeoutMs: timeoutMs }: Config,
  log: Log,
): Services["redis"] {
  if (url === undefined) return undefined;
  const connection = new RedisConnection({ url, log, timeoutMs });
  return { connection, signal: new RedisSignal(url, connection) };
}

/** Which LiteLLM: the operator's running one, the operator's program, or the managed one. */
function upstreamMode(config: Config): UpstreamMode {
  if (config.litellmUrl !== undefined) {
    return { kind: "external", url: config.litellmUrl, apiKey: config.litellmApiKey ?? "none" };
  }
  if (config.litellmBin !== undefined) return { kind: "binary", path: config.litellmBin };
  return { kind: "managed" };
}
