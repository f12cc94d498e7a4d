import type { Context } from "../context.ts";
import { lowestIdToOpen } from "../kernel/ids.ts";
import { rollOverDueWallets } from "../credits/wallet.ts";
import { refreshRollups } from "../usage/rollups.ts";
import type { Heartbeat } from "./heartbeat.ts";
import * as store from "./store.ts";

export interface UpkeepOptions {
  heartbeat: Pick<Heartbeat, "leaseIsOld" | "underWay">;
  dataDirectoryId: string;
  /** Time between two rounds; 5 s unless a test shortens it. */
  intervalMs: number;
  leaseMs: number;
  /** A job without activity for this long expires; 1 h by default. */
  jobIdleMs: number;
}

/**
 * A silent instance is looked at a second time when it has been silent for this long, and then forgotten: one that only stood
 * still may have opened a call after the first time, and never come to tell of it.
 */
const FORGOTTEN_MS = 600_000;

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
  /** Silent instances whose calls are resolved, by when they were last seen. */
  readonly #swept = new Map<string, number>();

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
    if (dead.length > 0) await store.forgetInstances(database, dead);
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
    if (this.#options.heartbeat.leaseIsOld()) await this.#sweep();
    await this.#resolveGivenUp();
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

  /** Resolves the calls of instances that have fallen silent, and forgets those that have long been. */
  async #sweep(): Promise<void> {
    const { database } = this.#context;
    const at = this.#now();
    const silent = await store.silentInstances(database, at, this.#options.leaseMs);
    const isOver = ({ seenAt }: store.LostInstance) =>
      seenAt.getTime() <= at.getTime() - FORGOTTEN_MS;
    const due = silent.filter(
      (one) => isOver(one) || this.#swept.get(one.id) !== one.seenAt.getTime(),
    );
    if (due.length > 0) {
      await this.#resolve(due);
      await store.raiseOldestCalls(database, due, lowestIdToOpen(at.getTime()));
      await store.forgetInstances(database, due.filter(isOver));
    }
    this.#swept.clear();
    for (const one of silent) if (!isOver(one)) this.#swept.set(one.id, one.seenAt.getTime());
  }

  async #resolve(instances: readonly store.LostInstance[]): Promise<void> {
    if (instances.length === 0) return;
    const { database, log } = this.#context;
    const ids = instances.map(({ id }) => id);
    let total = 0;
    let from: string | null = instances.map(({ oldestCall }) => oldestCall).toSorted()[0]!;
    while (from !== null) {
      const lost = { instances: ids, from };
      const step = await store.resolveLostCalls(database, this.#now(), lost, BATCH);
      total += step.resolved;
      from = step.nextFrom;
    }
    if (total > 0)
      log.warn("calls of instances that are gone were resolved as aborted", { calls: total });
  }

  /** Each on its own, so that none keeps another from its end; one that fails is tried again in the next round. */
  async #resolveGivenUp(): Promise<void> {
    const { database, instanceId, log } = this.#context;
    const { underWay } = this.#options.heartbeat;
    for (const callId of underWay?.givenUp() ?? []) {
      try {
        await store.resolveGivenUpCall(database, this.#now(), { instanceId, callId });
        underWay?.end(callId);
        log.warn("a call whose settle was given up was resolved as aborted", { callId });
      } catch (error) {
        log.error("a call whose settle was given up cannot be resolved", { callId, error });
      }
    }
  }

  #now(): Date {
    return new Date(this.#context.clock.now());
  }
}
