/** Largest event of a stream; more is taken for a broken upstream. 32 MiB: generated images come in one event. */
const LARGEST_EVENT_BYTES = 32 * 1024 * 1024;

/** Where the bytes of a stream come from. */
export interface ByteSource {
  /** What comes next; undefined at the end. Rejects when the stream breaks. */
  next(): Promise<Uint8Array | undefined>;
  /** Nobody wants the rest. Twice is fine. */
  cancel(): void;
}

const boundaryPattern = /\r?\n\r?\n/g;
const LONGEST_BOUNDARY = 4;

/**
 * Reads the data of Server-Sent Events one by one, however the bytes are cut. Comments, ids and event names are passed
 * over. One read is under way at most, so that back-pressure reaches the upstream.
 */
export class SseReader {
  readonly #source: ByteSource;
  readonly #decoder = new TextDecoder();
  #buffer = "";
  /** Up to here the buffer holds no end of an event: a large one is not searched anew with every read. */
  #searched = 0;
  #ended = false;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The data of the next event; undefined at the end. Rejects as the stream does. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const data = this.#takeEvent();
      if (data !== undefined) return data;
      if (this.#ended) return undefined;
      const bytes = await this.#source.next();
      if (bytes === undefined) {
        this.#ended = true;
        // A last event without its blank line counts: the upstream closed right behind it.
        this.#buffer += `${this.#decoder.decode()}\n\n`;
      } else {
        this.#buffer += this.#decoder.decode(bytes, { stream: true });
        if (this.#buffer.length > LARGEST_EVENT_BYTES)
          throw new Error("an event of the stream is too large");
      }
    }
  }

  /** Ends the upstream; a pending `next` resolves as ended. */
  cancel(): void {
    this.#ended = true;
    this.#source.cancel();
  }

  #takeEvent(): string | undefined {
    for (;;) {
      boundaryPattern.lastIndex = this.#searched;
      const boundary = boundaryPattern.exec(this.#buffer);
      if (!boundary) {
        this.#searched = Math.max(0, this.#buffer.length - LONGEST_BOUNDARY);
        return undefined;
      }
      const event = this.#buffer.slice(0, boundary.index);
      this.#buffer = this.#buffer.slice(boundary.index + boundary[0].length);
      this.#searched = 0;
      const data = event
        .split(/\r?\n/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(line.startsWith("data: ") ? 6 : 5));
      if (data.length > 0) return data.join("\n");
    }
  }
}
