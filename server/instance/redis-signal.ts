import { Redis } from "ioredis";
import type { Log } from "../kernel/log.ts";
import { redisOptions } from "./redis-url.ts";

const CHANNEL = "saas-litellm:config";
const LONGEST_RETRY_MS = 5_000;

/**
 * Tells the other instances through Redis that cached configuration has changed, so that they look at once instead of at
 * their next heartbeat. Nothing depends on it: while Redis is away, changes arrive by heartbeat, a log line says so, and
 * the connections are tried again for ever.
 * States: idle → (start) connecting ⇄ ready → (stop) stopped.
 */
export class RedisSignal {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #log: Log;
  #lost = false;

  constructor(url: string, log: Log) {
    this.#log = log;
    this.#publisher = this.#client(url);
    this.#subscriber = this.#client(url);
    this.#publisher.on("ready", () => this.#found());
  }

  /** Begins connecting, and calls the listener whenever another instance has announced a change. */
  start(listener: () => void): void {
    this.#subscriber.on("message", listener);
    this.#subscriber.on("ready", () => void this.#subscriber.subscribe(CHANNEL).catch(() => {}));
    for (const client of [this.#publisher, this.#subscriber]) client.connect().catch(() => {});
  }

  announce(): void {
    if (this.ready) this.#publisher.publish(CHANNEL, "").catch(() => {});
  }

  get ready(): boolean {
    return this.#publisher.status === "ready";
  }

  stop(): void {
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }

  #client(url: string): Redis {
    const client = new Redis({
      ...redisOptions(url),
      lazyConnect: true,
      // What could not be sent is not kept: a late announcement is worth nothing.
      enableOfflineQueue: false,
      // We subscribe at each `ready` ourselves.
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 5_000,
      retryStrategy: (attempt) => Math.min(attempt * 200, LONGEST_RETRY_MS),
    });
    client.on("error", (error: Error) => this.#notFound(error));
    return client;
  }

  #found(): void {
    if (this.#lost) this.#log.info("Redis answers again");
    this.#lost = false;
  }

  #notFound(error: Error): void {
    if (!this.#lost)
      this.#log.warn("Redis does not answer; changes reach other instances by heartbeat", {
        error,
      });
    this.#lost = true;
  }
}
