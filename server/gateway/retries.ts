import { setTimeout } from "node:timers";
import type { Clock } from "../kernel/clock.ts";
import type { JsonAnswer } from "./json-call.ts";
import type { SdkAttempt } from "./sdk-attempt.ts";
import type { JoinableStream, StreamAnswer, StreamOrReplay } from "./stream-call.ts";

const MINUTE_MS = 60_000;
/** From the beginning of a first try; the SDKs give up a call after ten minutes of their own. */
const UNANSWERED_MS = 15 * MINUTE_MS;
/** From its end. A connection may break with the answer on its way, where no server can see it. */
const HANDED_OVER_MS = MINUTE_MS;
/** SDKs come back within 8 s, or after a Retry-After of at most 30. */
const FAILED_MS = MINUTE_MS;
const MOST_KEPT = 10_000;
const MOST_BYTES = 32 * 1024 * 1024;
/** Of an entry itself, beside its answer. */
const ENTRY_BYTES = 500;

type Answer = JsonAnswer | StreamAnswer;

/** One call, and the SDK's requests that stand behind it. */
interface Try {
  readonly attempt: SdkAttempt;
  readonly work: Promise<Answer>;
  readonly startedMs: number;
  state: "running" | "answered" | "failed";
  /** Of the latest request behind it: a retry only takes what an earlier one has begun. */
  retryCount: number;
  /** Requests whose client has not been seen to leave. */
  clients: number;
  bytes: number;
  forgetAtMs: number;
}

/**
 * Automatic retries of OpenAI's SDKs: one whose first try got no answer joins the call that runs, or gets its answer, so that a
 * connection that broke is not paid twice. In memory, since the first try left no key by which another instance could know.
 *
 * States of a try: running, with or without its client (a JSON call runs out, a stream before its first byte is relayed
 * on) → answered: `unanswered` when its client was seen to leave before the answer was through, kept until 15 minutes
 * after it began; else `handed over`, kept for a minute, since only the client knows whether it arrived → forgotten. A stream is
 * forgotten with its first byte: after that no SDK tries again. A try that failed is remembered for a minute, so
 * that its retry, which runs anew, is not taken for one of an equal try.
 *
 * A retry takes, of the tries with the same key, path and body and a lower count: the oldest whose client has left; else one that has
 * failed, and runs anew; else the oldest. So each try is taken by one retry only, two equal first tries are two calls, and
 * what is not found runs anew. Full: failed ones go first, then those handed over, then the oldest.
 */
export class Retries {
  readonly #clock: Clock;
  readonly #mostBytes: number;
  readonly #groups = new Map<string, Set<Try>>();
  /** Answered ones in the order of their ends, and failed ones. */
  readonly #handedOver = new Set<Try>();
  readonly #unanswered = new Set<Try>();
  readonly #failed = new Set<Try>();
  #bytes = 0;
  #sweeping = false;

  constructor(clock: Clock, mostBytes: number = MOST_BYTES) {
    this.#clock = clock;
    this.#mostBytes = mostBytes;
  }

  /** Kept in all, in bytes. */
  get keptBytes(): number {
    return this.#bytes;
  }

  async json(attempt: SdkAttempt, run: () => Promise<JsonAnswer>): Promise<JsonAnswer> {
    const earlier = this.#takeEarlier(attempt) as { work: Promise<JsonAnswer> } | undefined;
    if (earlier) return replayed(await earlier.work);
    const work = run();
    const own = this.#enter(attempt, work);
    const answer = await work;
    this.#answered(own, "replay" in answer ? 0 : answer.bytes);
    return answer;
  }

  async stream(attempt: SdkAttempt, run: () => Promise<StreamOrReplay>): Promise<StreamOrReplay> {
    const earlier = this.#takeEarlier(attempt) as { work: Promise<StreamOrReplay> } | undefined;
    const answer = await earlier?.work;
    if (answer && !("replay" in answer)) {
      const body = answer.kept?.join(attempt.signal);
      if (body) return { ...replayed(answer), body };
    }
    const work = run();
    const own = this.#enter(attempt, work);
    const fresh = await work;
    const kept = "replay" in fresh ? undefined : fresh.kept;
    if (kept) void kept.over.then((end) => this.#streamOver(own, kept, end));
    else this.#forget(own);
    return fresh;
  }

  #streamOver(own: Try, kept: JoinableStream, end: Awaited<JoinableStream["over"]>): void {
    if (end === "failed") this.#failedTry(own);
    else if (end === "delivered") this.#forget(own);
    else this.#answered(own, kept.heldBytes());
  }

