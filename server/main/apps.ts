import { createAdminApp, createApp } from "../app.ts";
import type { HealthSource } from "../health/health.ts";
import type { HttpApp } from "../http/http-app.ts";
import { DEFAULT_BODY_LIMIT_BYTES, DEFAULT_BRAND } from "../http/parts.ts";
import type { Assets } from "../runtime/runtime.ts";
import { version } from "../version.ts";
import type { Services } from "./services.ts";

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
}

const settings = { brand: DEFAULT_BRAND, version, bodyLimitBytes: DEFAULT_BODY_LIMIT_BYTES };

/** What stands on the two ports; does no I/O. */
export function createApps(options: AppOptions): { api: HttpApp; admin: HttpApp } {
  const { services, assets, cliToken, startedAt, publicUrl, isStopping } = options;
  const { context, keys, catalog, calls, upstream, storage } = services;
  const health = healthOf(services, isStopping);
  const api = createApp({ context, keys, catalog, calls, health, assets, settings });
  const admin = createAdminApp({
    context,
    cliToken,
    upstream,
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
        const { state, mode, serverVersion, migration, problem } = storage.state();
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
      const database = services.storage.state();
      const gateway = services.upstream.status();
      return {
        database: database.state,
        migrations: database.migration === undefined ? "pending" : "ready",
        gateway: gateway.state,
        installPercent: gateway.install?.percent,
        gatewayRestarts: gateway.children.reduce((sum, child) => sum + child.restarts, 0),
        redis: "none",
        stopping: isStopping(),
      };
    },
  };
}
