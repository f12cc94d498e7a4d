import { type MasterKey, seal, unseal } from "../kernel/sealing.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { AnswerStore } from "./response-cache.ts";

const PREFIX = "saas-litellm:answer:";

/**
 * Answers in Redis, shared by all instances, encrypted with the master key. The key is authenticated along, so that who can
 * write there cannot pass one team's answer to another. Rejects while Redis is away.
 */
export class RedisStore implements AnswerStore {
  readonly #redis: Pick<RedisConnection, "run">;
  readonly #masterKey: MasterKey;

  constructor(redis: Pick<RedisConnection, "run">, masterKey: MasterKey) {
    this.#redis = redis;
    this.#masterKey = masterKey;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const sealed = await this.#redis.run((redis) => redis.getBuffer(PREFIX + key));
    return sealed === null ? undefined : unseal(this.#masterKey, PREFIX + key, sealed);
  }

  async set(key: string, bytes: Uint8Array, ttlSeconds: number): Promise<void> {
    const sealed = Buffer.from(seal(this.#masterKey, PREFIX + key, bytes));
    await this.#redis.run((redis) => redis.set(PREFIX + key, sealed, "EX", ttlSeconds));
  }
}
