import type { Health, Readiness } from "./schema.ts";
import type { GatewayState } from "../litellm/upstream.ts";

/** The state of what the API stands on, as the composition root knows it. Reading it does no I/O. */
export interface HealthSource {
  read(): HealthState;
}

export interface HealthState {
  database: "starting" | "ready" | "failed";
  /** Whether the schema is the one that this program needs. */
  migrations: "pending" | "ready" | "failed";
  gateway: GatewayState;
  /** While installing: percent 0–100. */
  installPercent: number | undefined;
  /** How often children of the gateway were started anew. */
  gatewayRestarts: number;
  redis: "none" | "ready" | "lost";
  /** Draining: takes no new calls. */
  stopping: boolean;
}

/** Whether calls can be made: what a load balancer asks. */
export function isReady(state: HealthState): boolean {
  return (
    !state.stopping &&
    state.database === "ready" &&
    state.migrations === "ready" &&
    // Children serve while a newer config is rolled out, but not yet the newest.
    state.gateway === "ready"
  );
}

export function toReadiness(state: HealthState): Readiness {
  return {
    status: isReady(state) ? "ready" : "not_ready",
    database: state.database,
    migrations: state.migrations,
    gateway: state.gateway,
    gateway_install_percent: state.installPercent ?? null,
    gateway_restarts: state.gatewayRestarts,
    redis: state.redis,
    shared_limits: state.redis === "ready",
    stopping: state.stopping,
  };
}

/** The state in one sentence. */
export function toHealth(state: HealthState, version: string): Health {
  if (isReady(state)) return { status: "ok", summary: "Everything is up.", version };
  if (state.stopping) return { status: "down", summary: "The service is restarting.", version };
  if (state.database !== "ready" || state.migrations !== "ready") {
    const failed = state.database === "failed" || state.migrations === "failed";
    return {
      status: "down",
      summary: failed ? "The database cannot be used." : "The database is starting.",
      version,
    };
  }
  return { status: "degraded", summary: gatewaySummaries[state.gateway], version };
}

const gatewaySummaries: Readonly<Record<GatewayState, string>> = {
  waiting: "Jobs work; models are not set up yet.",
  installing: "Jobs work; the gateway to the models is being installed.",
  starting: "Jobs work; the gateway to the models is starting.",
  ready: "Everything is up.",
  updating: "Everything is up; a change of models is being rolled out.",
  restarting: "Jobs work; the gateway to the models is restarting.",
  failed: "Jobs work; the gateway to the models is down and needs its operator.",
  stopped: "Jobs work; the gateway to the models is stopped.",
};
