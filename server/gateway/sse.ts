/** Largest event of a stream; more is taken for a broken upstream. 32 MiB: generated images come in one event. */
const LARGEST_EVENT_BYTES = 32 * 1024 * 1024;

/** Where the bytes of a stream come from. */
export interface ByteSource {
  /** What comes next; undefined at the end. Rejects when the stream breaks. */
  next(): Promise<Uint8Array | undefined>;
  /** Nobody wants the rest. Twice is fine. */
  cancel(): void;
}

const LINE_END = 10;
const RETURN = 13;
const decoder = new TextDecoder();
const nothing = new Uint8Array(0);

/**
 * Reads the data of Server-Sent Events one by one, however the bytes are cut. Comments, ids and event names are passed
 * over. One read is under way at most, so that back-pressure reaches the upstream.
 *
 * Works on bytes: each is looked at once and made text once, with its whole event. A large event made of a growing text would be
 * copied as a whole with every read.
 */
export class SseReader {
  readonly #source: ByteSource;
  /** The event under way, as far as it came with earlier pieces. */
  #earlier: Uint8Array[] = [];
  #earlierBytes = 0;
  #piece: Uint8Array = nothing;
  /** Where the event under way begins in the piece. */
  #start = 0;
  /** Up to here the piece has been searched. */
  #searched = 0;
  /** What the line under way has so far: an event ends with one that has nothing. */
  #line: "nothing" | "return" | "more" = "nothing";
  #ended = false;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The data of the next event; undefined at the end. Rejects as the stream does. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const data = this.ready();
      if (data !== undefined) return data;
      if (this.#ended) return undefined;
      const piece = await this.#source.next();
      if (piece !== undefined) this.#take(piece);
      else {
        this.#ended = true;
        // A last event without its blank line counts: the upstream closed right behind it.
        const last = dataOf(this.#eventUntil(this.#piece.length));
        if (last !== undefined) return last;
      }
    }
  }

  /** The data of the next event, if all of it is here already. */
  ready(): string | undefined {
    for (;;) {
      const end = this.#endOfEvent();
      if (end < 0) return undefined;
      const data = dataOf(this.#eventUntil(end));
      if (data !== undefined) return data;
    }
  }

  /** Ends the upstream; a pending `next` resolves as ended. */
  cancel(): void {
    this.#ended = true;
    this.#source.cancel();
  }

  #take(piece: Uint8Array): void {
    if (this.#start < this.#piece.length) {
      this.#earlier.push(this.#piece.subarray(this.#start));
      this.#earlierBytes += this.#piece.length - this.#start;
    }
    if (this.#earlierBytes + piece.length > LARGEST_EVENT_BYTES)
      throw new Error("an event of the stream is too large");
    this.#piece = piece;
    this.#start = 0;
    this.#searched = 0;
  }

  /** Behind the blank line that ends the event under way; below 0 while it is not in the piece. */
  #endOfEvent(): number {
    const piece = this.#piece;
    while (this.#searched < piece.length) {
      const from = this.#searched;
      const end = piece.indexOf(LINE_END, from);
      const length = (end < 0 ? piece.length : end) - from;
      if (length > 0) {
        const isReturn = length === 1 && this.#line === "nothing" && piece[from] === RETURN;
        this.#line = isReturn ? "return" : "more";
      }
      if (end < 0) {
        this.#searched = piece.length;
        return -1;
      }
      this.#searched = end + 1;
      const isBlank = this.#line !== "more";
      this.#line = "nothing";
      if (isBlank) return end + 1;
    }
    return -1;
  }

  #eventUntil(end: number): string {
    const here = this.#piece.subarray(this.#start, end);
    this.#start = end;
    if (this.#earlierBytes === 0) return decoder.decode(here);
    const event = decoder.decode(Buffer.concat([...this.#earlier, here]));
    this.#earlier = [];
    this.#earlierBytes = 0;
    return event;
  }
}

/** What an event says; undefined when it has no data, as a comment. */
function dataOf(event: string): string | undefined {
  // Nearly always it is one line.
  const end = event.indexOf("\n");
  if (end === event.length - 2 && event.startsWith("data: ")) return event.slice(6, end);
  const lines = event.split(/\r?\n/).filter((line) => line.startsWith("data:"));
  if (lines.length === 0) return undefined;
  return lines.map((line) => line.slice(line.startsWith("data: ") ? 6 : 5)).join("\n");
}
