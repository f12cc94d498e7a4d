import type { Guarded } from "../runtime/guarded.ts";
import { backoffMs, STABLE_AFTER_MS, type Backoff } from "./backoff.ts";
import { ChangeSignal } from "./change-signal.ts";
import type { GatewayChild } from "./upstream.ts";
import { messageOf } from "../kernel/errors.ts";

/**
 * One LiteLLM process and its successors after crashes. States:
 *   starting  a process was launched and does not answer yet
 *   ready     it answers; calls get places
 *   exited    it ended by itself; the next one starts after a backoff (→ starting)
 *   draining  `retire` was called: no new places; at the last release, or the deadline, it is asked to stop
 * A first start that fails is not repeated here: whoever wanted the child learns of it from `start`.
 */
export class Child {
  readonly #options: ChildOptions;
  /** Aborted once no successor is wanted. */
  readonly #over = new AbortController();
  /** Aborted once the running process is not wanted either. */
  readonly #stopped = new AbortController();
  readonly #released = new ChangeSignal();
  #run: Run | undefined;
  #loop: Promise<void> | undefined;
  #running = false;
  #state: GatewayChild["state"] = "starting";
  #port = 0;
  #restarts = 0;
  #startedAt: string | undefined;
  #lastExit: string | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  /** Launches the process; resolves with the model names that it serves, rejects with `StartFailure`. Called once. */
  async start(): Promise<ReadonlySet<string>> {
    const run = await this.#launch();
    this.#loop = this.#keepAlive(run);
    return run.served;
  }

  get ready(): boolean {
    return this.#state === "ready";
  }

  get callsInFlight(): number {
    return this.#run?.calls ?? 0;
  }

  /** The port that a running process has; undefined between two processes. */
  get heldPort(): number | undefined {
    return this.#running ? this.#port : undefined;
  }

  /** A place at the running process. Only while `ready`. */
  place(): Place {
    const run = this.#run;
    if (!run) throw new Error("invariant broken: a place was asked of a child that does not run");
    run.calls += 1;
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      run.calls -= 1;
      this.#released.fire();
    };
    return { baseUrl: baseUrl(this.#port), release };
  }

  /** Gives no new places, waits for the last one to come back, at most `drainMs`, then stops the process. */
  async retire(drainMs: number, stopMs: number): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort(new Error("the child was retired"));
    this.#to("draining");
    const deadline = performance.now() + drainMs;
    while (
      this.callsInFlight > 0 &&
      performance.now() < deadline &&
      !this.#stopped.signal.aborted
    ) {
      await this.#released.next(deadline - performance.now());
    }
    await this.stop(stopMs);
  }

  /** Asks the process to end now; it finishes what it is serving, at most until the deadline. */
  async stop(deadlineMs: number): Promise<void> {
    this.#over.abort(new Error("the child was stopped"));
    this.#stopped.abort();
    this.#released.fire();
    await this.#run?.guarded.stop(deadlineMs);
    await this.#loop;
    this.#to("exited");
  }

  get lastExit(): string | undefined {
    return this.#lastExit;
  }

  view(configVersion: number): GatewayChild {
    return {
      pid: this.#state === "exited" ? undefined : this.#run?.guarded.pid,
      port: this.#port,
      state: this.#state,
      configVersion,
      callsInFlight: this.callsInFlight,
      restarts: this.#restarts,
      startedAt: this.#startedAt,
      lastExit: this.#lastExit,
    };
  }

  async #keepAlive(first: Run): Promise<void> {
    let run = first;
    let crashes = 0;
    for (;;) {
      await run.guarded.exited;
      if (this.#over.signal.aborted) return;
      crashes = run.readyForMs() > STABLE_AFTER_MS ? 0 : crashes;
      const next = await this.#restart(crashes);
      if (!next) return;
      crashes = next.crashes;
      run = next.run;
    }
  }

