import type { Database } from "../../db/client.ts";
import type { ConfigChanges, ConfigKind } from "../context.ts";
import type { OffsetClock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import * as store from "./store.ts";

export interface HeartbeatOptions {
  database: () => Database;
  clock: OffsetClock;
  instanceId: string;
  dataDirectoryId: string;
  /** Time between two beats; 500 ms unless a test shortens it. */
  intervalMs: number;
  /** After this long without a beat other instances may take this one for dead; 30 s. */
  leaseMs: number;
  log: Log;
  /** Tells other instances of a change, where there is a way; they learn by their own heartbeat otherwise. */
  announce?: () => void;
}

export interface CallsInFlight {
  /** No call in flight has a lower id, and none that is opened from now on. */
  lowestId(nowMs: number): string;
  /** Those whose answer is being streamed, and their jobs in the same order. */
  streams(): { callIds: string[]; jobIds: string[] };
  /** Those that have ended without their end being booked, and never will be: to be resolved as lost. */
  givenUp(): string[];
  /** It is not in flight any more. */
  end(callId: string): void;
}

/** Why a stream has to stop, as far as the database tells. */
type StopReason = "job_ended" | "team_suspended" | "call_cancelled";

/** Caches do not count when the last beat is older than this. */
const FRESH_MS = 1_000;
const LOST_MS = 5_000;

/**
 * The pulse of an instance. Idle until `start`, then one statement every interval until `stop`: it renews the lease, sets
 * the clock to the database's, and tells which cached configuration has changed and which of this instance's streams
 * have to stop. A beat that fails is logged once and tried again at the next interval; meanwhile `fresh()` turns false.
 */
export class Heartbeat implements ConfigChanges {
  readonly #options: HeartbeatOptions;
  readonly #versions = new Map<string, number>();
  readonly #listeners = new Set<{ kinds: readonly ConfigKind[]; listener: () => void }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = false;
  #beating: Promise<void> | undefined;
  #lastBeatMs = Number.NEGATIVE_INFINITY;
  #leaseSince: Date | undefined;
  #failing = false;
  /** This instance's calls in flight; none until it is set. */
  underWay: CallsInFlight | undefined;
  /** Told the ids of own streams that have to stop, and why, at every beat until they are settled. */
  onStopCalls: (callIds: readonly string[], reason: StopReason) => void = () => {};

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Registers the instance; rejects when the first beat fails. */
  async start(): Promise<void> {
    this.#running = true;
    await this.look();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#beating?.catch(() => {});
  }

  fresh(): boolean {
    return performance.now() - this.#lastBeatMs <= FRESH_MS;
  }

  /** Whether the last beat failed, or none has been answered for longer than a busy machine explains. */
  isLost(): boolean {
    return this.#failing || performance.now() - this.#lastBeatMs > LOST_MS;
  }

  version(kind: ConfigKind): number {
    return this.#versions.get(kind) ?? 0;
  }

  onChange(kinds: readonly ConfigKind[], listener: () => void): () => void {
    const entry = { kinds, listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** After a change of ours: one beat now, and word to the others. */
  async refresh(): Promise<void> {
    this.#options.announce?.();
    await this.look();
  }

  /** One beat now. A beat that is under way may have read too early, so it is waited for and another one follows. */
  async look(): Promise<void> {
    await this.#beating?.catch(() => {});
    this.#beating = this.#beat().finally(() => {
      this.#beating = undefined;
    });
    await this.#beating;
  }

  /** Whether this instance's own lease has lasted without a break for as long as it takes to call another one dead. */
  leaseIsOld(): boolean {
    const { clock, leaseMs } = this.#options;
    return this.#leaseSince !== undefined && clock.now() - this.#leaseSince.getTime() >= leaseMs;
  }

  #schedule(): void {
    if (!this.#running) return;
    this.#timer = setTimeout(() => void this.#tick(), this.#options.intervalMs);
  }

  async #tick(): Promise<void> {
    try {
      await this.look();
      if (this.#failing) this.#options.log.info("the database answers again");
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#options.log.error("the database does not answer the heartbeat", { error });
      this.#failing = true;
    }
    this.#schedule();
  }

  async #beat(): Promise<void> {
    const { database, clock, instanceId, dataDirectoryId, leaseMs } = this.#options;
    const startedAt = performance.now();
    const startedMs = Date.now();
    const { underWay } = this;
    const calls = underWay && {
      oldestCall: underWay.lowestId(clock.now()),
      streams: underWay.streams(),
    };
    const instance = { instanceId, dataDirectoryId, leaseMs };
    const beat = await store.beat(database(), instance, calls);
    clock.synchronize(beat.now.getTime(), startedMs, Date.now());
    this.#lastBeatMs = startedAt;
    this.#leaseSince = beat.leaseSince;
    this.#takeVersions(beat.versions);
    if (beat.endedCalls.length > 0) this.onStopCalls(beat.endedCalls, "job_ended");
    if (beat.suspendedCalls.length > 0) this.onStopCalls(beat.suspendedCalls, "team_suspended");
    if (beat.cancelledCalls.length > 0) this.onStopCalls(beat.cancelledCalls, "call_cancelled");
  }

  #takeVersions(versions: Readonly<Record<string, number>>): void {
    const changed = new Set<string>();
    for (const [kind, version] of Object.entries(versions)) {
      if (this.#versions.get(kind) !== version) changed.add(kind);
      this.#versions.set(kind, version);
    }
    if (changed.size === 0) return;
    for (const { kinds, listener } of this.#listeners) {
      if (kinds.some((kind) => changed.has(kind))) listener();
    }
  }
}
