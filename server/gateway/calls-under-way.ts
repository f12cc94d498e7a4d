import { DomainError } from "../kernel/errors.ts";
import { lowestIdToOpen } from "../kernel/ids.ts";
import type { OpenItem } from "./store.ts";

/** The calls that may stand in flight: each from before its open is sent until its refusal or its settle is known. */
export class CallsUnderWay {
  /** Their jobs, once they are open, where they are streams. */
  readonly #streams = new Map<string, string>();
  readonly #ids = new Set<string>();
  readonly #withBudgets = new Set<string>();
  readonly #givenUp = new Set<string>();

  /** Throws `database_unavailable` for an id that is too old: the process, or its clock, stood still. */
  begin({ callId, budgets }: OpenItem, nowMs: number): void {
    if (callId < lowestIdToOpen(nowMs)) {
      throw new DomainError(
        "database_unavailable",
        "The call could not begin in time. Try again in a moment.",
        { retryAfterSeconds: 2 },
      );
    }
    this.#ids.add(callId);
    if (budgets.length > 0) this.#withBudgets.add(callId);
  }

  get size(): number {
    return this.#ids.size;
  }

  opened({ callId, stream }: OpenItem, jobId: string): void {
    if (stream) this.#streams.set(callId, jobId);
  }

  end(callId: string): void {
    this.#ids.delete(callId);
    this.#withBudgets.delete(callId);
    this.#streams.delete(callId);
    this.#givenUp.delete(callId);
  }

  /** It stays in flight until a sweeper has resolved it. */
  giveUp(callId: string): void {
    this.#streams.delete(callId);
    this.#givenUp.add(callId);
  }

  /** Calls that have ended, whose end the database refuses to book. */
  givenUp(): string[] {
    return [...this.#givenUp];
  }

  /** No call of ours in flight has a lower id, and none that is opened from now on. */
  lowestId(nowMs: number): string {
    let lowest = lowestIdToOpen(nowMs);
    for (const id of this.#ids) if (id < lowest) lowest = id;
    return lowest;
  }

  /** Whether its worst cost is held of budgets. */
  hasBudgets(callId: string): boolean {
    return this.#withBudgets.has(callId);
  }

  streams(): { callIds: string[]; jobIds: string[] } {
    return { callIds: [...this.#streams.keys()], jobIds: [...this.#streams.values()] };
  }
}
