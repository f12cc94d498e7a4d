import { Redis } from "ioredis";
import { redisOptions } from "./address.ts";
import type { RedisConnection } from "./connection.ts";

const CHANNEL = "saas-litellm:config";
const LONGEST_RETRY_MS = 5_000;

/**
 * Tells the other instances through Redis that cached configuration has changed, so that they look at once instead of at
 * their next heartbeat. Nothing depends on it: while Redis is away, changes arrive by heartbeat, and the connection is
 * tried again for ever. It listens on a connection of its own, since one that listens takes no commands.
 * States: idle → (start) connecting ⇄ listening → (stop) stopped.
 */
export class RedisSignal {
  readonly #publisher: RedisConnection;
  readonly #subscriber: Redis;

  constructor(url: string, publisher: RedisConnection) {
    this.#publisher = publisher;
    this.#subscriber = new Redis({
      ...redisOptions(url),
      lazyConnect: true,
      enableOfflineQueue: false,
      // We subscribe at each `ready` ourselves.
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 5_000,
      retryStrategy: (attempt) => Math.min(attempt * 200, LONGEST_RETRY_MS),
    });
    // The publisher's connection has the same trouble, and reports it.
    this.#subscriber.on("error", () => {});
  }

  /** Begins connecting, and calls the listener whenever another instance has announced a change. */
  start(listener: () => void): void {
    this.#subscriber.on("message", listener);
    this.#subscriber.on("ready", () => void this.#subscriber.subscribe(CHANNEL).catch(() => {}));
    this.#subscriber.connect().catch(() => {});
  }

  announce(): void {
    this.#publisher.run((redis) => redis.publish(CHANNEL, "")).catch(() => {});
  }

  stop(): void {
    this.#subscriber.disconnect();
  }
}
