import type { Clock } from "../../server/kernel/clock.ts";

/** A clock that stands still until it is moved. Starts at 2026-11-23T12:00:00Z. */
export class ManualClock implements Clock {
  #nowMs: number;

  constructor(startMs = Date.UTC(2026, 10, 23, 12)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
