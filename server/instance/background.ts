import type { Log } from "../kernel/log.ts";

export interface BackgroundJob {
  /** For the log. */
  name: string;
  /** Between the end of one run and the next. */
  intervalMs: number;
  /** Does what is due, in pieces; one that fails is tried again at the next run. */
  run(): Promise<void>;
}

/** Work that no request waits for, on whichever instance comes first. Idle until `start`; `stop` waits for the runs under way. */
export class Background {
  readonly #jobs: readonly BackgroundJob[];
  readonly #log: Log;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #runs = new Set<Promise<void>>();
  #running = false;

  constructor(jobs: readonly BackgroundJob[], log: Log) {
    this.#jobs = jobs;
    this.#log = log;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    for (const job of this.#jobs) this.#schedule(job);
  }

  /** Twice and never started are fine. */
  async stop(): Promise<void> {
    this.#running = false;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#runs);
  }

  #schedule(job: BackgroundJob): void {
    if (!this.#running) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const run = this.#run(job);
      this.#runs.add(run);
      void run.finally(() => {
        this.#runs.delete(run);
        this.#schedule(job);
      });
    }, job.intervalMs);
    this.#timers.add(timer);
  }

  async #run(job: BackgroundJob): Promise<void> {
    try {
      await job.run();
    } catch (error) {
      this.#log.warn("background work failed and will be tried again", { job: job.name, error });
    }
  }
}
