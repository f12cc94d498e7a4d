import type { SettleItem } from "./store.ts";

/** Of what a first byte takes: such a wait before a call begins, and before it ends, is not felt. */
const SHARE = 1 / 10;
const LONGEST_MS = 10;
/** How much one call counts for what is typical. */
const WEIGHT = 1 / 16;

/**
 * How long what goes to the database may wait for company. Where models take their time and many calls are under way, calls
 * begin and end one by one: a statement for each would take processor time that the models' gateway on the same machine
 * needs more. Where calls come in bursts, or few, nothing waits.
 */
export class Pace {
  #firstByteMs = 0;
  #latencyMs = 0;

  /** Takes note of how long a call has taken that a model answered. */
  saw({ status, cacheHit, firstTokenMs, latencyMs }: SettleItem): void {
    if (status !== "succeeded" || cacheHit) return;
    this.#firstByteMs += ((firstTokenMs ?? latencyMs) - this.#firstByteMs) * WEIGHT;
    this.#latencyMs += (latencyMs - this.#latencyMs) * WEIGHT;
  }

  /** Whole milliseconds; 0 = it is sent at once, since no other call is likely to begin or end so soon. */
  waitMs(callsUnderWay: number): number {
    const waitMs = Math.floor(Math.min(this.#firstByteMs * SHARE, LONGEST_MS));
    // In that time so many calls begin, and as many end.
    const company = (callsUnderWay * waitMs) / this.#latencyMs;
    return company >= 1 ? waitMs : 0;
  }
}
