/** Largest event of a stream; more is taken for a broken upstream. 32 MiB: generated images come in one event. */
const LARGEST_EVENT_BYTES = 32 * 1024 * 1024;

const boundaryPattern = /\r?\n\r?\n/g;
const LONGEST_BOUNDARY = 4;

/**
 * Reads the data of Server-Sent Events one by one, however the bytes are cut. Comments, ids and event names are passed
 * over. One read is under way at most, so that back-pressure reaches the upstream.
 */
export class SseReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #buffer = "";
  /** Up to here the buffer holds no end of an event: a large one is not searched anew with every read. */
  #searched = 0;
  #ended = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The data of the next event; undefined at the end. Rejects as the stream does. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const data = this.#takeEvent();
      if (data !== undefined) return data;
      if (this.#ended) return undefined;
      const { done, value } = await this.#reader.read();
      if (done) {
        this.#ended = true;
        // A last event without its blank line counts: the upstream closed right behind it.
        this.#buffer += `${this.#decoder.decode()}\n\n`;
      } else {
        this.#buffer += this.#decoder.decode(value, { stream: true });
        if (this.#buffer.length > LARGEST_EVENT_BYTES)
          throw new Error("an event of the stream is too large");
      }
    }
  }

  /** Ends the upstream; a pending `next` resolves as ended. */
  cancel(): void {
    this.#ended = true;
    this.#reader.cancel().catch(() => {});
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
