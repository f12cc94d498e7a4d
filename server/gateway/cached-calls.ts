import type { BodyStore } from "../bodies/body-store.ts";
import { type CacheDirectives, noDirectives } from "../cache/directives.ts";
import { Flights } from "../cache/flights.ts";
import type { KeptAnswer } from "../cache/kept-answer.ts";
import { requestKey } from "../cache/request-key.ts";
import type { ResponseCache } from "../cache/response-cache.ts";
import type { Context } from "../context.ts";
import { inTime } from "../kernel/waiting.ts";
import { AnswerKeeper } from "./answer-keeper.ts";
import type { CallRequest } from "./call.ts";
import { CachedBooking } from "./cached-booking.ts";
import { jsonHit, streamHit } from "./cached-replies.ts";
import { totalTimeoutMs } from "./deadlines.ts";
import type { JsonAnswer, ShapeAnswer } from "./json-call.ts";
import type { LedgerLanes } from "./ledger-lanes.ts";
import type { StreamClient, StreamOrReplay } from "./stream-call.ts";

/** What a call that goes upstream does for the cache. */
export interface Caching {
  /** Undefined = its answer is for itself alone. */
  keeper: AnswerKeeper | undefined;
  headers: Readonly<Record<string, string>>;
}

type Run<Answer> = (caching: Caching | undefined) => Promise<Answer>;

/** A request that the cache may answer. */
interface Cacheable extends CacheDirectives {
  request: CallRequest;
  key: string;
  ttlSeconds: number;
  maxAgeSeconds: number;
  startedMs: number;
}

const missed = { "x-cache": "miss" };

/**
 * The step of the call path that answers from the cache. A request of an alias that keeps answers takes one of these ways: a
 * kept answer → booked as a hit. An equal JSON request under way → waits for it: its answer → booked as a hit; none, since it failed → tries
 * itself, the others then waiting for it. Neither → goes upstream, and what it brings is kept. Streams wait for
 * nobody and nobody for them, since they are as slow as their clients.
 */
export class CachedCalls {
  readonly #context: Context;
  readonly #cache: ResponseCache;
  readonly #bodies: Pick<BodyStore, "begin"> | undefined;
  readonly #booking: CachedBooking;
  readonly #flights = new Flights();
  readonly #pending = new Set<Promise<unknown>>();

  constructor(
    context: Context,
    parts: {
      cache: ResponseCache;
      lanes: LedgerLanes;
      bodies: Pick<BodyStore, "begin"> | undefined;
    },
  ) {
    this.#context = context;
    this.#cache = parts.cache;
    this.#bodies = parts.bodies;
    this.#booking = new CachedBooking(context, parts.lanes);
  }

  json(request: CallRequest, shape: ShapeAnswer, run: Run<JsonAnswer>): Promise<JsonAnswer> {
    const cacheable = cacheableOf(request);
    if (!cacheable) return run(undefined);
    return this.#tracked(
      this.#json(cacheable, (answer) => jsonHit(this.#parts, hitOf(cacheable, answer), shape), run),
    );
  }

  async stream(
    request: CallRequest,
    client: StreamClient,
    run: Run<StreamOrReplay>,
  ): Promise<StreamOrReplay> {
    // A response's events tell more than the response: nothing whole can be made of them, and not they of it.
    const cacheable = request.endpoint === "responses" ? undefined : cacheableOf(request);
    if (!cacheable) return run(undefined);
    const kept = await this.#read(cacheable);
    if (kept) {
      return this.#tracked(streamHit(this.#parts, hitOf(cacheable, kept), client));
    }
    return run(this.#keeping(cacheable, { stream: true }));
  }

  /** Resolves when no call waits for another or is being booked. */
  async drained(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  get #parts() {
    const [context, booking, cache, bodies] = [
      this.#context,
      this.#booking,
      this.#cache,
      this.#bodies,
    ];
    return { context, booking, cache, bodies };
  }

  async #json(
    cacheable: Cacheable,
    hit: (answer: KeptAnswer) => Promise<JsonAnswer>,
    run: Run<JsonAnswer>,
  ): Promise<JsonAnswer> {
    const { request, key, read, store } = cacheable;
    const alone = () => run(this.#keeping(cacheable, { stream: false }));
    const patienceMs = totalTimeoutMs(request.alias);
    while (read) {
      const kept = await this.#read(cacheable);
      if (kept) return hit(kept);
      const flight = this.#flights.get(key);
      if (!flight) return this.#lead(cacheable, run);
      // The same request again: its idempotency key says that it is running.
      if (flight.claimId !== undefined && flight.claimId === request.claim?.id) return alone();
      const leftMs = cacheable.startedMs + patienceMs - performance.now();
      const landed = leftMs > 0 ? await inTime(flight.landed, leftMs) : undefined;
      if (landed) return hit(landed);
      if (performance.now() - cacheable.startedMs >= patienceMs) return alone();
    }
    return store ? alone() : run({ keeper: undefined, headers: missed });
  }

  /** Goes upstream for all that ask the same meanwhile. */
  async #lead(cacheable: Cacheable, run: Run<JsonAnswer>): Promise<JsonAnswer> {
    const { key, request } = cacheable;
    const { land, forget } = this.#flights.begin(key, request.claim?.id);
    let stored: Promise<void> = Promise.resolve();
    const onEnd = (answer: KeptAnswer | undefined) => {
      if (answer) stored = this.#cache.write(key, answer, cacheable.ttlSeconds);
      land(answer);
    };
    try {
      return await run(this.#keeping(cacheable, { stream: false, onEnd }));
    } finally {
      // Before others look: without an answer the first of them leads.
      land(undefined);
      void stored.finally(forget);
    }
  }

  #read({ read, key, maxAgeSeconds }: Cacheable): Promise<KeptAnswer | undefined> {
    return read ? this.#cache.read(key, maxAgeSeconds) : Promise.resolve(undefined);
  }

  #keeping(
    { request, key, store, ttlSeconds }: Cacheable,
    of: { stream: boolean; onEnd?: (answer: KeptAnswer | undefined) => void },
  ): Caching {
    const keep = (answer: KeptAnswer | undefined) => {
      if (answer) void this.#cache.write(key, answer, ttlSeconds);
    };
    const keeper = new AnswerKeeper({
      request,
      stream: of.stream,
      now: () => this.#context.clock.now(),
      onEnd: of.onEnd ?? keep,
    });
    return { keeper: store ? keeper : undefined, headers: missed };
  }

  #tracked<Answer>(work: Promise<Answer>): Promise<Answer> {
    this.#pending.add(work);
    const forget = () => this.#pending.delete(work);
    work.then(forget, forget);
    return work;
  }
}

const hitOf = ({ request, startedMs }: Cacheable, answer: KeptAnswer) => ({
  request,
  startedMs,
  answer,
});

function cacheableOf(request: CallRequest): Cacheable | undefined {
  const { alias, endpoint, parameters, principal } = request;
  const ttlSeconds = alias.cacheTtlSeconds;
  if (ttlSeconds === 0) return undefined;
  const directives = request.caching ?? noDirectives;
  return {
    ...directives,
    request,
    key: requestKey({ teamId: principal.teamId, alias, endpoint, parameters }),
    ttlSeconds,
    maxAgeSeconds: Math.min(ttlSeconds, directives.maxAgeSeconds ?? ttlSeconds),
    startedMs: performance.now(),
  };
}