  /** What the attempt retries; undefined = it is a call of its own. */
  #takeEarlier(attempt: SdkAttempt): Try | undefined {
    if (attempt.retryCount === 0) return undefined;
    this.#sweep();
    const now = this.#clock.now();
    const equal = [...(this.#groups.get(attempt.group) ?? [])].filter(
      (entry) =>
        entry.retryCount < attempt.retryCount &&
        entry.forgetAtMs > now &&
        entry.attempt.identity() === attempt.identity(),
    );
    const chosen =
      equal.find(({ state, clients }) => state !== "failed" && clients === 0) ??
      equal.find(({ state }) => state === "failed") ??
      equal[0];
    if (chosen === undefined) return undefined;
    if (chosen.state === "failed") {
      this.#forget(chosen);
      return undefined;
    }
    chosen.retryCount = attempt.retryCount;
    this.#attend(chosen, attempt.signal);
    return chosen;
  }

  #enter(attempt: SdkAttempt, work: Promise<Answer>): Try {
    const startedMs = this.#clock.now();
    const entry: Try = {
      attempt,
      work,
      startedMs,
      state: "running",
      retryCount: attempt.retryCount,
      clients: 0,
      bytes: ENTRY_BYTES + attempt.bodyBytes,
      forgetAtMs: startedMs + UNANSWERED_MS,
    };
    const group = this.#groups.get(attempt.group);
    if (group) group.add(entry);
    else this.#groups.set(attempt.group, new Set([entry]));
    this.#attend(entry, attempt.signal);
    work.catch(() => this.#failedTry(entry));
    return entry;
  }

  /** Counts a client until it is seen to leave. */
  #attend(entry: Try, signal: AbortSignal): void {
    if (signal.aborted) return;
    entry.clients += 1;
    if (this.#unanswered.delete(entry)) this.#handedOver.add(entry);
    const leave = () => {
      entry.clients -= 1;
      if (entry.clients > 0 || !this.#handedOver.delete(entry)) return;
      this.#unanswered.add(entry);
      entry.forgetAtMs = entry.startedMs + UNANSWERED_MS;
    };
    signal.addEventListener("abort", leave, { once: true });
  }

  #answered(entry: Try, bytes: number): void {
    // With a key the answer is stored in the database.
    if (entry.attempt.keyed) return this.#forget(entry);
    entry.state = "answered";
    entry.bytes += bytes;
    if (entry.clients > 0) entry.forgetAtMs = this.#clock.now() + HANDED_OVER_MS;
    this.#keep(entry, entry.clients > 0 ? this.#handedOver : this.#unanswered);
  }

  #failedTry(entry: Try): void {
    entry.state = "failed";
    entry.forgetAtMs = this.#clock.now() + FAILED_MS;
    this.#keep(entry, this.#failed);
  }

  #keep(entry: Try, among: Set<Try>): void {
    among.add(entry);
    this.#bytes += entry.bytes;
    while (this.#bytes > this.#mostBytes || this.#keptTries() > MOST_KEPT) {
      this.#forget(first(this.#failed) ?? first(this.#handedOver) ?? first(this.#unanswered)!);
    }
    this.#sweepLater();
  }

  #keptTries(): number {
    return this.#failed.size + this.#handedOver.size + this.#unanswered.size;
  }

  #forget(entry: Try): void {
    const { group } = entry.attempt;
    const tries = this.#groups.get(group);
    if (!tries?.delete(entry)) return;
    if (tries.size === 0) this.#groups.delete(group);
    const kept = [this.#failed, this.#handedOver, this.#unanswered].some((among) =>
      among.delete(entry),
    );
    if (!kept) return;
    this.#bytes -= entry.bytes;
    if (entry.state === "answered") {
      void entry.work.then((answer) => "kept" in answer && answer.kept?.drop());
    }
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const entries of [this.#handedOver, this.#unanswered, this.#failed]) {
      for (const entry of entries) if (entry.forgetAtMs <= now) this.#forget(entry);
    }
  }

  /** Answers do not stay where no more requests come. */
  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    setTimeout(() => {
      this.#sweeping = false;
      this.#sweep();
      if (this.#groups.size > 0) this.#sweepLater();
    }, MINUTE_MS).unref();
  }
}

const first = (entries: Set<Try>): Try | undefined => entries.values().next().value;

function replayed<Of extends Answer>(answer: Of): Of {
  if (!("headers" in answer)) return answer;
  return { ...answer, headers: { ...answer.headers, "idempotency-replayed": "true" } };
}
