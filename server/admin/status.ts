import type { Context } from "../context.ts";
import type { GatewayStatus, Upstream } from "../litellm/upstream.ts";
import type { Status } from "./schema.ts";
import { selectCounts } from "./store.ts";

/** What only the composition root knows of the running server. Each is read anew for every answer. */
export interface StatusSource {
  /** Of this program. */
  readonly version: string;
  readonly startedAt: Date;
  api(): Status["api"];
  database(): Status["database"];
}

/** The state of everything. Without a database its counts are 0, and the rest still tells why. */
export async function readStatus(
  context: Context,
  source: StatusSource,
  upstream: Pick<Upstream, "status">,
): Promise<Status> {
  const database = source.database();
  const counts =
    database.state === "ready"
      ? await selectCounts(context.database.drizzle)
      : { organizations: 0, teams: 0, models: 0, jobs: 0 };
  return {
    version: source.version,
    now: new Date(context.clock.now()).toISOString(),
    started_at: source.startedAt.toISOString(),
    api: source.api(),
    database,
    gateway: toGatewayView(upstream.status()),
    counts,
  };
}

function toGatewayView(status: GatewayStatus): Status["gateway"] {
  return {
    state: status.state,
    mode: status.mode,
    version: status.version ?? null,
    problem: status.problem ?? null,
    install: status.install
      ? { percent: Math.floor(status.install.percent), step: status.install.step }
      : null,
    wanted_config: status.wantedConfig ?? null,
    served_config: status.servedConfig ?? null,
    children: status.children.map((child) => ({
      pid: child.pid ?? null,
      port: child.port,
      state: child.state,
      calls_in_flight: child.callsInFlight,
      restarts: child.restarts,
      started_at: child.startedAt ?? null,
      last_exit: child.lastExit ?? null,
    })),
    log_tail: [...status.logTail],
  };
}
