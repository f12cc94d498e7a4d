import type { Demand } from "./scopes.ts";
import { placesKey } from "./shared-counts.ts";

/** Calls of this instance that hold places in scopes with a limit of calls at once, by names that no other instance uses. */
export class Places {
  readonly #prefix: string;
  readonly #keys = new Map<string, readonly string[]>();
  #count = 0;

  constructor(instanceId: string) {
    // The end of a UUID is random, its beginning is the time.
    this.#prefix = instanceId.slice(-12);
  }

  /** A name for the place of a call that asks. It is held, and its lease renewed, only once the call is let through. */
  next(): string {
    this.#count += 1;
    return `${this.#prefix}${this.#count.toString(36)}`;
  }

  hold(place: string, demands: readonly Demand[]): void {
    const limited = demands.filter(({ scope }) => scope.limits.concurrentCalls !== undefined);
    if (limited.length > 0)
      this.#keys.set(
        place,
        limited.map(({ scope }) => placesKey(scope)),
      );
  }

  remove(place: string): void {
    this.#keys.delete(place);
  }

  /** The places held, by where they are kept. */
  byKey(): ReadonlyMap<string, readonly string[]> {
    const places = new Map<string, string[]>();
    for (const [place, keys] of this.#keys) {
      for (const key of keys) {
        const held = places.get(key);
        if (held) held.push(place);
        else places.set(key, [place]);
      }
    }
    return places;
  }
}
