import type { WindowShape } from "./counts.ts";
import { countsInWindow, keyOf, type Scope, type Use } from "./scopes.ts";
import { SlidingWindow } from "./sliding-window.ts";

/** What was let through while Redis was away, as far as it is still in the window: Redis is told when it is back. */
export class Untold {
  readonly #shape: WindowShape;
  readonly #uses = new Map<string, { scope: Scope; window: SlidingWindow }>();

  constructor(shape: WindowShape) {
    this.#shape = shape;
  }

  add(uses: readonly Use[], nowMs: number): void {
    for (const { scope, requests, tokens } of uses) {
      if (!countsInWindow(scope.limits)) continue;
      const key = keyOf(scope);
      const use = this.#uses.get(key) ?? { scope, window: new SlidingWindow(this.#shape) };
      this.#uses.set(key, use);
      use.window.add(use.window.advance(nowMs), requests, tokens);
    }
  }

  /** Hands over all of it; who cannot pass it on adds it again. */
  drain(nowMs: number): Use[] {
    this.sweep(nowMs);
    const uses = [...this.#uses.values()].map(({ scope, window }) => ({
      scope,
      requests: window.requests,
      tokens: window.tokens,
    }));
    this.#uses.clear();
    return uses;
  }

  /** Forgets what has left the window. */
  sweep(nowMs: number): void {
    for (const [key, { window }] of this.#uses) {
      window.advance(nowMs);
      if (window.isEmpty) this.#uses.delete(key);
    }
  }
}
