/** Where scripted requests wait (`hold`). A gate stays open once released, so that releasing early loses nothing. */
export class Gates {
  readonly #open = new Set<string>();
  readonly #waiting = new Map<string, (() => void)[]>();

  release(gate: string): void {
    this.#open.add(gate);
    for (const resolve of this.#waiting.get(gate) ?? []) resolve();
    this.#waiting.delete(gate);
  }

  /** Resolves when the gate is open; at once when it is already. */
  passed(gate: string): Promise<void> {
    if (this.#open.has(gate)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.set(gate, [...(this.#waiting.get(gate) ?? []), resolve]);
    });
  }

  /** Lets everybody go and closes all gates. */
  reset(): void {
    for (const gate of this.#waiting.keys()) this.release(gate);
    this.#open.clear();
  }
}
