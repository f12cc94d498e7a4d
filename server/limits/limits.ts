import type { Clock } from "../kernel/clock.ts";
import type { ModelAlias } from "../models/catalog.ts";
import type { CallSize } from "../pricing/worst-case.ts";
import type { RedisConnection } from "../redis/connection.ts";
import { MINUTE, spanMs, type Taking, type WindowShape } from "./counts.ts";
import { rateLimitHeaders, type ReadScope } from "./headers.ts";
import { LocalCounts } from "./local-counts.ts";
import { Places } from "./places.ts";
import { rateLimited } from "./refusal.ts";
import { type Demand, demandOf, type LimitedPrincipal, type Scope, scopesOf } from "./scopes.ts";
import { SharedCounts } from "./shared-counts.ts";
import { TokenEstimates } from "./token-estimates.ts";
import { Untold } from "./untold.ts";

/** A call's leave to run. `release` or `cancel` ends it; once, whatever comes after that does nothing. */
export interface Permit {
  /** `x-ratelimit-*` for its answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the call really took; without it the call counts as having taken no tokens. */
  settle(used: { inputTokens: number; outputTokens: number }): void;
  /** The call has ended, or did not run: its place is free, its tokens are put right. */
  release(): void;
  /** The call is not to count at all. */
  cancel(): void;
}

export interface LimitsOptions {
  clock: Clock;
  /** Unique among all instances. */
  instanceId: string;
  /** Undefined = every instance counts by itself. */
  redis?: RedisConnection | undefined;
  /** A minute, unless a test says otherwise. */
  shape?: WindowShape;
  /** How long a place outlives an instance that died; 10 s. */
  leaseMs?: number;
}

const LEASE_MS = 10_000;
/** Scopes that Redis is told of at once: it answers nobody else meanwhile. */
const TOLD_AT_ONCE = 100;

/**
 * Limits of teams, keys and models: requests and tokens a minute, calls at once. With Redis they count over all instances;
 * without it each instance counts by itself. While Redis is away, too, but what the others were last known to have let
 * through counts for a minute, and Redis hears of the calls it was not asked for when it is back: a moment's absence lets
 * no more through than the limit.
 * States: idle → (start) running → (stop) stopped; calls are admitted in all of them, leases are renewed while running.
 */
