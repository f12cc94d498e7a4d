import type { AnswerStore } from "./response-cache.ts";

/** What an entry takes beside its bytes: key, map, buffer. */
const OVERHEAD_BYTES = 300;
export const MEMORY_BYTES = 64 * 1024 * 1024;

/** Answers in this process's memory, bounded in bytes: what was not asked for longest leaves first. */
export class MemoryStore implements AnswerStore {
  /** In the order of their last use. */
  readonly #entries = new Map<string, Uint8Array>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes: number = MEMORY_BYTES) {
    this.#mostBytes = mostBytes;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    const bytes = this.#entries.get(key);
    if (bytes) {
      this.#entries.delete(key);
      this.#entries.set(key, bytes);
    }
    return Promise.resolve(bytes);
  }

  set(key: string, bytes: Uint8Array): Promise<void> {
    this.#drop(key);
    this.#entries.set(key, bytes);
    this.#bytes += sizeOf(bytes);
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#drop(oldest);
    }
    return Promise.resolve();
  }

  get bytes(): number {
    return this.#bytes;
  }

  #drop(key: string): void {
    const bytes = this.#entries.get(key);
    if (!bytes) return;
    this.#entries.delete(key);
    this.#bytes -= sizeOf(bytes);
  }
}

const sizeOf = (bytes: Uint8Array) => bytes.length + OVERHEAD_BYTES;
