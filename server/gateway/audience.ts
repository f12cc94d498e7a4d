import { setTimeout, clearTimeout } from "node:timers";
import type { KeptFrames } from "./kept-frames.ts";

/** Where the frames come from: `Relay`. */
export interface FrameSource {
  /** Reads upstream until a frame was delivered; false once the stream has ended and all was delivered. One at a time. */
  advance(): Promise<boolean>;
  stop(reason: "client_left"): void;
}

/**
 * How long a stream goes on without its client. `never`: it is aborted. `until_first_byte`: while nobody can have had
 * anything of it, since an SDK then tries again. `always`: its answer is stored for its idempotency key.
 */
export type Keeping = "never" | "until_first_byte" | "always";

export interface AudienceOptions {
  keeping: Keeping;
  /** Where `keeping` is not `never`. */
  kept: KeptFrames | undefined;
  /** Between two comments while the model is silent. */
  commentMs: number;
  /** How long a listener may take nothing of what is there; then its connection is given up. */
  stallMs: number;
  /** Somebody has had the first byte: no SDK asks for this stream again. */
  onDelivered?: () => void;
}

interface Listener {
  /** Frames that it has not taken yet: none while it sets the pace. */
  waiting: Uint8Array[];
  waitingBytes: number;
  /** Something was given to the connection. */
  served: boolean;
  pulling: boolean;
  /** For comments, and for how long it has taken nothing. */
  lastSentMs: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  controller: ReadableStreamDefaultController<Uint8Array>;
}

/** A second reader may lag behind the first by so many bytes; then its connection is given up. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;
/** Bun would write any reason to standard error. */
const TOO_SLOW = undefined;
const comment = new TextEncoder().encode(": the model is still working\n\n");

/**
 * Who listens to one relayed stream. The fastest listener sets the pace, so that a slow client slows the upstream; one that
 * joins later gets every frame from the first. Comments are each listener's own and are never kept.
 * States: listened to → left (nobody listens: aborted, or relayed on into what is kept, by `keeping`) → listened to again,
 * when a retry joins → over, when the relay has ended.
 */
export class Audience {
  readonly #options: AudienceOptions;
  readonly #listeners = new Set<Listener>();
  #source!: FrameSource;
  #advancing: Promise<boolean> | undefined;
  #over = false;
  #delivered = false;

  constructor(options: AudienceOptions) {
    this.#options = options;
  }

  /** Before anything else. */
  listenTo(source: FrameSource): void {
    this.#source = source;
  }

  /** Whether any client has had any of it. */
  get delivered(): boolean {
    return this.#delivered;
  }

  /** Takes a frame from the relay. */
  push(frame: Uint8Array): void {
    const { kept } = this.#options;
    kept?.add(frame);
    for (const listener of this.#listeners) {
      listener.waiting.push(frame);
      listener.waitingBytes += frame.length;
      if (listener.waitingBytes > MOST_WAITING_BYTES) this.#giveUp(listener);
    }
    if (kept?.dropped && this.#listeners.size === 0) this.#source.stop("client_left");
  }

  /** The stream from its first frame, for a client; undefined when the first frames are no longer there. */
  join(signal: AbortSignal): ReadableStream<Uint8Array> | undefined {
    const { kept } = this.#options;
    return kept === undefined || kept.dropped ? undefined : this.#listen(signal, [kept.bytes()]);
  }

  /** The stream for its own client, before any frame has come. */
  open(signal: AbortSignal): ReadableStream<Uint8Array> {
    return this.#listen(signal, []);
  }

  #listen(signal: AbortSignal, waiting: readonly Uint8Array[]): ReadableStream<Uint8Array> {
    const listener: Omit<Listener, "controller"> = {
      waiting: waiting.filter(({ length }) => length > 0),
      waitingBytes: 0,
      served: false,
      pulling: false,
      lastSentMs: performance.now(),
      timer: undefined,
    };
    const leave = () => this.#leave(listener as Listener);
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#listeners.add(Object.assign(listener, { controller }));
          signal.addEventListener("abort", leave, { once: true });
          if (signal.aborted) leave();
          else this.#watchLater(listener as Listener, this.#options.commentMs);
        },
        pull: () => this.#pull(listener as Listener),
        cancel: leave,
      },
      { highWaterMark: 0 },
    );
  }

  async #pull(listener: Listener): Promise<void> {
    if (listener.served) this.#markDelivered();
    listener.pulling = true;
    while (listener.waiting.length === 0 && !this.#over && this.#listeners.has(listener)) {
      await this.#advance();
    }
    listener.pulling = false;
    const frame = listener.waiting.shift();
    if (!this.#listeners.has(listener)) return;
    if (frame === undefined) {
      this.#dismiss(listener);
      listener.controller.close();
      return;
    }
    listener.waitingBytes -= frame.length;
    listener.served = true;
    listener.lastSentMs = performance.now();
    listener.controller.enqueue(frame);
  }

  async #advance(): Promise<void> {
    this.#advancing ??= this.#source.advance().finally(() => (this.#advancing = undefined));
    if (!(await this.#advancing)) this.#over = true;
  }

  #markDelivered(): void {
    if (this.#delivered) return;
    this.#delivered = true;
    if (this.#options.keeping === "until_first_byte") this.#options.kept?.drop();
    this.#options.onDelivered?.();
  }

  #leave(listener: Listener): void {
    if (!this.#listeners.has(listener)) return;
    this.#dismiss(listener);
    if (this.#listeners.size > 0 || this.#over) return;
    if (this.#goesOn()) void this.#relayOn();
    else this.#source.stop("client_left");
  }

  /** It takes too little of what is there. */
  #giveUp(listener: Listener): void {
    listener.controller.error(TOO_SLOW);
    this.#leave(listener);
  }

  #dismiss(listener: Listener): void {
    this.#listeners.delete(listener);
    clearTimeout(listener.timer);
  }

  #goesOn(): boolean {
    const { keeping, kept } = this.#options;
    return keeping !== "never" && kept?.dropped === false;
  }

  /** Without anybody who pulls. */
  async #relayOn(): Promise<void> {
    while (this.#listeners.size === 0 && !this.#over) await this.#advance();
  }

  /** One timer a listener: a frame only notes the time, and the timer looks at it when it runs out. */
  #watchLater(listener: Listener, delayMs: number): void {
    const { commentMs, stallMs } = this.#options;
    listener.timer = setTimeout(() => {
      const silentMs = performance.now() - listener.lastSentMs;
      // A client that does not read needs no sign of life, and what it is sent would pile up.
      const leftMs = (listener.pulling ? commentMs : stallMs) - silentMs;
      if (leftMs > 1) return this.#watchLater(listener, Math.min(leftMs, commentMs));
      if (!listener.pulling) return this.#giveUp(listener);
      listener.controller.enqueue(comment);
      listener.lastSentMs = performance.now();
      this.#markDelivered();
      this.#watchLater(listener, commentMs);
    }, delayMs);
  }
}