export class Limits {
  readonly #options: LimitsOptions;
  readonly #local: LocalCounts;
  readonly #shared: SharedCounts | undefined;
  readonly #untold: Untold;
  readonly #places: Places;
  readonly #estimates = new TokenEstimates();
  readonly #windowMs: number;
  /** When Redis has become ready; by `performance.now()`. */
  #sharedSinceMs = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: LimitsOptions) {
    this.#options = options;
    const { shape = MINUTE, leaseMs = LEASE_MS, redis } = options;
    this.#local = new LocalCounts(shape);
    this.#shared = redis && new SharedCounts(redis, { shape, leaseMs });
    this.#untold = new Untold(shape);
    this.#places = new Places(options.instanceId);
    this.#windowMs = spanMs(shape);
    redis?.onReady(() => {
      this.#sharedSinceMs = performance.now();
      void this.#tell();
      this.#renew();
    });
  }

  start(): void {
    const { leaseMs = LEASE_MS } = this.#options;
    this.#timer ??= setInterval(() => {
      this.#local.sweep(this.#options.clock.now());
      this.#untold.sweep(this.#options.clock.now());
      this.#renew();
    }, leaseMs / 4);
  }

  /** Twice and never started are fine. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** Leave for a call to run; undefined = nothing limits it. Throws `rate_limited`, which consumes nothing. */
  async admit(call: {
    principal: LimitedPrincipal;
    alias: Pick<ModelAlias, "id" | "name" | "limits">;
    /** Asked where tokens are limited only: it takes a look at the whole request. */
    size: () => CallSize;
  }): Promise<Permit | undefined> {
    const { principal, alias } = call;
    const scopes = scopesOf(principal, alias);
    if (scopes.length === 0) return undefined;
    const countsTokens = scopes.some(({ limits }) => limits.tokensPerMinute !== undefined);
    const tokens = countsTokens ? this.#estimates.of(alias.id, call.size()) : 0;
    return this.#admit(
      scopes.map((scope) => demandOf(scope, tokens)),
      alias.id,
    );
  }

  /** What a team and a key have used of their limits. */
  async used(principal: LimitedPrincipal): Promise<readonly ReadScope[]> {
    return this.usedOf(scopesOf(principal));
  }

  async usedOf(scopes: readonly Scope[]): Promise<readonly ReadScope[]> {
    if (scopes.length === 0) return [];
    const readings = await this.#read(scopes);
    return scopes.map((scope, index) => ({ scope, reading: readings[index]! }));
  }

  async #read(scopes: readonly Scope[]) {
    if (this.#shared?.ready) {
      const readings = await this.#shared.read(scopes).catch(() => undefined);
      if (readings) return readings;
    }
    return scopes.map((scope) => this.#local.read(scope, this.#options.clock.now()));
  }

  async #admit(demands: readonly Demand[], modelId: string): Promise<Permit> {
    const shared = this.#shared?.ready ? this.#shared : undefined;
    // A Redis that was started anew knows nothing of what was let through before: until that has left the window, both count.
    const sharedDecides = shared && performance.now() - this.#sharedSinceMs > this.#windowMs;
    const nowMs = this.#options.clock.now();
    const mine = this.#local.take(demands, nowMs, { always: sharedDecides === true });
    if (mine.exceeded && !sharedDecides) throw rateLimited(demands, mine);
    const place = this.#places.next();
    let isUntold = false;
    const onLate = (buckets: readonly number[]) => {
      if (isUntold) this.#untold.add(usesOf(demands, -1), this.#options.clock.now());
      else shared?.end(demands, { place, buckets, ending: "cancelled" });
    };
    const theirs = await shared?.take(demands, place, onLate).catch(() => undefined);
    const taking = theirs ?? this.#local.besideOthers(demands, mine);
    if (taking.exceeded)
      this.#local.end(demands, { buckets: mine.buckets, ending: "cancelled", nowMs });
    if (theirs) this.#local.learn(demands, theirs.readings, nowMs);
    if (taking.exceeded) throw rateLimited(demands, taking);
    this.#places.hold(place, demands);
    isUntold = this.#shared !== undefined && theirs === undefined;
    if (isUntold) this.#untold.add(usesOf(demands, 1), nowMs);
    const headers = rateLimitHeaders(readOf(demands, taking), taking.nowMs);
    return this.#permit({ demands, modelId, place, headers, mine, theirs });
  }

  #permit(admitted: {
    demands: readonly Demand[];
    modelId: string;
    place: string;
    headers: Permit["headers"];
    mine: Taking;
    /** Undefined = Redis was away. */
    theirs: Taking | undefined;
  }): Permit {
    const { demands, modelId, place, headers, mine, theirs } = admitted;
    let tokens = 0;
    let hasEnded = false;
    const end = (ending: { tokens: number } | "cancelled") => {
      if (hasEnded) return;
      hasEnded = true;
      this.#places.remove(place);
      const endedMs = this.#options.clock.now();
      this.#local.end(demands, { buckets: mine.buckets, ending, nowMs: endedMs });
      this.#shared?.end(demands, { place, buckets: theirs?.buckets, ending });
    };
    return {
      headers,
      settle: ({ inputTokens, outputTokens }) => {
        tokens = inputTokens + outputTokens;
        if (tokens > 0) this.#estimates.learn(modelId, outputTokens);
      },
      release: () => end({ tokens }),
      cancel: () => end("cancelled"),
    };
  }

  async #tell(): Promise<void> {
    const uses = this.#untold.drain(this.#options.clock.now());
    for (let at = 0; at < uses.length; at += TOLD_AT_ONCE) {
      try {
        await this.#shared?.tell(uses.slice(at, at + TOLD_AT_ONCE));
      } catch {
        this.#untold.add(uses.slice(at), this.#options.clock.now());
        return;
      }
    }
  }

  #renew(): void {
    if (this.#shared?.ready) this.#shared.renew(this.#places.byKey());
  }
}

const readOf = (demands: readonly Demand[], { readings }: Taking) =>
  demands.map(({ scope }, index) => ({ scope, reading: readings[index]! }));

const usesOf = (demands: readonly Demand[], calls: 1 | -1) =>
  demands.map(({ scope, tokens }) => ({ scope, requests: calls, tokens: calls * tokens }));
