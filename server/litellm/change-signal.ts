/** Tells waiting code that something has changed; what, it reads for itself. */
export class ChangeSignal {
  readonly #waiting = new Set<() => void>();

  fire(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /** Resolves at the next change, or after `timeoutMs` (none: never). Rejects with the signal's reason when that aborts. */
  next(timeoutMs?: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        this.#waiting.delete(finish);
        clearTimeout(timer);
        signal?.removeEventListener("abort", finish);
        if (signal?.aborted) reject(signal.reason as Error);
        else resolve();
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(finish, timeoutMs);
      if (signal?.aborted) return finish();
      signal?.addEventListener("abort", finish);
      this.#waiting.add(finish);
    });
  }
}