  /** Tries until a process is ready again; undefined when the child is over before that. */
  async #restart(crashesBefore: number): Promise<{ run: Run; crashes: number } | undefined> {
    for (let crashes = crashesBefore; ; crashes += 1) {
      this.#to("exited");
      await pause(backoffMs(this.#options.backoff, crashes), this.#over.signal);
      if (this.#over.signal.aborted) return undefined;
      this.#restarts += 1;
      try {
        return { run: await this.#launch(), crashes: crashes + 1 };
      } catch (error) {
        if (!(error instanceof StartFailure)) throw error;
      }
    }
  }

  async #launch(): Promise<Run> {
    this.#to("starting");
    this.#port = await this.#options.choosePort();
    let guarded: Guarded;
    try {
      guarded = await this.#options.launch(this.#port);
    } catch (error) {
      // Never its message: of a variable that cannot be passed on, that would tell the value.
      this.#lastExit = `not started (${codeOf(error)})`;
      this.#to("exited");
      throw new StartFailure(this.#lastExit, { cause: error });
    }
    const run = new Run(guarded);
    this.#run = run;
    this.#running = true;
    void guarded.exited.then((exit) => {
      this.#running = false;
      this.#lastExit = exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`;
      if (this.#run === run && !this.#over.signal.aborted) this.#to("exited");
    });
    // Stopped while it was being launched: `stop` saw no process yet.
    if (this.#over.signal.aborted) await guarded.stop(STOP_UNREADY_MS);
    await this.#untilReady(run);
    this.#startedAt = new Date().toISOString();
    this.#to("ready");
    return run;
  }

  async #untilReady(run: Run): Promise<void> {
    const over = new AbortController();
    void run.guarded.exited.then(() => over.abort(new Error("it ended")));
    const late = setTimeout(() => over.abort(new Error("it took too long")), this.#options.startMs);
    try {
      run.becameReady(await this.#options.probe(baseUrl(this.#port), over.signal));
    } catch (error) {
      await run.guarded.stop(STOP_UNREADY_MS);
      const problem = messageOf(error);
      throw new StartFailure(`${problem} (${this.#lastExit ?? "no exit seen"})`, { cause: error });
    } finally {
      clearTimeout(late);
    }
  }

  #to(state: GatewayChild["state"]): void {
    // Once retired, a child only drains and ends; what its last process still does is no state of the child.
    if (this.#over.signal.aborted && state !== "draining" && state !== "exited") return;
    this.#state = state;
    this.#options.onChange();
  }
}

/** How long a process that never became ready may take to end. */
const STOP_UNREADY_MS = 3_000;

export interface ChildOptions {
  choosePort: () => Promise<number>;
  /** Starts the process on a port; rejects when it cannot even be started. */
  launch: (port: number) => Promise<Guarded>;
  /** Resolves with the served model names when the process at this URL answers; rejects when the signal aborts. */
  probe: (baseUrl: string, signal: AbortSignal) => Promise<ReadonlySet<string>>;
  backoff: Backoff;
  /** How long a process may take until it answers. */
  startMs: number;
  onChange: () => void;
}

export interface Place {
  baseUrl: string;
  /** Gives the place back; a second time does nothing. */
  release: () => void;
}

/** A process did not become ready; the message says how it ended. */
export class StartFailure extends Error {}

class Run {
  readonly guarded: Guarded;
  served: ReadonlySet<string> = new Set();
  calls = 0;
  #readyAt: number | undefined;

  constructor(guarded: Guarded) {
    this.guarded = guarded;
  }

  becameReady(served: ReadonlySet<string>): void {
    this.served = served;
    this.#readyAt = performance.now();
  }

  readyForMs(): number {
    return this.#readyAt === undefined ? 0 : performance.now() - this.#readyAt;
  }
}

function codeOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException;
  return code ?? name ?? "unknown";
}

const baseUrl = (port: number) => `http://127.0.0.1:${port}`;

/** Waits, or until the signal aborts. */
function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new ChangeSignal().next(waitMs, signal).catch(() => {});
}
