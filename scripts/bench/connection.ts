import type { Socket } from "bun";

/** What one exchange on a connection took, in milliseconds, and how it ended. */
export interface Exchanged {
  status: number;
  totalMs: number;
  /** Until the first byte of the body. */
  firstByteMs: number;
  /** Events of a stream; 0 of another answer. */
  frames: number;
  /** The body, only when the status is not 200: to say why. */
  problem: string | undefined;
}

const HEAD_END = Buffer.from("\r\n\r\n");
const LAST_CHUNK = "\r\n0\r\n\r\n";

/**
 * One HTTP/1.1 connection that is kept alive and sends its requests in turn, one at a time. A socket and not
 * `fetch`, because the load generator shares the machine with what it measures. States of an exchange:
 *   waiting  sent, no complete head yet
 *   body     the head was read; the body ends by its length or by its last chunk
 */
export class Connection {
  #socket: Socket | undefined;
  readonly #requests: readonly Buffer[];
  #sent = 0;
  #done: ((exchanged: Exchanged) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #sentAt = 0;
  #firstByteMs = 0;
  #received: Buffer[] = [];
  #head: { status: number; length: number | undefined; bodyStart: number } | undefined;
  #size = 0;

  static async open(url: URL, requests: readonly Buffer[]): Promise<Connection> {
    const connection = new Connection(requests);
    const socket = await Bun.connect({
      hostname: url.hostname,
      port: Number(url.port),
      socket: {
        data: (_, chunk) => connection.take(chunk),
        close: () => connection.fail(new Error("the server closed the connection")),
        error: (_, error) => connection.fail(error),
      },
    });
    socket.setNoDelay(true);
    connection.#socket = socket;
    return connection;
  }

  private constructor(requests: readonly Buffer[]) {
    this.#requests = requests;
  }

  exchange(): Promise<Exchanged> {
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#failed = reject;
      this.#received = [];
      this.#head = undefined;
      this.#size = 0;
      this.#firstByteMs = 0;
      this.#sentAt = performance.now();
      const request = this.#requests[this.#sent % this.#requests.length]!;
      this.#sent += 1;
      const written = this.#socket?.write(request) ?? 0;
      if (written < request.length) this.fail(new Error("the request is too large"));
    });
  }

  close(): void {
    this.#done = undefined;
    this.#failed = undefined;
    this.#socket?.end();
  }

  take(chunk: Buffer): void {
    // The runtime reuses its buffer.
    this.#received.push(Buffer.from(chunk));
    this.#size += chunk.length;
    this.#head ??= this.#readHead();
    const head = this.#head;
    if (!head || this.#size <= head.bodyStart) return;
    if (this.#firstByteMs === 0) this.#firstByteMs = performance.now() - this.#sentAt;
    if (this.#isComplete(head)) this.#finish(head);
  }

  fail(error: Error): void {
    this.#failed?.(error);
  }

  #readHead() {
    const bytes = Buffer.concat(this.#received);
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return undefined;
    const text = bytes.toString("latin1", 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    return {
      status: Number(text.slice(9, 12)),
      length: length === undefined ? undefined : Number(length),
      bodyStart: end + HEAD_END.length,
    };
  }

  #isComplete(head: { length: number | undefined; bodyStart: number }): boolean {
    if (head.length !== undefined) return this.#size >= head.bodyStart + head.length;
    // The last chunk may be spread over two packets.
    return Buffer.concat(this.#received.slice(-2)).toString("latin1").endsWith(LAST_CHUNK);
  }

  #finish(head: { status: number; length: number | undefined; bodyStart: number }): void {
    const totalMs = performance.now() - this.#sentAt;
    const { status } = head;
    const problem =
      status === 200
        ? undefined
        : Buffer.concat(this.#received).toString("utf8", head.bodyStart).slice(0, 500);
    const frames = head.length === undefined ? countFrames(Buffer.concat(this.#received)) : 0;
    this.#done?.({ status, totalMs, firstByteMs: this.#firstByteMs, frames, problem });
  }
}

function countFrames(bytes: Buffer): number {
  let frames = 0;
  for (let at = bytes.indexOf("data: "); at >= 0; at = bytes.indexOf("data: ", at + 6)) frames += 1;
  return frames;
}
