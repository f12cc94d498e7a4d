import { type Counters, type Occurrences, type SeenRequest } from "./counters.ts";
import type { Gates } from "./gates.ts";

/** What the exchanges of one provider share. */
export interface Surroundings {
  counters: Counters;
  occurrences: Occurrences;
  gates: Gates;
}

/**
 * One request from its arrival to its end, for the counters.
 *
 *     begun → held → begun     at a gate and past it
 *     begun, held → aborted    the client left
 *     begun → ended            the last byte was handed over, or we broke the connection ourselves
 */
export class Exchange {
  readonly seen: SeenRequest;
  readonly #around: Surroundings;
  readonly #gone = new AbortController();
  #over = false;

  constructor(around: Surroundings, seen: SeenRequest, signal: AbortSignal) {
    this.seen = seen;
    this.#around = around;
    const { counters } = around;
    counters.requests[seen.path] = (counters.requests[seen.path] ?? 0) + 1;
    counters.total += 1;
    counters.inFlight += 1;
    counters.peakInFlight = Math.max(counters.peakInFlight, counters.inFlight);
    counters.bytesIn += seen.body.length;
    around.occurrences.report("request", seen);
    if (signal.aborted) this.abort();
    else signal.addEventListener("abort", () => this.abort(), { once: true });
  }

  /** Whether the client has left. */
  get left(): boolean {
    return this.#gone.signal.aborted;
  }

  end(): void {
    this.#finish("ended");
  }

  abort(): void {
    if (this.#over) return;
    this.#around.counters.aborted += 1;
    this.#gone.abort();
    this.#finish("aborted");
  }

  sent(bytes: number): void {
    this.#around.counters.bytesOut += bytes;
  }

  /** Waits so many milliseconds, or until the client leaves. */
  async pause(milliseconds: number): Promise<void> {
    if (milliseconds <= 0) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([
      new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds))),
      this.#leaving(),
    ]);
    clearTimeout(timer);
  }

  /** Waits at a gate, or until the client leaves. */
  async hold(gate: string): Promise<void> {
    const { counters, occurrences, gates } = this.#around;
    counters.held += 1;
    occurrences.report("held", this.seen);
    await Promise.race([gates.passed(gate), this.#leaving()]);
    counters.held -= 1;
  }

  #leaving(): Promise<void> {
    const { signal } = this.#gone;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  #finish(event: "ended" | "aborted"): void {
    if (this.#over) return;
    this.#over = true;
    this.#around.counters.inFlight -= 1;
    this.#around.occurrences.report(event, this.seen);
  }
}
