import type { Config } from "./config.ts";
import type { Log } from "./kernel/log.ts";
import { parseBlocks } from "./kernel/network.ts";
import { inTime } from "./kernel/waiting.ts";
import {
  openDataDirectory,
  readMasterKey,
  removeRunFile,
  writeRunFile,
  writeToken,
  type DataDirectory,
} from "./main/data-directory.ts";
import { createApps } from "./main/apps.ts";
import { listen, type Listener } from "./main/listeners.ts";
import { checkMasterKey } from "./main/master-key-check.ts";
import { createServices, type Services } from "./main/services.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { version } from "./version.ts";

/** A server that listens. What it stands on comes up in the background; `/readyz` tells how far. */
export interface RunningServer {
  readonly apiUrl: string;
  readonly adminUrl: string;
  readonly services: Services;
  /** Resolves when database and schema are ready and all calls of a predecessor are resolved; rejects with StartupError. */
  readonly databaseReady: Promise<void>;
  /** Takes no new calls, lets running ones end until the deadline, stops all children. Twice is fine. */
  stop(): Promise<void>;
}

/** What stops children after calls have ended. */
const CHILD_DEADLINE_MS = 10_000;
/** A JSON call that is not over this long after the deadline is left to the next start. */
const SETTLE_GRACE_MS = 5_000;

/**
 * The composition root. Order: the data directory's lock, both listeners, then database, migrations, the predecessor's
 * lost calls, the heartbeat, and LiteLLM in the background. Throws StartupError when it cannot listen.
 */
export async function startServer(
  runtime: Runtime,
  config: Config,
  log: Log,
  onGatewayChange: () => void = () => {},
): Promise<RunningServer> {
  const directory = await openDataDirectory(config.dataDir);
  try {
    return await startOn(directory, { runtime, config, log, onGatewayChange });
  } catch (error) {
    directory.lock.release();
    throw error;
  }
}

interface Start {
  runtime: Runtime;
  config: Config;
  log: Log;
  onGatewayChange: () => void;
}

async function startOn(directory: DataDirectory, start: Start): Promise<RunningServer> {
  const { runtime, config, log } = start;
  const masterKey = readMasterKey(directory, config.key);
  const services = createServices({ ...start, masterKey, dataDirectoryId: directory.id });
  const startedAt = new Date();
  const cliToken = writeToken(directory);
  const bodyLimitBytes = config.maxBodyMb * 1024 * 1024;
  let stopping = false;
  let api: Listener | undefined;
  let admin: Listener | undefined;

  const apps = createApps({
    services,
    assets: runtime.assets,
    cliToken,
    startedAt,
    publicUrl: () => config.publicUrl?.replace(/\/+$/, "") ?? api?.url ?? "",
    isStopping: () => stopping,
    bodyLimitBytes,
    trustedProxies: parseBlocks(config.trustedProxies ?? "") ?? [],
  });
  const common = { runtime, maxBodyBytes: bodyLimitBytes };
  try {
    api = await listen({
      ...common,
      app: apps.api,
      host: config.host,
      port: config.port,
      hostFlag: "--host",
      portFlag: "--port",
    });
    admin = await listen({
      ...common,
      app: apps.admin,
      host: config.adminHost,
      port: config.adminPort,
      hostFlag: "--admin-host",
      portFlag: "--admin-port",
    });
  } catch (error) {
    await api?.server.stop(0);
    removeRunFile(directory);
    throw error;
  }
  const listeners = { api, admin };
  writeRunFile(directory, {
    pid: process.pid,
    api_url: api.url,
    admin_url: admin.url,
    version,
    started_at: startedAt.toISOString(),
  });
  log.info("listening", { api: api.url, admin: admin.url, data_dir: directory.path, version });

  const databaseReady = comeUp(services, masterKey, log);
  // Whoever started us waits for it too; until then a rejection is not unhandled.
  databaseReady.catch(() => {});

  let stopped: Promise<void> | undefined;
  return {
    apiUrl: api.url,
    adminUrl: admin.url,
    services,
    databaseReady,
    stop() {
      stopping = true;
      stopped ??= stopAll({ listeners, services, directory, databaseReady, config });
      return stopped;
    },
  };
}

/** The way from listening to ready; LiteLLM goes on by itself. */
async function comeUp(services: Services, masterKey: Uint8Array, log: Log): Promise<void> {
  const started = performance.now();
  const { storage, heartbeat, redis, upkeep, upstream, context } = services;
  await storage.start();
  await checkMasterKey(context.database, masterKey);
  await heartbeat.start();
  // A rotation that began before this instance could be seen has changed the key since.
  await checkMasterKey(context.database, masterKey);
  services.limits.start();
  redis?.connection.start();
  redis?.signal.start(() => {
    // A look that fails is made again by the next heartbeat.
    heartbeat.look().catch(() => {});
  });
  await upkeep.start();
  await services.bodies.start();
  services.background.start();
  storage.setReady();
  const { serverVersion, migration, mode } = storage.state();
  log.info("database ready", {
    mode,
    server_version: serverVersion,
    migration,
    ms: Math.round(performance.now() - started),
  });
  upstream.start();
  await services.applyModels();
}

interface Stop {
  listeners: { api: Listener; admin: Listener };
  services: Services;
  directory: DataDirectory;
  databaseReady: Promise<void>;
  config: Config;
}

/** In reverse order of the start. */
async function stopAll({ listeners, services, directory, databaseReady, config }: Stop) {
  const { context, calls, keys, catalog, upkeep, heartbeat, upstream, storage } = services;
  const drainMs = config.drainSeconds * 1_000;
  context.log.info("stopping", { calls_in_flight: calls.inFlight });
  await databaseReady.catch(() => {});
  const drained = calls.drain(drainMs);
  await Promise.all([
    inTime(drained, drainMs + SETTLE_GRACE_MS),
    listeners.api.server.stop(drainMs + SETTLE_GRACE_MS),
  ]);
  calls.stop();
  await listeners.admin.server.stop(1_000);
  removeRunFile(directory);
  catalog.stop();
  services.plans.stop();
  services.settings.stop();
  await keys.stop();
  await services.background.stop();
  await services.bodies.stop();
  services.budgets.stop();
  services.origins.stop();
  await upkeep.stop();
  services.redis?.signal.stop();
  services.limits.stop();
  services.redis?.connection.stop();
  await heartbeat.stop();
  await upstream.stop(CHILD_DEADLINE_MS);
  await services.sandbox.stop();
  await storage.stop(CHILD_DEADLINE_MS);
  directory.lock.release();
  context.log.info("stopped");
}
