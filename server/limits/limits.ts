import type { Clock } from "../kernel/clock.ts";
import type { ModelAlias } from "../models/catalog.ts";
import type { CallSize } from "../pricing/worst-case.ts";
import type { RedisConnection } from "../redis/connection.ts";
import { MINUTE, type Taking, type WindowShape } from "./counts.ts";
import { rateLimitHeaders, type ReadScope } from "./headers.ts";
import { LocalCounts } from "./local-counts.ts";
import { Places } from "./places.ts";
import { rateLimited } from "./refusal.ts";
import { type Demand, demandOf, type LimitedPrincipal, type Scope, scopesOf } from "./scopes.ts";
import { SharedCounts } from "./shared-counts.ts";
import { TokenEstimates } from "./token-estimates.ts";

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

/**
 * Limits of teams, keys and models: requests and tokens a minute, calls at once. With Redis they count over all instances;
 * while it is away, or without it, each instance counts by itself.
 * States: idle → (start) running → (stop) stopped; calls are admitted in all of them, leases are renewed while running.
 */
export class Limits {
  readonly #options: LimitsOptions;
  readonly #local: LocalCounts;
  readonly #shared: SharedCounts | undefined;
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
    this.#places = new Places(options.instanceId);
    this.#windowMs = (shape.buckets + 1) * shape.bucketMs;
    redis?.onReady(() => {
      this.#sharedSinceMs = performance.now();
      this.#renew();
    });
  }

  start(): void {
    const { leaseMs = LEASE_MS } = this.#options;
    this.#timer ??= setInterval(() => {
      this.#local.sweep(this.#options.clock.now());
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
    // What was let through while Redis was away is not known to it: until that has left the window, both count.
    const sharedDecides = shared && performance.now() - this.#sharedSinceMs > this.#windowMs;
    const nowMs = this.#options.clock.now();
    const mine = this.#local.take(demands, nowMs, { always: sharedDecides === true });
    if (mine.exceeded && !sharedDecides) throw rateLimited(demands, mine);
    const place = this.#places.add(demands);
    const theirs = shared && (await shared.take(demands, place).catch(() => undefined));
    const refused = theirs ? theirs.exceeded && theirs : mine.exceeded && mine;
    if (refused) {
      this.#places.remove(place);
      this.#local.end(demands, { buckets: mine.buckets, ending: "cancelled", nowMs });
      throw rateLimited(demands, refused);
    }
    return this.#permit({ demands, modelId, place, mine, theirs });
  }

  #permit(admitted: {
    demands: readonly Demand[];
    modelId: string;
    place: string;
    mine: Taking;
    /** Undefined = Redis was away. */
    theirs: Taking | undefined;
  }): Permit {
    const { demands, modelId, place, mine, theirs } = admitted;
    const { readings, nowMs } = theirs ?? mine;
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
    const read = demands.map(({ scope }, index) => ({ scope, reading: readings[index]! }));
    return {
      headers: rateLimitHeaders(read, nowMs),
      settle: ({ inputTokens, outputTokens }) => {
        tokens = inputTokens + outputTokens;
        if (tokens > 0) this.#estimates.learn(modelId, outputTokens);
      },
      release: () => end({ tokens }),
      cancel: () => end("cancelled"),
    };
  }

  #renew(): void {
    if (this.#shared?.ready) this.#shared.renew(this.#places.byKey());
  }
}
