import { Redis } from "ioredis";
import type { Log } from "../kernel/log.ts";
import { redisOptions } from "./address.ts";
import { inTime, LateReply } from "./in-time.ts";

export interface RedisConnectionOptions {
  url: string;
  log: Log;
  /** How long a command may take. A call waits no longer for Redis than that, and only once. */
  timeoutMs: number;
}

/** Why a command was not sent: who asks does without Redis. */
export class RedisAway extends Error {
  constructor() {
    super("Redis is away");
    this.name = "RedisAway";
  }
}

/** A script on the server: keys and values to its reply. */
export type RedisScript = (
  keys: readonly string[],
  values: readonly (string | number)[],
  onLateReply?: (reply: unknown) => void,
) => Promise<unknown>;

const PROBE_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
const FIRST_PROBE_MS = 50;
const LONGEST_PROBE_MS = 5_000;
/** Being ready for so long means that what was wrong is over. */
const STEADY_MS = 10_000;
const LONGEST_RETRY_MS = 2_000;
const PROBE_KEY = "saas-litellm:probe";

/**
 * The connection for what must not wait for Redis: limits, the cache, announcements. Commands are never queued: while Redis
 * is away they fail at once, and whoever asks has another way.
 *
 * States: idle → (start) away ⇄ ready → (stop) stopped. Away → ready when a write is answered: a Redis that is
 * loading, out of memory, read-only or halted is as good as none. Ready → away when the connection ends, a command is
 * answered by an error, or one is not answered in time, so that a Redis which hangs costs only the calls that wait for it
 * at that moment. A connection on which a probe fails is made anew: its other end may be gone for good.
 */
export class RedisConnection {
  readonly #client: Redis;
  readonly #log: Log;
  readonly #timeoutMs: number;
  readonly #listeners = new Set<() => void>();
  #state: "idle" | "away" | "ready" | "stopped" = "idle";
  #probeTimer: ReturnType<typeof setTimeout> | undefined;
  #probeMs = FIRST_PROBE_MS;
  #readySinceMs = Number.NEGATIVE_INFINITY;
  #connectingSinceMs = 0;
  #isReported = false;

  constructor({ url, log, timeoutMs }: RedisConnectionOptions) {
    this.#log = log;
    this.#timeoutMs = timeoutMs;
    this.#client = new Redis({
      ...redisOptions(url),
      lazyConnect: true,
      enableOfflineQueue: false,
      // Who sent them has found another way: run late, they would count twice.
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      retryStrategy: (attempt) => Math.min(attempt * 100, LONGEST_RETRY_MS),
    });
    this.#client.on("error", (error: Error) => this.#lose(error));
    this.#client.on("close", () => this.#lose(new Error("the connection is closed")));
    this.#client.on("ready", () => this.#probeIn(0));
  }

  /** Begins connecting. */
  start(): void {
    if (this.#state !== "idle") return;
    this.#state = "away";
    this.#connectingSinceMs = performance.now();
    this.#client.connect().catch(() => {});
    this.#probeIn(this.#probeMs);
  }

  /** Twice and never started are fine. */
  stop(): void {
    this.#state = "stopped";
    clearTimeout(this.#probeTimer);
    this.#client.disconnect();
  }

  get ready(): boolean {
    return this.#state === "ready";
  }

  /** Calls the listener whenever Redis has become ready. */
  onReady(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /**
   * Sends commands. Rejects with `RedisAway` at once while Redis is away, with `LateReply` when it does not answer in time,
   * and with its errors; `onLateReply` is told of an answer that came after all.
   */
  async run<Reply>(
    command: (redis: Redis) => Promise<Reply>,
    onLateReply?: (reply: Reply) => void,
  ): Promise<Reply> {
    if (this.#state !== "ready") throw new RedisAway();
    const reply = command(this.#client);
    try {
      return await inTime(reply, this.#timeoutMs);
    } catch (error) {
      if (error instanceof LateReply) reply.then(onLateReply, () => {});
      this.#lose(error);
      throw error;
    }
  }

  /** A script by its digest; its text is sent once a connection, and again when the server has forgotten it. */
  script(name: string, lua: string): RedisScript {
    this.#client.defineCommand(name, { lua });
    type Send = (...parts: (string | number)[]) => Promise<unknown>;
    return (keys, values, onLateReply) =>
      this.run((redis) => {
        const send = (redis as unknown as Record<string, Send>)[name]!;
        return send.call(redis, keys.length, ...keys, ...values);
      }, onLateReply);
  }

  #lose(error: unknown): void {
    if (this.#state === "idle" || this.#state === "stopped") return;
    if (this.#state === "ready") {
      const wasSteady = performance.now() - this.#readySinceMs > STEADY_MS;
      this.#probeMs = wasSteady ? FIRST_PROBE_MS : Math.min(this.#probeMs * 2, LONGEST_PROBE_MS);
      this.#state = "away";
      this.#connectingSinceMs = performance.now();
      this.#probeIn(this.#probeMs);
    }
    if (this.#isReported) return;
    this.#isReported = true;
    this.#log.warn(
      "Redis does not answer; until it does, each instance counts limits by itself, answers of the cache are missed, and changes reach other instances by heartbeat",
      { error },
    );
  }

  #probeIn(ms: number): void {
    if (this.#state !== "away") return;
    clearTimeout(this.#probeTimer);
    this.#probeTimer = setTimeout(() => void this.#probe(), ms);
  }

  async #probe(): Promise<void> {
    if (this.#client.status === "ready") {
      try {
        await inTime(this.#client.set(PROBE_KEY, "1", "PX", 1_000), PROBE_TIMEOUT_MS);
        this.#find();
      } catch (error) {
        this.#lose(error);
        this.#reconnect();
      }
    } else if (performance.now() - this.#connectingSinceMs > CONNECT_TIMEOUT_MS) {
      // ioredis gives up a connection that is not made, but not one on which nothing is said.
      this.#reconnect();
    }
    this.#probeIn(Math.max(this.#probeMs, FIRST_PROBE_MS));
  }

  #reconnect(): void {
    if (this.#state !== "away") return;
    this.#connectingSinceMs = performance.now();
    const { status } = this.#client;
    if (status === "ready" || status === "connect") this.#client.disconnect(true);
  }

  #find(): void {
    if (this.#state !== "away") return;
    this.#state = "ready";
    this.#readySinceMs = performance.now();
    if (this.#isReported) this.#log.info("Redis answers again");
    this.#isReported = false;
    for (const listener of this.#listeners) listener();
  }
}
