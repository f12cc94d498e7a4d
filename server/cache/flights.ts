import type { KeptAnswer } from "./kept-answer.ts";

/** A call under way that equal requests wait for. */
export interface Flight {
  /** The idempotency key of the request that leads it. */
  readonly claimId: string | undefined;
  /** The answer; undefined = there is none to share. */
  readonly landed: Promise<KeptAnswer | undefined>;
}

/**
 * Calls under way by the keys of their requests, one each. States of a flight: under way → landed, with an answer or
 * without → gone, once its answer is stored; who comes in between gets the answer from here.
 */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  get(key: string): Flight | undefined {
    return this.#flights.get(key);
  }

  /** Begins the only flight of a key; the two functions end it, each once or more. */
  begin(
    key: string,
    claimId: string | undefined,
  ): { land: (answer: KeptAnswer | undefined) => void; forget: () => void } {
    let land: (answer: KeptAnswer | undefined) => void = () => {};
    const landed = new Promise<KeptAnswer | undefined>((resolve) => (land = resolve));
    const flight = { claimId, landed };
    this.#flights.set(key, flight);
    return {
      land,
      forget: () => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
      },
    };
  }
}
