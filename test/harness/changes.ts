import type { ConfigChanges, ConfigKind } from "../../server/context.ts";

/** Config changes that a test announces itself, where a server has its heartbeat. */
export class ManualChanges implements ConfigChanges {
  readonly #versions = new Map<ConfigKind, number>();
  readonly #listeners = new Set<{ kinds: readonly ConfigKind[]; listener: () => void }>();
  isFresh = true;

  fresh(): boolean {
    return this.isFresh;
  }

  version(kind: ConfigKind): number {
    return this.#versions.get(kind) ?? 0;
  }

  onChange(kinds: readonly ConfigKind[], listener: () => void): () => void {
    const entry = { kinds, listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** Announces nothing: only `announce` does. */
  refresh(): Promise<void> {
    return Promise.resolve();
  }

  announce(...changed: ConfigKind[]): void {
    for (const kind of changed) this.#versions.set(kind, this.version(kind) + 1);
    for (const { kinds, listener } of this.#listeners) {
      if (kinds.some((kind) => changed.includes(kind))) listener();
    }
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }
}
