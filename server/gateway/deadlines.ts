import { oncePer } from "../kernel/once-per.ts";
import { whenOverdue } from "../kernel/overdue.ts";
import type { ModelAlias } from "../models/catalog.ts";

/** What took too long. */
export type Overdue = "first_byte" | "idle" | "total";

export interface DeadlineOptions {
  /** Milliseconds; absent = no limit. */
  firstByte: number | undefined;
  idle: number | undefined;
  total: number;
  /** Called once, with what was first missed. */
  onOverdue: (what: Overdue) => void;
}

/** The longest delay that timers take. */
const LONGEST_MS = 2_147_483_647;
/** What an answer may take beyond the gateway's own time-outs, whose error says more than ours. */
const MARGIN_MS = 5_000;

/**
 * Watches how long a call takes: until its first frame, between frames, and in all. One timer serves: a frame only notes the
 * time, and the timer looks at it when it runs out. A frame that came in time to a busy process counts.
 * States: waiting for the first frame → receiving ⇄ resting, while the client takes no more and the model is not to blame →
 * ended, by `end` or by the first deadline that was missed.
 */
export class Deadlines {
  readonly #options: DeadlineOptions;
  readonly #startedMs = performance.now();
  #lastFrameMs: number | undefined;
  #resting = false;
  /** When the timer runs out. */
  #armedMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: DeadlineOptions) {
    this.#options = options;
    this.#arm();
  }

  frame(): void {
    const isFirst = this.#lastFrameMs === undefined;
    this.#lastFrameMs = performance.now();
    // The timer stands for the first frame; those after it may have less time.
    if (isFirst && this.#timer !== undefined && this.#options.idle !== undefined) this.#arm();
  }

  /** The client takes no more for now. */
  rest(): void {
    this.#resting = true;
  }

  /** The next frame is wanted: from now on its time counts. */
  ask(): void {
    if (!this.#resting) return;
    this.#resting = false;
    if (this.#lastFrameMs === undefined || this.#timer === undefined) return;
    this.#lastFrameMs = performance.now();
    // What ends the whole call was armed from the beginning.
    const { idle } = this.#options;
    if (idle !== undefined && this.#lastFrameMs + idle < this.#armedMs) this.#arm();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const { atMs, what } = this.#next();
    this.#armedMs = atMs;
    const delayMs = Math.min(Math.max(atMs - performance.now(), 0), LONGEST_MS);
    const timer = whenOverdue(() => this.#check(timer, what), delayMs);
    this.#timer = timer;
  }

  #check(timer: ReturnType<typeof setTimeout>, what: Overdue): void {
    // It has ended, or another timer stands for it.
    if (this.#timer !== timer) return;
    // A frame has come in the meantime, or the delay was cut to what timers take.
    if (this.#next().atMs > performance.now() + 1) return this.#arm();
    this.#timer = undefined;
    this.#options.onOverdue(what);
  }

  /** The deadline that ends first. */
  #next(): { atMs: number; what: Overdue } {
    const { firstByte, idle, total } = this.#options;
    const whole = { atMs: this.#startedMs + total, what: "total" as const };
    const [part, sinceMs, what] =
      this.#lastFrameMs === undefined
        ? ([firstByte, this.#startedMs, "first_byte"] as const)
        : ([this.#resting ? undefined : idle, this.#lastFrameMs, "idle"] as const);
    if (part === undefined || sinceMs + part >= whole.atMs) return whole;
    return { atMs: sinceMs + part, what };
  }
}

/** How long a call of an alias may take in all: as it says, else all attempts at its targets, one order after the other. */
export const totalTimeoutMs = oncePer(
  ({ targets, timeouts }: Pick<ModelAlias, "targets" | "timeouts">): number => {
    if (timeouts.total !== undefined) return timeouts.total;
    const longest = new Map<number, number>();
    for (const { fallbackOrder, timeoutMs, retries } of targets) {
      const attemptsMs = timeoutMs * (retries + 1);
      longest.set(fallbackOrder, Math.max(longest.get(fallbackOrder) ?? 0, attemptsMs));
    }
    return [...longest.values()].reduce((sum, ms) => sum + ms, MARGIN_MS);
  },
);
