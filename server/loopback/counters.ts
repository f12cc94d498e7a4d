/** What has happened at a provider since its start or the last `reset`. */
export interface Counters {
  /** Requests by path, without `/v1`. */
  requests: Record<string, number>;
  total: number;
  /** Requests that have begun and not ended; a stream ends with its last byte. */
  inFlight: number;
  peakInFlight: number;
  /** Requests whose client left before their end. */
  aborted: number;
  /** Requests that wait at a gate (`hold`). */
  held: number;
  bytesIn: number;
  bytesOut: number;
}

export function newCounters(): Counters {
  return {
    requests: {},
    total: 0,
    inFlight: 0,
    peakInFlight: 0,
    aborted: 0,
    held: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
}

/** A request as the provider saw it. */
export interface SeenRequest {
  path: string;
  headers: Headers;
  /** Its body's text. */
  body: string;
}

export type LoopbackEvent = "request" | "held" | "aborted" | "ended";

/** Lets tests await what happens instead of sleeping. */
export class Occurrences {
  #waiting: { event: LoopbackEvent; resolve: (request: SeenRequest) => void }[] = [];
  #conditions: { holds: () => boolean; resolve: () => void }[] = [];

  /** The next event of this kind. */
  once(event: LoopbackEvent): Promise<SeenRequest> {
    return new Promise((resolve) => this.#waiting.push({ event, resolve }));
  }

  /** Resolves when the condition holds; it is looked at now and after every event. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => this.#conditions.push({ holds, resolve }));
  }

  report(event: LoopbackEvent, request: SeenRequest): void {
    if (this.#waiting.length > 0) {
      const reached = this.#waiting.filter((one) => one.event === event);
      this.#waiting = this.#waiting.filter((one) => one.event !== event);
      for (const one of reached) one.resolve(request);
    }
    if (this.#conditions.length > 0) {
      const met = this.#conditions.filter((one) => one.holds());
      this.#conditions = this.#conditions.filter((one) => !met.includes(one));
      for (const one of met) one.resolve();
    }
  }
}
