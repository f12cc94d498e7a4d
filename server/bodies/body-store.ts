import { sqlState } from "../../db/sql-state.ts";
import type { Context } from "../context.ts";
import { seal } from "../kernel/sealing.ts";
import type { Settings } from "../settings/settings.ts";
import { REQUEST_PURPOSE, RESPONSE_PURPOSE } from "./bodies.ts";
import { insertBodies, type NewBodies } from "./store.ts";

/** What comes in and goes out of one call, as the call path tells it. */
export interface BodyRecord {
  /** A piece of what the upstream sent: the whole of a JSON answer, each event of a stream. */
  received(text: string): void;
  /** After its settle; once. */
  end(status: "succeeded" | "failed" | "aborted"): void;
}

interface Waiting {
  callId: string;
  request: string;
  stream: boolean;
  received: readonly string[];
  /** Characters of both. */
  length: number;
}

/** Characters that may wait to be written, of all calls; what comes above is not stored. */
const MOST_WAITING = 64 * 1024 * 1024;
/** Characters of a stream that are kept; the events after them are not. */
const MOST_RECEIVED = 8 * 1024 * 1024;
/** Calls a statement writes. */
const BATCH = 16;

/**
 * Stores requests and answers of calls, encrypted, where the setting `store_bodies` asks for it. The call path only hands
 * texts over that it has anyway: encrypting and writing come after the answer, one statement at a time, and when they
 * cannot keep up, calls go unstored, which the log says without a word of theirs.
 * States: idle → (start) storing → (stop, which writes what waits) stopped.
 */
export class BodyStore {
  readonly #context: Context;
  readonly #settings: () => Promise<Settings>;
  readonly #mostWaiting: number;
  #mode: Settings["storeBodies"] = "none";
  #queue: Waiting[] = [];
  #waiting = 0;
  #unstored = 0;
  #writing: Promise<void> | undefined;
  #stopListening = () => {};

  constructor(
    context: Context,
    settings: () => Promise<Settings>,
    mostWaiting: number = MOST_WAITING,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#mostWaiting = mostWaiting;
  }

  async start(): Promise<void> {
    this.#stopListening = this.#context.changes.onChange(["settings"], () => void this.refresh());
    await this.refresh();
  }

  async stop(): Promise<void> {
    this.#stopListening();
    this.#mode = "none";
    await this.written();
  }

  /** Reads the setting; a failure leaves it as it was. */
  async refresh(): Promise<void> {
    try {
      this.#mode = (await this.#settings()).storeBodies;
    } catch (error) {
      this.#context.log.warn("the setting store_bodies could not be read", { error });
    }
  }

  /** Undefined = nothing of this call is stored. */
  begin(call: { callId: string; request: string; stream: boolean }): BodyRecord | undefined {
    const mode = this.#mode;
    if (mode === "none") return undefined;
    const received: string[] = [];
    let length = 0;
    return {
      received(text) {
        length += text.length;
        if (length <= MOST_RECEIVED || !call.stream) received.push(text);
      },
      end: (status) => {
        if (mode === "errors" && status === "succeeded") return;
        this.#add({
          ...call,
          received,
          length: received.reduce((sum, text) => sum + text.length, call.request.length),
        });
      },
    };
  }

  /** Resolves when nothing waits any more. */
  async written(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #add(waiting: Waiting): void {
    if (this.#waiting + waiting.length > this.#mostWaiting) {
      this.#unstored += 1;
      return;
    }
    this.#waiting += waiting.length;
    this.#queue.push(waiting);
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  async #write(): Promise<void> {
    // The answer goes first.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, BATCH);
      try {
        await insertBodies(
          this.#context.database,
          batch.map((one) => this.#sealed(one)),
        );
      } catch (error) {
        this.#unstored += batch.length;
        // Not the error: drizzle's tells the values.
        const reason = sqlState(error) ?? "the database could not be asked";
        this.#context.log.warn("bodies of calls could not be stored", { reason });
      }
      for (const { length } of batch) this.#waiting -= length;
    }
    if (this.#unstored > 0)
      this.#context.log.warn("bodies of calls were not stored", { calls: this.#unstored });
    this.#unstored = 0;
  }

  #sealed({ callId, request, stream, received }: Waiting): NewBodies {
    const { masterKey, clock } = this.#context;
    const response = stream ? `[${received.map(asJson).join(",")}]` : received[0];
    return {
      callId,
      sealedRequest: seal(masterKey, REQUEST_PURPOSE, request),
      sealedResponse:
        received.length === 0 || response === undefined
          ? null
          : seal(masterKey, RESPONSE_PURPOSE, response),
      createdAt: new Date(clock.now()),
    };
  }
}

/** An event's text where that is JSON, else as a JSON string, such as `[DONE]`. */
function asJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}
