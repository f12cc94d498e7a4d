import type { Log } from "../kernel/log.ts";
import { ChangeSignal } from "./change-signal.ts";
import { readPriceBook } from "./price-book.ts";
import { isAlive } from "./probe.ts";
import { notInTime, notServed, WAIT_MS, WAIT_UNKNOWN_MS } from "./refusal.ts";
import { untilReady } from "./until-ready.ts";
import type {
  GatewayConfig,
  GatewayState,
  GatewayStatus,
  Lease,
  PriceBook,
  Upstream,
} from "./upstream.ts";

const ALIVE_INTERVAL_MS = 5_000;
const LOST_INTERVAL_MS = 500;
const PRICES_TIMEOUT_MS = 30_000;

export interface ExternalOptions {
  /** Without a trailing slash. */
  url: string;
  apiKey: string;
  log: Log;
  onChange: () => void;
}

/**
 * An operator's own LiteLLM (`LITELLM_URL`): a target names one of its models; credentials, fallbacks and changes of
 * models are managed there, so a config counts as served as soon as it is applied.
 */
export class External implements Upstream {
  readonly #options: ExternalOptions;
  readonly #changes = new ChangeSignal();
  readonly #over = new AbortController();
  readonly #lease: Omit<Lease, "model" | "release">;
  #loop: Promise<void> | undefined;
  #alive: boolean | undefined;
  #config: GatewayConfig | undefined;
  #models: ReadonlyMap<string, string> = new Map();
  #book: PriceBook | undefined;

  constructor(options: ExternalOptions) {
    this.#options = options;
    const headers = { authorization: `Bearer ${options.apiKey}` };
    this.#lease = { baseUrl: options.url, headers, routesUnseen: true };
  }

  start(): void {
    this.#loop ??= this.#watch();
  }

  async stop(): Promise<void> {
    this.#over.abort(new Error("the gateway was stopped"));
    this.#changed();
    await this.#loop;
  }

  apply(config: GatewayConfig): void {
    if (this.#config && config.version <= this.#config.version) return;
    this.#config = config;
    this.#models = new Map(
      config.models.flatMap(({ alias, targets: [first] }) => (first ? [[alias, first.model]] : [])),
    );
    this.#changed();
  }

  /** Does not wait for the proxy to be reachable: a call finds that out sooner than the probe. */
  async acquire(request: { alias: string; teamId: string }, signal?: AbortSignal): Promise<Lease> {
    const startedAt = performance.now();
    for (;;) {
      const model = this.#models.get(request.alias);
      if (model !== undefined) return { ...this.#lease, model, release: () => {} };
      const waitMs = this.#config ? WAIT_UNKNOWN_MS : WAIT_MS;
      const left = startedAt + waitMs - performance.now();
      if (left <= 0) throw this.#config ? notServed() : notInTime();
      await this.#changes.next(left, signal);
    }
  }

  status(): GatewayStatus {
    return {
      state: this.#state(),
      mode: "external",
      version: undefined,
      problem:
        this.#alive === false
          ? `LITELLM_URL does not answer at ${this.#options.url}/health/liveliness: start it or correct the address.`
          : undefined,
      install: undefined,
      wantedConfig: this.#config?.version,
      servedConfig: this.#config?.version,
      children: [],
      logTail: [],
    };
  }

  whenReady(timeoutMs: number): Promise<void> {
    return untilReady(() => this.status(), this.#changes, timeoutMs);
  }

  /** Its processes are the operator's. */
  restart(): boolean {
    return false;
  }

  renderedConfig(): string | undefined {
    return undefined;
  }

  async priceBook(): Promise<PriceBook | undefined> {
    if (this.#book) return this.#book;
    try {
      const response = await fetch(`${this.#options.url}/public/litellm_model_cost_map`, {
        headers: this.#lease.headers,
        signal: AbortSignal.timeout(PRICES_TIMEOUT_MS),
      });
      if (!response.ok) return undefined;
      this.#book = readPriceBook(await response.text());
      return this.#book;
    } catch (error) {
      this.#options.log.warn("The external LiteLLM's prices cannot be read", { error });
      return undefined;
    }
  }

  #state(): GatewayState {
    if (this.#over.signal.aborted) return "stopped";
    if (!this.#config) return "waiting";
    if (this.#alive === undefined) return "starting";
    return this.#alive ? "ready" : "restarting";
  }

  async #watch(): Promise<void> {
    const { signal } = this.#over;
    const nothing = new ChangeSignal();
    while (!signal.aborted) {
      const alive = await isAlive(this.#options.url, signal);
      if (alive !== this.#alive && !signal.aborted) {
        this.#alive = alive;
        this.#changed();
      }
      const waitMs = alive ? ALIVE_INTERVAL_MS : LOST_INTERVAL_MS;
      await nothing.next(waitMs, signal).catch(() => {});
    }
  }

  #changed(): void {
    this.#changes.fire();
    queueMicrotask(this.#options.onChange);
  }
}
