import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import type { Log } from "../kernel/log.ts";
import { backoffMs } from "./backoff.ts";
import { ChangeSignal } from "./change-signal.ts";
import { Launcher, type LauncherOptions } from "./launcher.ts";
import { LogTail } from "./log-tail.ts";
import type { Pool } from "./pool.ts";
import { readPriceBook } from "./price-book.ts";
import type { Program, ProgramSource } from "./program.ts";
import { modelName, renderProxyConfig } from "./proxy-config.ts";
import { hopeless, notInTime, notServed, WAIT_MS, WAIT_UNKNOWN_MS } from "./refusal.ts";
import type {
  GatewayConfig,
  GatewayState,
  GatewayStatus,
  Lease,
  PriceBook,
  Upstream,
} from "./upstream.ts";
import { untilReady } from "./until-ready.ts";
import { messageOf } from "../kernel/errors.ts";

/** How long old children may finish their calls after a newer config has taken over. */
const DRAIN_MS = 10 * 60_000;
/** How long a child without calls may take to end. */
const STOP_MS = 10_000;
/** Between attempts to install, and to start a config that did not start. */
const RETRY_BACKOFF = { firstMs: 5_000, longestMs: 120_000 };

export type SupervisorOptions = Omit<LauncherOptions, "logTail"> & { source: ProgramSource };

/**
 * Runs LiteLLM. One loop makes the program ready, then moves to the newest wanted config whenever that is not the one
 * served: a pool of it rises beside the serving one, takes over when all its children are ready, and the old pool drains. A
 * pool that does not rise is reported and tried again later, while the old one serves. Changes that come meanwhile wait
 * and count as one. What the state is called is derived (`#state`), never stored.
 */
export class Supervisor implements Upstream {
  readonly #source: ProgramSource;
  readonly #launcher: Launcher;
  readonly #log: Log;
  readonly #onChange: () => void;
  readonly #logTail = new LogTail();
  readonly #changes = new ChangeSignal();
  readonly #over = new AbortController();
  readonly #retiring = new Set<Pool>();
  #loop: Promise<void> | undefined;
  #program: Program | undefined;
  #install: GatewayStatus["install"];
  #problem: string | undefined;
  #wanted: GatewayConfig | undefined;
  #rising: Pool | undefined;
  #serving: Pool | undefined;
  #book: Promise<PriceBook> | undefined;
  #changeTold = true;
  #restartWanted = false;

  constructor(options: SupervisorOptions) {
    this.#source = options.source;
    this.#log = options.log;
    this.#onChange = options.onChange;
    const onChange = () => this.#changed();
    this.#launcher = new Launcher({ ...options, logTail: this.#logTail, onChange });
  }

  start(): void {
    this.#loop ??= this.#run().catch((error: unknown) => {
      if (!this.#over.signal.aborted) throw error;
    });
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#over.abort(new Error("the gateway was stopped"));
    this.#changed();
    await Promise.all(this.#pools().map((pool) => pool.stop(deadlineMs)));
    await this.#loop;
    await this.#launcher.clean();
  }

