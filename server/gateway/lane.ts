import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * So many turns of the event loop are gathered before a batch is sent: requests that lie read already ride along, where the
 * first of them alone would keep the others waiting for a statement of its own. More turns gather no more, and take time.
 */
const GATHERED_TURNS = 2;

/**
 * A lane sends items to the database in batches: one statement is under way, what arrives meanwhile rides in the next.
 * States: idle (nothing queued, nothing under way) → gathering (arrivals queue) → sending (a batch under way; arrivals
 * queue) → idle or gathering the next batch. Items keep their order; each resolves or rejects on its own.
 */
export interface LaneOptions<Item, Outcome> {
  /** Sends a batch; resolves with one outcome per item, in order. */
  send: (items: readonly Item[]) => Promise<readonly Outcome[]>;
  /** What a batch waits for before it is sent, so that others join it; undefined = for what is read already, at most. */
  company?: () => Promise<unknown> | undefined;
  /** Most items of a batch; 64 unless told: more gains nothing and holds its locks longer. */
  limit?: number;
  /** Whether an error is the batch's rather than the connection's, and left nothing done: its items are then sent one by one. */
  isOfBatch: (error: unknown) => boolean;
}

interface Waiting<Item, Outcome> {
  item: Item;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

const LARGEST_BATCH = 64;

export class Lane<Item, Outcome> {
  readonly #options: LaneOptions<Item, Outcome>;
  #queue: Waiting<Item, Outcome>[] = [];
  #sending = false;
  #lastBatch = 0;

  constructor(options: LaneOptions<Item, Outcome>) {
    this.#options = options;
  }

  add(item: Item): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, resolve, reject });
      if (!this.#sending) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    const { limit = LARGEST_BATCH } = this.#options;
    this.#sending = true;
    // What arrives in the same breath.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const company = this.#options.company?.();
      // One that comes after one that was alone is alone too, most likely.
      if (company) {
        await company;
      } else if (this.#queue.length > 1 || this.#lastBatch > 1) {
        for (let turn = 0; turn < GATHERED_TURNS; turn += 1) await nextTurn();
      }
      const batch = this.#queue.splice(0, limit);
      this.#lastBatch = batch.length;
      await this.#send(batch);
    }
    this.#sending = false;
  }

  async #send(batch: readonly Waiting<Item, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.#options.send(batch.map(({ item }) => item));
      for (const [index, waiting] of batch.entries()) waiting.resolve(outcomes[index]!);
    } catch (error) {
      if (batch.length > 1 && this.#options.isOfBatch(error)) {
        for (const waiting of batch) await this.#send([waiting]);
        return;
      }
      for (const waiting of batch) waiting.reject(error);
    }
  }
}
