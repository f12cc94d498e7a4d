import type { HeaderFields } from "./response-parser.ts";

/** What is read ahead of who asks before the upstream has to wait. */
const AHEAD_BYTES = 64 * 1024;

export interface AnswerSource {
  pause(): void;
  resume(): void;
  /** Breaks the connection off. */
  abandon(): void;
}

/**
 * An answer whose head is there and whose body arrives. Read it by `text`, or piece by piece by `next`: who asks slowly slows
 * the upstream. Reading rejects when the connection breaks.
 */
export class Answer {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly #source: AnswerSource;
  #pieces: Buffer[] = [];
  #heldBytes = 0;
  #paused = false;
  #readsAll = false;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(status: number, headers: HeaderFields, source: AnswerSource) {
    this.status = status;
    this.headers = headers;
    this.#source = source;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The whole body as UTF-8. */
  async text(): Promise<string> {
    this.#readsAll = true;
    this.#flow();
    while (!this.#ended) await this.#more();
    if (this.#error) throw this.#error;
    return this.#takeAll().toString();
  }

  /** What has arrived since; undefined at the end. One read at a time. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#pieces.length === 0) {
      this.#flow();
      while (this.#pieces.length === 0 && !this.#ended) await this.#more();
    }
    if (this.#pieces.length > 0) return this.#takeAll();
    if (this.#error) throw this.#error;
    return undefined;
  }

  /** Nobody wants the rest: breaks the connection off unless the answer is whole. Twice is fine. */
  cancel(): void {
    if (this.#ended) return;
    this.end();
    this.#source.abandon();
  }

  push(piece: Buffer): void {
    if (this.#ended) return;
    this.#pieces.push(piece);
    this.#heldBytes += piece.length;
    if (this.#heldBytes > AHEAD_BYTES && !this.#readsAll && this.#wake === undefined) {
      this.#paused = true;
      this.#source.pause();
    }
    if (!this.#readsAll) this.#wakeUp();
  }

  /** The body is whole, or will come no further because of `error`. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    // The connection may carry on with another answer.
    this.#flow();
    this.#wakeUp();
  }

  #takeAll(): Buffer {
    const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#heldBytes = 0;
    return all;
  }

  #flow(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resume();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
