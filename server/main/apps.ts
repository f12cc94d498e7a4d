import { createAdminApp, createApp } from "../app.ts";
import type { HealthSource } from "../health/health.ts";
import type { HttpApp } from "../http/http-app.ts";
import type { NetworkBlock } from "../kernel/network.ts";
import type { Assets } from "../runtime/runtime.ts";
import { settingDefaults } from "../settings/settings.ts";
import { version } from "../version.ts";
import type { Services } from "./services.ts";
import type { StorageState } from "./storage.ts";

export interface AppOptions {
  services: Services;
  assets: Assets;
  /** The bearer token of the commands on this machine. */
  cliToken: string;
  startedAt: Date;
  /** Where teams reach the API; known once it listens. */
  publicUrl: () => string;
  /** Draining: takes no new calls. */
  isStopping: () => boolean;
  /** The largest request body. */
  bodyLimitBytes: number;
  /** Proxies whose word on the client's address counts. */
  trustedProxies: readonly NetworkBlock[];
}

/** What stands on the two ports; does no I/O. */
export function createApps(options: AppOptions): { api: HttpApp; admin: HttpApp } {
  const { services, assets, cliToken, startedAt, publicUrl, isStopping } = options;
  const { context, keys, catalog, plans, budgets, calls, upstream, storage } = services;
  const settings = {
    version,
    bodyLimitBytes: options.bodyLimitBytes,
    trustedProxies: options.trustedProxies,
    // Documents are shown while the database starts, too.
    brand: () =>
      services.settings.read().then(
        ({ brand }) => brand,
        () => settingDefaults.brand,
      ),
  };
  const health = healthOf(services, isStopping);
  const api = createApp({
    context,
    keys,
    origins: services.origins,
    catalog,
    plans,
    budgets,
    calls,
    limits: services.limits,
    health,
    assets,
    settings,
  });
  const admin = createAdminApp({
    context,
    cliToken,
    upstream,
    api,
    assets,
    settings,
    status: {
      version,
      startedAt,
      api: () => ({
        url: publicUrl(),
        state: isStopping() ? "stopping" : storage.state().state === "ready" ? "ready" : "starting",
        calls_in_flight: calls.inFlight,
      }),
      database: () => {
        const { mode, serverVersion, migration } = storage.state();
        const { state, problem } = databaseOf(services);
        return {
          state,
          mode,
          server_version: serverVersion ?? null,
          migration: migration ?? null,
          problem: problem ?? null,
        };
      },
    },
  });
  return { api, admin };
}

function healthOf(services: Services, isStopping: () => boolean): HealthSource {
  return {
    read() {
      const gateway = services.upstream.status();
      const { storage, redis } = services;
      return {
        database: databaseOf(services).state,
        migrations: storage.state().migration === undefined ? "pending" : "ready",
        gateway: gateway.state,
        installPercent: gateway.install?.percent,
        gatewayRestarts: gateway.children.reduce((sum, child) => sum + child.restarts, 0),
        redis: redis === undefined ? "none" : redis.connection.ready ? "ready" : "lost",
        stopping: isStopping(),
      };
    },
  };
}

/** A server that was reached and does not answer any more counts as failed, until a heartbeat finds it again. */
function databaseOf({ storage, heartbeat }: Services): Pick<StorageState, "state" | "problem"> {
  const { state, problem } = storage.state();
  if (state !== "ready" || !heartbeat.isLost()) return { state, problem };
  return { state: "failed", problem: "The database does not answer; it is tried again." };
}
