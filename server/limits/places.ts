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

  add(demands: readonly Demand[]): string {
    this.#count += 1;
    const place = `${this.#prefix}${this.#count.toString(36)}`;
    const limited = demands.filter(({ scope }) => scope.limits.concurrentCalls !== undefined);
    if (limited.length > 0)
      this.#keys.set(
        place,
        limited.map(({ scope }) => placesKey(scope)),
      );
    return place;
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
