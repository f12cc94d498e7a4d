import type { Socket } from "node:net";
import { Answer, type AnswerSource } from "./answer.ts";
import { type HeaderFields, ProtocolError, ResponseParser } from "./response-parser.ts";

/** The connection gave no answer, or broke off in the middle of one. */
export class ConnectionLost extends Error {
  /** The other side had closed the connection before the request came: it has seen nothing of it. */
  readonly wasStale: boolean;

  constructor(message: string, options: ErrorOptions & { wasStale: boolean }) {
    super(message, options);
    this.wasStale = options.wasStale;
  }
}

/**
 * A connection that has carried answers before, and is closed so soon after the next request without a byte of an answer, was
 * closed by a server that had not seen the request yet. What breaks later may have been worked on, and is not sent again.
 */
const STALE_WITHIN_MS = 100;

/** The answer was not whole in time. */
export class AnswerTimeout extends Error {}

/** What ends a request before its answer is whole. */
export interface Until {
  /** Breaks the connection off. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until the answer's last byte. */
  totalMs?: number | undefined;
}

interface Waiting {
  sentMs: number;
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

export interface ConnectionOwner {
  /** It can take another request. */
  freed(connection: Connection): void;
  gone(connection: Connection): void;
}

/** Given up before any of the request was written: nobody has seen it. An AbortError, too. */
export class NeverSent extends DOMException {
  constructor() {
    super("The request was given up before it was sent.", "AbortError");
  }
}

const givenUp = () => new DOMException("The request was given up.", "AbortError");

/**
 * One connection to a server, which carries one request after the other. States: idle → waiting for a head → receiving a body →
 * idle again, or gone, when the other side closes it or breaks the protocol, or whoever asked gives up.
 */
export class Connection implements AnswerSource {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #parser = new ResponseParser();
  #waiting: Waiting | undefined;
  #answer: Answer | undefined;
  #signal: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #served = 0;
  #gone = false;
  /** When it became idle, `performance.now()`. */
  idleSinceMs = 0;

  /** `socket` is connected. */
  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("error", (error) => this.#close(error));
    socket.on("end", () => this.#close());
    socket.on("close", () => this.#close());
  }

  /**
   * Sends a request, head and body. Resolves with the head of its answer; rejects with ConnectionLost, ProtocolError,
   * AnswerTimeout, NeverSent, or AbortError once the signal aborts; so does the body.
   */
  send(request: string, { signal, totalMs }: Until): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { sentMs: performance.now(), resolve, reject };
      if (signal?.aborted) return this.#close(new NeverSent());
      this.#signal = signal;
      signal?.addEventListener("abort", this.#giveUp);
      if (totalMs !== undefined) this.#timer = setTimeout(this.#late, totalMs);
      this.#parser.expect(this);
      this.#socket.write(request);
    });
  }

  abandon(): void {
    this.#close(givenUp());
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  head(status: number, headers: HeaderFields): void {
    const { resolve } = this.#waiting!;
    this.#waiting = undefined;
    this.#answer = new Answer(status, headers, this);
    resolve(this.#answer);
  }

  body(bytes: Buffer): void {
    this.#answer!.push(bytes);
  }

  end(): void {
    const answer = this.#answer!;
    this.#answer = undefined;
    this.#stopListening();
    this.#served += 1;
    answer.end();
    if (this.#gone) return;
    if (!this.#parser.keepAlive) return this.#close();
    this.idleSinceMs = performance.now();
    this.#owner.freed(this);
  }

  readonly #giveUp = () => this.#close(givenUp());

  readonly #late = () => this.#close(new AnswerTimeout("The gateway took too long to answer."));

  #stopListening(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#giveUp);
    this.#signal = undefined;
  }

  #take(bytes: Buffer): void {
    if (this.#gone) return;
    try {
      this.#parser.take(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#close(error);
    }
  }

  /** Without a cause: the other side has closed it. */
  #close(cause?: Error): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#stopListening();
    this.#owner.gone(this);
    this.#socket.destroy();
    if (cause === undefined && this.#parser.close()) return;
    const isTold =
      cause instanceof ProtocolError ||
      cause instanceof AnswerTimeout ||
      cause?.name === "AbortError";
    const error = isTold ? cause : this.#lost(cause);
    this.#waiting?.reject(error);
    this.#answer?.end(error);
  }

  #lost(cause: Error | undefined): ConnectionLost {
    const sentMs = this.#waiting?.sentMs ?? Number.NEGATIVE_INFINITY;
    const wasStale =
      this.#served > 0 && !this.#parser.isInHead && performance.now() - sentMs < STALE_WITHIN_MS;
    return new ConnectionLost("The connection to the gateway was lost.", { cause, wasStale });
  }
}
