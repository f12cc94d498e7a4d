/** Source of time. In a running server it is the database's clock, kept as an offset by the heartbeat. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** The machine's clock plus an offset in milliseconds that the heartbeat keeps equal to the database's. */
export class OffsetClock implements Clock {
  #offsetMs = 0;

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  /**
   * Takes the database's time as read by a query that started and ended at these local times. It was read somewhere between, so
   * the offset moves only as far as it is proved wrong: a slow query must not set back a clock that was right.
   */
  synchronize(databaseMs: number, startedMs: number, endedMs: number): void {
    const [least, most] = [databaseMs - endedMs, databaseMs - startedMs];
    this.#offsetMs = Math.min(Math.max(this.#offsetMs, least), most);
  }
}
