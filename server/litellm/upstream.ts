import type { LongContextPrices, TargetPrices } from "../pricing/cost.ts";

/**
 * What the call path and the admin pages need of LiteLLM, whoever runs it: the supervised pool (`supervisor.ts`)
 * or an operator's own (`external.ts`).
 */
export interface Upstream {
  /** Begins installing and starting in the background; resolves at once. */
  start(): void;
  /** Stops children: SIGTERM, then SIGKILL at the deadline. Never started and twice are fine. */
  stop(deadlineMs: number): Promise<void>;
  /** Makes these models the newest config; serving moves over in the background without failing a call. */
  apply(config: GatewayConfig): void;
  /**
   * A place at the child with the fewest calls in flight that serves the alias. Waits up to `waitMs` for a config
   * that is being rolled out, else throws DomainError `gateway_installing` or `gateway_unavailable`, with Retry-After.
   */
  acquire(request: { alias: string; teamId: string }, signal?: AbortSignal): Promise<Lease>;
  status(): GatewayStatus;
  /** Ready = running children serve the newest config. Resolves when ready; rejects when that cannot come to be. For tests and the CLI. */
  whenReady(timeoutMs: number): Promise<void>;
  /**
   * Starts new children with the same config beside those that serve; these drain once the new ones are ready, so that no call
   * fails. False when there are no children of ours to restart.
   */
  restart(): boolean;
  /** The newest config as LiteLLM reads it: keys stand in it as names of environment variables. Undefined: it reads none of ours. */
  renderedConfig(): string | undefined;
  /** LiteLLM's price book: model string → price and limits; undefined until it can be read. */
  priceBook(): Promise<PriceBook | undefined>;
}

export interface Lease {
  /** Base URL without a trailing slash; paths are `/v1/chat/completions`, `/v1/embeddings`. */
  baseUrl: string;
  /** Authorization for this team; never logged. */
  headers: Readonly<Record<string, string>>;
  /** What to send as `model`. */
  model: string;
  /** An operator's own LiteLLM: it does not tell which of its targets it has tried. */
  routesUnseen?: true;
  /** Gives the place back, once; a second time does nothing. */
  release(): void;
}

/** The models to serve. `version` grows with each change; equal versions are the same config. */
export interface GatewayConfig {
  version: number;
  models: readonly GatewayModel[];
}

export interface GatewayModel {
  alias: string;
  targets: readonly GatewayTarget[];
}

export interface GatewayTarget {
  /** What LiteLLM names it by in answers; unique in its model. */
  id: string;
  /** A LiteLLM model string, such as `openai/gpt-5-mini`. */
  model: string;
  /** The credential's key in plain text; handed to children by environment only. */
  apiKey: string | undefined;
  apiBase: string | undefined;
  /** Share of calls among the alias's targets; 1 by default. */
  weight: number;
  /** Targets of the lowest order are called, those of the next when these have failed. */
  order: number;
  timeoutMs: number;
  retries: number;
  /** Given by the operator; undefined leaves them to LiteLLM's price book. */
  prices: TargetPrices | undefined;
}

export type GatewayState =
  | "waiting" // no config applied yet: the database is not up
  | "installing"
  | "starting"
  | "ready"
  | "updating" // children serve, a newer config is being rolled out
  | "restarting" // no child serves, one is on its way back
  | "failed" // cannot go on by itself: `problem` says what to do
  | "stopped";

export interface GatewayStatus {
  state: GatewayState;
  mode: "managed" | "binary" | "external";
  /** LiteLLM's version, once known. */
  version: string | undefined;
  /** What is wrong and what to do, in one sentence for an operator. */
  problem: string | undefined;
  /** Installing: percent 0–100 and the step in words. */
  install: { percent: number; step: string } | undefined;
  /** The newest config and the one that the running children serve. */
  wantedConfig: number | undefined;
  servedConfig: number | undefined;
  children: readonly GatewayChild[];
  /** Last lines of installer and children, newest last, at most 200; secrets removed. */
  logTail: readonly string[];
}

export interface GatewayChild {
  pid: number | undefined;
  port: number;
  state: "starting" | "ready" | "draining" | "exited";
  configVersion: number;
  callsInFlight: number;
  restarts: number;
  startedAt: string | undefined;
  lastExit: string | undefined;
}

/** Nano-dollars per million tokens by kind; absent = not known. */
export interface BookPrice {
  inputNanosPerMillion: bigint;
  outputNanosPerMillion: bigint;
  cachedInputNanosPerMillion?: bigint;
  cacheWriteNanosPerMillion?: bigint;
  reasoningNanosPerMillion?: bigint;
  audioInputNanosPerMillion?: bigint;
  audioOutputNanosPerMillion?: bigint;
  imageInputNanosPerMillion?: bigint;
  /** Of calls with more input tokens than `aboveTokens`. */
  longContext?: LongContextPrices;
  maxOutputTokens?: number;
  mode?: string;
}

export type PriceBook = ReadonlyMap<string, BookPrice>;
