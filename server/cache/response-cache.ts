import type { Clock } from "../kernel/clock.ts";
import { fromBytes, type KeptAnswer, toBytes } from "./kept-answer.ts";

/** Where answers are kept. What it has lost, or cannot say, is a miss. */
export interface AnswerStore {
  get(key: string): Promise<Uint8Array | undefined>;
  set(key: string, bytes: Uint8Array, ttlSeconds: number): Promise<void>;
}

/** The largest answer that is kept: a long one has a tenth of it. What is larger is mostly embeddings, or media. */
export const MOST_ENTRY_BYTES = 1024 * 1024;

/**
 * Whole answers by the keys of their requests. Nothing depends on it: whatever fails in reading or writing is a miss, and the
 * call goes upstream.
 */
export class ResponseCache {
  readonly #store: AnswerStore;
  readonly #clock: Clock;

  constructor(store: AnswerStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The answer of a key, if it is no older than that. */
  async read(key: string, maxAgeSeconds: number): Promise<KeptAnswer | undefined> {
    try {
      const bytes = await this.#store.get(key);
      if (!bytes) return undefined;
      const answer = fromBytes(bytes);
      return this.#clock.now() - answer.atMs < maxAgeSeconds * 1_000 ? answer : undefined;
    } catch {
      // The connection has told why, or the entry was sealed with another master key.
      return undefined;
    }
  }

  /** Resolves when it is kept, or is not going to be. */
  async write(key: string, answer: KeptAnswer, ttlSeconds: number): Promise<void> {
    const bytes = toBytes(answer);
    if (bytes.length > MOST_ENTRY_BYTES) return;
    await this.#store.set(key, bytes, ttlSeconds).catch(() => {});
  }

  /** Whole seconds since an answer was given. */
  ageOf(answer: KeptAnswer): number {
    return Math.max(0, Math.floor((this.#clock.now() - answer.atMs) / 1_000));
  }
}
