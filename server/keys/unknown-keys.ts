import type { ConfigChanges } from "../context.ts";

const CAPACITY = 5_000;
const LIFETIME_MS = 10_000;

/**
 * Remembers for a moment which keys do not exist, so that a client that hammers with a wrong one costs no query each time.
 * It is bounded and apart from the cache of real keys, so that a flood of wrong ones drives out none of those. An entry
 * counts only while the version of the keys is still what it was before the database was asked.
 */
export class UnknownKeys {
  readonly #entries = new Map<string, { untilMs: number; keysVersion: number }>();
  readonly #changes: ConfigChanges;

  constructor(changes: ConfigChanges) {
    this.#changes = changes;
  }

  has(name: string, nowMs: number): boolean {
    const entry = this.#entries.get(name);
    if (!entry) return false;
    const counts =
      nowMs < entry.untilMs &&
      entry.keysVersion === this.#changes.version("keys") &&
      this.#changes.fresh();
    if (!counts) this.#entries.delete(name);
    return counts;
  }

  /** `keysVersion` is the version of the keys that was known before the database was asked. */
  add(name: string, seen: { nowMs: number; keysVersion: number }): void {
    this.#entries.delete(name);
    this.#entries.set(name, {
      untilMs: seen.nowMs + LIFETIME_MS,
      keysVersion: seen.keysVersion,
    });
    if (this.#entries.size > CAPACITY) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
  }
}
