import type { Context } from "../context.ts";
import { rollOverDueWallets } from "../credits/wallet.ts";
import { refreshRollups } from "../usage/rollups.ts";
import type { Heartbeat } from "./heartbeat.ts";
import * as store from "./store.ts";

export interface UpkeepOptions {
  heartbeat: Heartbeat;
  dataDirectoryId: string;
  /** Time between two rounds; 5 s unless a test shortens it. */
  intervalMs: number;
  leaseMs: number;
  /** A job without activity for this long expires; 1 h by default. */
  jobIdleMs: number;
}

/** Rows a statement takes at most, so that none holds its locks for long. */
const BATCH = 500;

/**
 * What has to be done now and then, by whichever instance comes first: lost calls are resolved, idle jobs expire, what
 * is due in wallets is done, old idempotency keys go, coming months get their partitions. Idle until `start`; `stop` waits for the round under way.
 */
export class Upkeep {
  readonly #context: Context;
  readonly #options: UpkeepOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #round: Promise<void> | undefined;
  #running = false;

  constructor(context: Context, options: UpkeepOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Resolves the calls of earlier instances on our data directory, whose lock we hold; then rounds begin. */
  async start(): Promise<void> {
    const { database, instanceId } = this.#context;
    await database.query("select ensure_call_partitions_v1($1::timestamptz)", [this.#now()]);
    const dead = await store.predecessors(database, this.#options.dataDirectoryId, instanceId);
    await this.#resolve(dead);
    this.#running = true;
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#round;
  }

  #schedule(): void {
    if (!this.#running) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#work()
        .catch((error: unknown) =>
          this.#context.log.warn("upkeep failed and will be tried again", { error }),
        )
        .finally(() => this.#schedule());
    }, this.#options.intervalMs);
  }

  async #work(): Promise<void> {
    const { database } = this.#context;
    if (this.#options.heartbeat.leaseIsOld()) {
      await this.#resolve(
        await store.silentInstances(database, this.#now(), this.#options.leaseMs),
      );
    }
    await this.#repeat(
      "expire_idle_jobs_v2($1::timestamptz, $2::int * interval '1 millisecond', $3::int)",
      [this.#now(), this.#options.jobIdleMs, BATCH],
    );
    await rollOverDueWallets(this.#context, BATCH);
    await this.#repeat("expire_idempotency_keys_v1($1::timestamptz, $2::int)", [
      this.#now(),
      BATCH,
    ]);
    await database.query("select ensure_call_partitions_v1($1::timestamptz)", [this.#now()]);
    await refreshRollups(this.#context);
  }

  async #repeat(statement: string, values: readonly unknown[]): Promise<void> {
    while ((await store.underUpkeepLock(this.#context.database, statement, values)) === BATCH);
  }

  async #resolve(instances: readonly string[]): Promise<void> {
    if (instances.length === 0) return;
    const { database, log } = this.#context;
    let total = 0;
    for (;;) {
      const resolved = await store.resolveLostCalls(database, this.#now(), instances, BATCH);
      total += resolved;
      if (resolved < BATCH) break;
    }
    await store.forgetInstances(database, instances);
    if (total > 0)
      log.warn("calls of instances that are gone were resolved as aborted", { calls: total });
  }

  #now(): Date {
    return new Date(this.#context.clock.now());
  }
}
