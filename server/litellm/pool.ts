import { StartFailure, type Child, type Place } from "./child.ts";
import { modelName } from "./proxy-config.ts";
import type { GatewayChild, GatewayConfig } from "./upstream.ts";

/**
 * The children that serve one config. It is started once, serves, and is retired when a pool of a newer config has taken
 * over. A config without models has no children and is served by having none: 320 MB each, and a first model needs
 * a new process anyway, since LiteLLM reads its config at its start.
 */
export class Pool {
  readonly config: GatewayConfig;
  readonly #children: readonly Child[];
  /** Aliases that the children did not accept: their targets are wrong. */
  refused: readonly string[] = [];
  #aliases: ReadonlySet<string> = new Set();

  constructor(config: GatewayConfig, children: readonly Child[]) {
    this.config = config;
    this.#children = config.models.length === 0 ? [] : children;
  }

  /** Resolves when every child is ready. When one is not, all are stopped and its `StartFailure` is thrown. */
  async start(): Promise<void> {
    const starts = await Promise.allSettled(this.#children.map((child) => child.start()));
    const failed = starts.find((start) => start.status === "rejected");
    if (failed) {
      await this.stop(STOP_FAILED_MS);
      throw failed.reason instanceof Error
        ? failed.reason
        : new StartFailure(String(failed.reason));
    }
    const served = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
    const aliases = this.config.models.map((model) => model.alias);
    this.#aliases = new Set(
      aliases.filter((alias) => served.every((names) => names.has(modelName(alias)))),
    );
    this.refused = aliases.filter((alias) => !this.#aliases.has(alias));
  }

  /** A place at the child with the fewest calls in flight; undefined when none is ready or none serves the alias. */
  place(alias: string): Place | undefined {
    return this.#aliases.has(alias) ? leastBusy(this.#children)?.place() : undefined;
  }

  /** Whether calls can be served now. */
  get alive(): boolean {
    return this.#children.length === 0 || this.#children.some((child) => child.ready);
  }

  /** How the last process ended; undefined when none has. */
  get lastExit(): string | undefined {
    return this.#children.map((child) => child.lastExit).find((exit) => exit !== undefined);
  }

  holdsPort(port: number): boolean {
    return this.#children.some((child) => child.heldPort === port);
  }

  async retire(drainMs: number, stopMs: number): Promise<void> {
    await Promise.all(this.#children.map((child) => child.retire(drainMs, stopMs)));
  }

  async stop(deadlineMs: number): Promise<void> {
    await Promise.all(this.#children.map((child) => child.stop(deadlineMs)));
  }

  view(): GatewayChild[] {
    return this.#children.map((child) => child.view(this.config.version));
  }
}

const STOP_FAILED_MS = 3_000;

/** The ready one with the fewest calls in flight, the first of equals. */
export function leastBusy<Candidate extends { ready: boolean; callsInFlight: number }>(
  candidates: readonly Candidate[],
): Candidate | undefined {
  return candidates
    .filter((candidate) => candidate.ready)
    .reduce<Candidate | undefined>(
      (best, candidate) =>
        best === undefined || candidate.callsInFlight < best.callsInFlight ? candidate : best,
      undefined,
    );
}