  apply(config: GatewayConfig): void {
    if (this.#wanted && config.version <= this.#wanted.version) return;
    // Much that raises the version, a cache's lifetime or a credential that nothing uses yet, changes nothing that LiteLLM reads.
    if (isDeepStrictEqual(config.models, this.#wanted?.models)) return;
    this.#wanted = config;
    this.#changed();
  }

  async acquire(request: { alias: string; teamId: string }, signal?: AbortSignal): Promise<Lease> {
    const startedAt = performance.now();
    for (;;) {
      const place = this.#serving?.place(request.alias);
      if (place) {
        const authorization = `Bearer ${this.#launcher.keys.keyFor(request.teamId)}`;
        return { ...place, headers: { authorization }, model: modelName(request.alias) };
      }
      const state = this.#state();
      const refusal = hopeless(state);
      if (refusal) throw refusal;
      const wanted = this.#wants(request.alias);
      if (wanted && state === "ready") throw notServed();
      const left = startedAt + (wanted ? WAIT_MS : WAIT_UNKNOWN_MS) - performance.now();
      if (left <= 0) throw wanted ? notInTime() : notServed();
      await this.#changes.next(left, signal);
    }
  }

  restart(): boolean {
    if (!this.#program || this.#over.signal.aborted) return false;
    this.#restartWanted = true;
    this.#changed();
    return true;
  }

  renderedConfig(): string | undefined {
    return this.#wanted && renderProxyConfig(this.#wanted).text;
  }

  status(): GatewayStatus {
    const state = this.#state();
    const crash = `LiteLLM ended (${this.#serving?.lastExit}) and is being started again.`;
    return {
      state,
      mode: this.#source.mode,
      version: this.#program?.version,
      problem: this.#problem ?? (state === "restarting" ? crash : undefined),
      install: this.#install,
      wantedConfig: this.#wanted?.version,
      servedConfig: this.#serving?.config.version,
      children: this.#pools().flatMap((pool) => pool.view()),
      logTail: this.#logTail.lines(),
    };
  }

  whenReady(timeoutMs: number): Promise<void> {
    return untilReady(() => this.status(), this.#changes, timeoutMs);
  }

  async priceBook(): Promise<PriceBook | undefined> {
    const file = this.#program?.priceFile;
    if (file === undefined) return undefined;
    this.#book ??= readFile(file, "utf8").then(readPriceBook);
    return this.#book;
  }

  #state(): GatewayState {
    if (this.#over.signal.aborted) return "stopped";
    if (this.#install) return "installing";
    if (!this.#program) return this.#problem === undefined ? "starting" : "failed";
    if (!this.#wanted) return "waiting";
    if (!this.#serving) return this.#rising || this.#problem === undefined ? "starting" : "failed";
    if (!this.#serving.alive) return "restarting";
    return this.#serving.config.version === this.#wanted.version ? "ready" : "updating";
  }

  #pools(): readonly Pool[] {
    return [this.#serving, this.#rising, ...this.#retiring].filter((pool) => pool !== undefined);
  }

  #wants(alias: string): boolean {
    return this.#wanted?.models.some((model) => model.alias === alias) ?? false;
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    const program = await this.#prepare();
    this.#program = program;
    this.#changed();
    for (let attempt = 0; ;) {
      signal.throwIfAborted();
      const config = this.#wanted;
      const served = config !== undefined && config.version === this.#serving?.config.version;
      if (!config || (served && !this.#restartWanted)) {
        await this.#changes.next(undefined, signal);
        continue;
      }
      this.#restartWanted = false;
      if (await this.#moveTo(config, program)) {
        attempt = 0;
        continue;
      }
      await this.#untilNewer(config, backoffMs(RETRY_BACKOFF, attempt));
      attempt += 1;
    }
  }

  /** Makes the program ready, however often it takes. */
  async #prepare(): Promise<Program> {
    const { signal } = this.#over;
    const report = {
      progress: (percent: number, step: string) => {
        this.#install = { percent, step };
        this.#changed();
      },
      line: (line: string) => this.#logTail.add(line),
    };
    for (let attempt = 0; ; attempt += 1) {
      try {
        const program = await this.#source.prepare(report, signal);
        this.#problem = undefined;
        return program;
      } catch (error) {
        signal.throwIfAborted();
        this.#fail(messageOf(error));
      } finally {
        this.#install = undefined;
      }
      this.#changed();
      await this.#pause(backoffMs(RETRY_BACKOFF, attempt));
    }
  }

  /** Whether the config is served now. */
  async #moveTo(config: GatewayConfig, program: Program): Promise<boolean> {
    const { signal } = this.#over;
    try {
      const ours = (port: number) => this.#pools().some((pool) => pool.holdsPort(port));
      const pool = await this.#launcher.pool(config, program, ours);
      signal.throwIfAborted();
      this.#rising = pool;
      this.#changed();
      await pool.start();
      signal.throwIfAborted();
      this.#takeOver(pool);
      return true;
    } catch (error) {
      if (signal.aborted) await this.#rising?.stop(STOP_MS);
      signal.throwIfAborted();
      const kept = this.#serving ? "; the previous models are still served" : "";
      this.#fail(`LiteLLM does not start with the newest models: ${messageOf(error)}${kept}.`);
      return false;
    } finally {
      this.#rising = undefined;
      this.#changed();
    }
  }

  #takeOver(pool: Pool): void {
    const old = this.#serving;
    this.#serving = pool;
    this.#problem = undefined;
    if (pool.refused.length > 0) {
      this.#fail(`LiteLLM does not know the targets of ${pool.refused.join(", ")}: correct them.`);
    }
    this.#log.info("LiteLLM serves", {
      config: pool.config.version,
      ports: pool.view().map((child) => child.port),
    });
    if (!old) return;
    this.#retiring.add(old);
    void old.retire(DRAIN_MS, STOP_MS).finally(() => {
      this.#retiring.delete(old);
      this.#changed();
    });
  }

  /** Told to the operator in the status and the log, with all that is known. */
  #fail(problem: string): void {
    this.#problem = this.#logTail.scrub(problem);
    this.#log.warn(this.#problem);
  }

  async #untilNewer(config: GatewayConfig, waitMs: number): Promise<void> {
    const deadline = performance.now() + waitMs;
    while (this.#wanted === config && !this.#restartWanted && performance.now() < deadline) {
      await this.#changes.next(deadline - performance.now(), this.#over.signal);
    }
  }

  #pause(waitMs: number): Promise<void> {
    return new ChangeSignal().next(waitMs, this.#over.signal);
  }

  /** Wakes who waits now, and tells the outside once for all changes of this turn. */
  #changed(): void {
    this.#changes.fire();
    if (!this.#changeTold) return;
    this.#changeTold = false;
    queueMicrotask(() => {
      this.#changeTold = true;
      this.#onChange();
    });
  }
}
