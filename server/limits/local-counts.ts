import {
  correction,
  type Ending,
  type Exceeded,
  type Reading,
  spanMs,
  type Taking,
  type WindowShape,
} from "./counts.ts";
import { countsInWindow, type Demand, keyOf, type Scope } from "./scopes.ts";
import { SlidingWindow } from "./sliding-window.ts";

interface Count {
  window: SlidingWindow;
  calls: number;
  others?: Others;
}

/** What other instances had let through when that was last known; it may count until it has all left the window. */
interface Others {
  requests: number;
  tokens: number;
  untilMs: number;
}

/** What this instance has let through, in its own memory; about a kilobyte a scope, kept while it is in use. */
export class LocalCounts {
  readonly #shape: WindowShape;
  readonly #counts = new Map<string, Count>();

  constructor(shape: WindowShape) {
    this.#shape = shape;
  }

  /**
   * Takes a request, tokens and a place in every scope, or nothing. With `always` what is exceeded is told, and counted all
   * the same: another counter decides.
   */
  take(demands: readonly Demand[], nowMs: number, { always = false } = {}): Taking {
    const counts = demands.map(({ scope }) => this.#countOf(scope));
    const buckets = counts.map(({ window }) => window.advance(nowMs));
    const exceeded = firstExceeded(demands, counts);
    if (exceeded === undefined || always) {
      counts.forEach((count, index) => {
        const { scope, tokens } = demands[index]!;
        if (countsInWindow(scope.limits)) count.window.add(buckets[index]!, 1, tokens);
        if (scope.limits.concurrentCalls !== undefined) count.calls += 1;
      });
    }
    return { exceeded, nowMs, buckets, readings: counts.map((count) => readingOf(count, nowMs)) };
  }

  /** Gives the places back and puts the tokens right: once for each `take` that counted. */
  end(
    demands: readonly Demand[],
    call: { buckets: readonly number[]; ending: Ending; nowMs: number },
  ): void {
    demands.forEach(({ scope, tokens: reserved }, index) => {
      const count = this.#countOf(scope);
      if (scope.limits.concurrentCalls !== undefined) count.calls = Math.max(0, count.calls - 1);
      const { requests, tokens } = correction(call.ending, reserved);
      const now = count.window.advance(call.nowMs);
      if (scope.limits.tokensPerMinute !== undefined && tokens > 0)
        count.window.add(now, 0, tokens);
      else count.window.giveBack(call.buckets[index]!, -requests, Math.max(0, -tokens));
    });
  }

  /** Takes note of what the instances have let through together. */
  learn(demands: readonly Demand[], all: readonly Reading[], nowMs: number): void {
    demands.forEach(({ scope }, index) => {
      if (!countsInWindow(scope.limits)) return;
      const count = this.#countOf(scope);
      count.others = {
        requests: Math.max(0, all[index]!.requests - count.window.requests),
        tokens: Math.max(0, all[index]!.tokens - count.window.tokens),
        untilMs: nowMs + spanMs(this.#shape),
      };
    });
  }

  /** What came of a `take`, seen together with the others, as far as these are known. */
  besideOthers(demands: readonly Demand[], taking: Taking): Taking {
    let { exceeded } = taking;
    const readings = taking.readings.map((mine, index) => {
      const { scope } = demands[index]!;
      const { others } = this.#countOf(scope);
      if (!others || others.untilMs <= taking.nowMs) return mine;
      const requests = mine.requests + others.requests;
      const tokens = mine.tokens + others.tokens;
      // When the first of the others' leaves the window is not known; all of them have by then.
      const freeAtMs = others.untilMs;
      const { requestsPerMinute = Infinity, tokensPerMinute = Infinity } = scope.limits;
      if (requests > requestsPerMinute)
        exceeded ??= { index, limit: "requestsPerMinute", freeAtMs };
      else if (tokens > tokensPerMinute) exceeded ??= { index, limit: "tokensPerMinute", freeAtMs };
      return { ...mine, requests, tokens };
    });
    return { ...taking, exceeded, readings };
  }

  /** What a scope has used. */
  read(scope: Scope, nowMs: number): Reading {
    const count = this.#counts.get(keyOf(scope));
    if (!count) return { requests: 0, tokens: 0, calls: 0, freeAtMs: nowMs };
    count.window.advance(nowMs);
    return readingOf(count, nowMs);
  }

  /** Forgets the scopes of which nothing counts any more. */
  sweep(nowMs: number): void {
    for (const [key, count] of this.#counts) {
      count.window.advance(nowMs);
      if (count.window.isEmpty && count.calls === 0) this.#counts.delete(key);
    }
  }

  get size(): number {
    return this.#counts.size;
  }

  #countOf(scope: Scope): Count {
    const key = keyOf(scope);
    const known = this.#counts.get(key);
    if (known) return known;
    const count = { window: new SlidingWindow(this.#shape), calls: 0 };
    this.#counts.set(key, count);
    return count;
  }
}

const readingOf = ({ window, calls }: Count, nowMs: number): Reading => ({
  requests: window.requests,
  tokens: window.tokens,
  calls,
  freeAtMs: window.oldestLeavesMs(nowMs),
});

function firstExceeded(demands: readonly Demand[], counts: readonly Count[]): Exceeded | undefined {
  for (const [index, { scope, tokens }] of demands.entries()) {
    const { window, calls } = counts[index]!;
    const { requestsPerMinute, tokensPerMinute, concurrentCalls } = scope.limits;
    const requestsOver = window.requests + 1 - (requestsPerMinute ?? Infinity);
    if (requestsOver > 0) {
      const freeAtMs = window.freeAtMs(requestsOver, 0);
      return { index, limit: "requestsPerMinute", freeAtMs };
    }
    const tokensOver = window.tokens + tokens - (tokensPerMinute ?? Infinity);
    if (tokensOver > 0) {
      return { index, limit: "tokensPerMinute", freeAtMs: window.freeAtMs(0, tokensOver) };
    }
    if (calls + 1 > (concurrentCalls ?? Infinity)) {
      return { index, limit: "concurrentCalls", freeAtMs: undefined };
    }
  }
  return undefined;
}
