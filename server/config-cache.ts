import type { ConfigChanges, ConfigKind } from "./context.ts";

/**
 * Values read from configuration tables, kept until a heartbeat says that one of their kinds has changed, and bounded in
 * number (the oldest leave first). Without a fresh heartbeat nothing kept counts, and every read goes to the database.
 * What was being loaded while a change arrived is given to those who asked for it, but not kept: it may be the state before.
 */
export class ConfigCache<Value> {
  readonly #entries = new Map<string, Promise<Value>>();
  readonly #changes: ConfigChanges;
  readonly #capacity: number;
  readonly #stopListening: () => void;

  constructor(options: {
    changes: ConfigChanges;
    kinds: readonly ConfigKind[];
    /** Largest number of values kept. */
    capacity: number;
  }) {
    this.#changes = options.changes;
    this.#capacity = options.capacity;
    this.#stopListening = options.changes.onChange(options.kinds, () => this.#entries.clear());
  }

  /** The value of a key; those who ask while it loads share one load. A load that fails is not kept. */
  get(key: string, load: () => Promise<Value>): Promise<Value> {
    if (!this.#changes.fresh()) return load();
    const kept = this.#entries.get(key);
    if (kept) return kept;
    const value = load();
    this.#entries.set(key, value);
    value.catch(() => {
      if (this.#entries.get(key) === value) this.#entries.delete(key);
    });
    if (this.#entries.size > this.#capacity) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    return value;
  }

  /** Stops listening for changes; twice is fine. */
  stop(): void {
    this.#stopListening();
    this.#entries.clear();
  }
}
