import type { RedisConnection, RedisScript } from "../redis/connection.ts";
import {
  correction,
  type Ending,
  type LimitName,
  type Reading,
  type Taking,
  type WindowShape,
} from "./counts.ts";
import { countsInWindow, type Demand, type Scope, type Use } from "./scopes.ts";
import { endScript, readScript, renewScript, takeScript } from "./scripts.ts";

const PREFIX = "saas-litellm:limit";
const limitNames: readonly LimitName[] = [
  "requestsPerMinute",
  "tokensPerMinute",
  "concurrentCalls",
];
/** Of a reply: the time, the position and limit exceeded and when it is free; then of each scope. */
const HEAD = 4;
const EACH = 5;

/** What all instances have let through, counted in Redis: one round trip a call, and one that nobody waits for at its end. */
export class SharedCounts {
  readonly #redis: Pick<RedisConnection, "ready">;
  readonly #shape: readonly [bucketMs: number, buckets: number];
  readonly #leaseMs: number;
  readonly #take: RedisScript;
  readonly #read: RedisScript;
  readonly #end: RedisScript;
  readonly #renew: RedisScript;

  constructor(
    redis: Pick<RedisConnection, "ready" | "script">,
    options: { shape: WindowShape; leaseMs: number },
  ) {
    this.#redis = redis;
    this.#shape = [options.shape.bucketMs, options.shape.buckets];
    this.#leaseMs = options.leaseMs;
    this.#take = redis.script("takeLimits", takeScript);
    this.#read = redis.script("readLimits", readScript);
    this.#end = redis.script("endLimits", endScript);
    this.#renew = redis.script("renewLimits", renewScript);
  }

  get ready(): boolean {
    return this.#redis.ready;
  }

  /**
   * Takes a request, tokens and a place in every scope, or nothing. Rejects when Redis does not answer in time; `onLate` is
   * told the buckets of a call that was counted after all.
   */
  async take(
    demands: readonly Demand[],
    place: string,
    onLate: (buckets: readonly number[]) => void,
  ): Promise<Taking> {
    const reply = await this.#take(
      keysOf(demands.map(({ scope }) => scope)),
      [
        ...this.#shape,
        this.#leaseMs,
        place,
        ...demands.flatMap(({ scope, tokens }) => [...limitsOf(scope), tokens]),
      ],
      (late) => {
        const { exceeded, buckets } = fromReply(late);
        if (exceeded === undefined) onLate(buckets);
      },
    );
    return fromReply(reply);
  }

  /**
   * Gives the places back and puts the tokens right. Nobody waits: what is lost with Redis ends with its lease. Without
   * buckets the call was not counted here, and only its places are given back.
   */
  end(
    demands: readonly Demand[],
    call: { place: string; buckets: readonly number[] | undefined; ending: Ending },
  ): void {
    const changes = demands.flatMap(({ scope, tokens: reserved }, index) => {
      const { requests, tokens } = correction(call.ending, reserved);
      if (call.buckets === undefined || !countsInWindow(scope.limits)) return [-1, 0, 0];
      const counted = scope.limits.tokensPerMinute === undefined ? 0 : tokens;
      return [call.buckets[index]!, requests, counted];
    });
    const keys = keysOf(demands.map(({ scope }) => scope));
    this.#end(keys, [...this.#shape, call.place, ...changes]).catch(() => {});
  }

  /** Counts what was let through without asking. Rejects when Redis does not answer. */
  async tell(uses: readonly Use[]): Promise<void> {
    const counted = uses.flatMap(({ requests, tokens }) => [-1, requests, tokens]);
    await this.#end(keysOf(uses.map(({ scope }) => scope)), [...this.#shape, "", ...counted]);
  }

  /** What scopes have used. Rejects when Redis does not answer. */
  async read(scopes: readonly Scope[]): Promise<readonly Reading[]> {
    const values = scopes.flatMap((scope) => [...limitsOf(scope), 0]);
    return fromReply(await this.#read(keysOf(scopes), [...this.#shape, ...values])).readings;
  }

  /** Keeps places for another lease, also in a Redis that has forgotten them. */
  renew(places: ReadonlyMap<string, readonly string[]>): void {
    for (const [key, members] of places) {
      this.#renew([key], [this.#leaseMs, ...members]).catch(() => {});
    }
  }
}

/** Where a scope's calls in flight are kept. */
export const placesKey = ({ kind, id }: Scope) => `${PREFIX}:${kind}:${id}:calls`;

const keysOf = (scopes: readonly Scope[]) =>
  scopes.flatMap((scope) => [`${PREFIX}:${scope.kind}:${scope.id}`, placesKey(scope)]);

const limitsOf = ({ limits }: Scope) => limitNames.map((name) => limits[name] ?? 0);

function fromReply(reply: unknown): Taking & { buckets: readonly number[] } {
  const values = (reply as (number | string)[]).map(Number);
  const [nowMs, exceededScope, exceededLimit, freeAtMs] = values as [
    number,
    number,
    number,
    number,
  ];
  const readings: Reading[] = [];
  const buckets: number[] = [];
  for (let at = HEAD; at < values.length; at += EACH) {
    const [requests, tokens, calls, freeMs, bucket] = values.slice(at, at + EACH) as [
      number,
      number,
      number,
      number,
      number,
    ];
    readings.push({ requests, tokens, calls, freeAtMs: freeMs });
    buckets.push(bucket);
  }
  const exceeded =
    exceededScope === 0
      ? undefined
      : {
          index: exceededScope - 1,
          limit: limitNames[exceededLimit - 1]!,
          freeAtMs: exceededLimit === 3 ? undefined : freeAtMs,
        };
  return { exceeded, nowMs, readings, buckets };
}
