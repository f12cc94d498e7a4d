import { requireGranted } from "../browser/calls.ts";
import type { BodyStore } from "../bodies/body-store.ts";
import type { ResponseCache } from "../cache/response-cache.ts";
import type { Context } from "../context.ts";
import { isUuid } from "../kernel/ids.ts";
import { jobNotFound } from "../jobs/lifecycle.ts";
import type { Limits, Permit } from "../limits/limits.ts";
import type { Upstream } from "../litellm/upstream.ts";
import type { CallSize } from "../pricing/worst-case.ts";
import type { Keeping } from "./audience.ts";
import { type CallRequest, openItem, type OpenedCall, shuttingDown } from "./call.ts";
import { CachedCalls, type Caching } from "./cached-calls.ts";
import {
  billedBefore,
  idHeaders,
  type JsonAnswer,
  type Replay,
  runJsonCall,
  type ShapeAnswer,
} from "./json-call.ts";
import { LedgerLanes } from "./ledger-lanes.ts";
import { limited } from "./limited-calls.ts";
import { sizeOf } from "./parameters.ts";
import { openRefusal } from "./refusals.ts";
import type { StreamStop } from "./relay.ts";
import type { Retries } from "./retries.ts";
import { runStreamCall, type StreamClient, type StreamOrReplay } from "./stream-call.ts";
import { byBytes, type TokenCounter } from "./tokens/token-counter.ts";
import { sentLimits } from "./worst-case.ts";

/** An opened call that can be told to stop. */
export interface RunningCall {
  jobId: string;
  permit: Permit | undefined;
  /** Streams end with an error event; JSON calls run out and ignore it. */
  stop(reason: StreamStop): void;
}

export interface CallsOptions {
  upstream: Pick<Upstream, "acquire">;
  /** Between two comments on a stream whose model is silent; 15 s unless a test shortens it. */
  streamCommentMs: number;
  /** How long a client may take nothing of a stream before its connection is given up; 30 s unless a test shortens it. */
  streamStallMs?: number;
  /** Stores requests and answers where that is asked for; undefined = never. */
  bodies?: Pick<BodyStore, "begin">;
  /** First tries of SDKs, for their retries; undefined = each request is a call of its own. */
  retries?: Retries;
  /** Requests and tokens a minute, calls at once; undefined = nothing is limited. */
  limits?: Pick<Limits, "admit">;
  /** Answers of equal requests; undefined = each goes upstream. */
  cache?: ResponseCache;
  /** Counts what a provider has not; undefined = by the bytes of the texts. */
  tokens?: TokenCounter;
}

/** The system's buffers hold megabytes: who has let them fill up, and then takes nothing for so long, is not merely slow. */
const STALL_MS = 30_000;

/**
 * The call path behind the routes: a place at the gateway, a durable row, the upstream, the settle. Takes calls from its
 * creation until `drain`; then refuses new ones and waits for those that run.
 */
export class Calls {
  readonly #context: Context;
  readonly #options: CallsOptions;
  readonly #lanes: LedgerLanes;
  readonly #cached: CachedCalls | undefined;
  readonly #running = new Map<string, RunningCall>();
  #draining = false;
  #onIdle: (() => void) | undefined;

  constructor(context: Context, options: CallsOptions) {
    this.#context = context;
    this.#options = options;
    this.#lanes = new LedgerLanes(context, ({ callId, usage }) => {
      if (usage) this.#running.get(callId)?.permit?.settle(usage);
    });
    const { cache, bodies } = options;
    if (cache) this.#cached = new CachedCalls(context, { cache, bodies, lanes: this.#lanes });
  }

  /** A JSON call, from its place at the gateway to its settled end. It runs out even when its client leaves. */
  async json(request: CallRequest, shape: ShapeAnswer): Promise<JsonAnswer> {
    this.#requireOpen(request);
    const { retries } = this.#options;
    const { attempt } = request;
    const work = async () => {
      await requireGranted(this.#context, request);
      const run = (of: CallRequest, caching?: Caching) => this.#json(of, shape, caching);
      return limited(this.#options.limits, request, (of) =>
        this.#cached ? this.#cached.json(of, shape, (caching) => run(of, caching)) : run(of),
      );
    };
    return retries && attempt ? retries.json(attempt, work) : work();
  }

  /** A streamed call; resolves when the upstream has begun to answer. */
  async stream(request: CallRequest, client: StreamClient): Promise<StreamOrReplay> {
    this.#requireOpen(request);
    const { retries } = this.#options;
    const { attempt } = request;
    const work = async () => {
      await requireGranted(this.#context, request);
      const run = (of: CallRequest, caching?: Caching) => this.#stream(of, client, caching);
      return limited(this.#options.limits, request, (of) =>
        this.#cached ? this.#cached.stream(of, client, (caching) => run(of, caching)) : run(of),
      );
    };
    return retries && attempt ? retries.stream(attempt, work) : work();
  }

  async #json(
    request: CallRequest,
    shape: ShapeAnswer,
    caching: Caching | undefined,
  ): Promise<JsonAnswer> {
    const opened = await this.#open(request, false, caching);
    if ("replay" in opened) return opened;
    return this.#tracked(
      opened,
      () => {},
      () => runJsonCall({ ...this.#parts, call: opened, shape }),
    );
  }

  async #stream(
    request: CallRequest,
    client: StreamClient,
    caching: Caching | undefined,
  ): Promise<StreamOrReplay> {
    const opened = await this.#open(request, true, caching);
    if ("replay" in opened) return opened;
    let stopStream: ((reason: StreamStop) => void) | undefined;
    const answer = await this.#tracked(
      opened,
      (reason) => stopStream?.(reason),
      () =>
        runStreamCall({
          ...this.#parts,
          call: opened,
          client,
          keeping: this.#keeping(request),
          commentMs: this.#options.streamCommentMs,
          stallMs: this.#options.streamStallMs ?? STALL_MS,
          onStop: (stop) => (stopStream = stop),
        }),
      (result) => result.settled,
    );
    return answer;
  }

  /** What a running call works with. */
  get #parts() {
    const { tokens = byBytes } = this.#options;
    return { context: this.#context, lanes: this.#lanes, tokens };
  }

  /** What the heartbeat tells others of this instance's calls. */
  get underWay() {
    return this.#lanes.underWay;
  }

  get inFlight(): number {
    return this.#running.size;
  }

  /** Stops this instance's streams of a job that has just ended. */
  jobEnded(jobId: string): void {
    for (const call of this.#running.values()) {
      if (call.jobId === jobId) call.stop("job_ended");
    }
  }

  /** Stops own streams by id, as the heartbeat tells. */
  stopCalls(callIds: readonly string[], reason: StreamStop): void {
    for (const id of callIds) this.#running.get(id)?.stop(reason);
  }

  /** Takes no new calls, lets running ones end, cuts streams at the deadline, and resolves when all is settled. */
  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    const cut = setTimeout(() => {
      for (const call of this.#running.values()) call.stop("shutting_down");
    }, deadlineMs);
    if (this.#running.size > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    clearTimeout(cut);
    await this.#cached?.drained();
    await this.#lanes.drained();
  }

  /** After `drain`, or its deadline: what is not booked is left to the next start. */
  stop(): void {
    this.#lanes.stop();
  }

  /** Whether a stream goes on when its client leaves. */
  #keeping({ claim, attempt }: CallRequest): Keeping {
    if (claim) return "always";
    return attempt && this.#options.retries ? "until_first_byte" : "never";
  }

  #requireOpen(request: CallRequest): void {
    if (this.#draining) throw shuttingDown();
    // A malformed id cannot be a job's.
    if ("id" in request.job && !isUuid(request.job.id)) throw jobNotFound();
  }

  async #open(
    request: CallRequest,
    stream: boolean,
    caching: Caching | undefined,
  ): Promise<OpenedCall | Replay> {
    // It may have waited for another call since it came.
    if (this.#draining) throw shuttingDown();
    const lease = await this.#options.upstream.acquire({
      alias: request.alias.gatewayName,
      teamId: request.principal.teamId,
    });
    try {
      const startedMs = performance.now();
      const text = JSON.stringify(request.parameters);
      const size = sizeOf(request, text);
      const { item, outcome, priced } = await this.#granted(request, size, stream);
      if (outcome.outcome === "replay") {
        lease.release();
        return { replay: outcome.sealedResponse!, billed: billedBefore(outcome) };
      }
      if (outcome.outcome !== "opened") throw openRefusal(priced, outcome);
      const limits = sentLimits(priced, size, { asked: item, granted: outcome });
      const ids = { callId: item.callId, jobId: outcome.jobId };
      const headers = { ...idHeaders(ids), ...caching?.headers, ...limits.headers };
      return {
        ...ids,
        request: priced,
        lease,
        startedMs,
        text,
        sentLimit: limits.sent,
        headers,
        balance: outcome.balance,
        record: this.#options.bodies?.begin({ callId: item.callId, request: text, stream }),
        keeper: caching?.keeper,
      };
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /** Opens the call; anew, when its job was created under another plan version, by that one's prices. */
  async #granted(request: CallRequest, size: CallSize, stream: boolean) {
    let priced = request;
    let item = openItem(this.#context, { request: priced, size }, stream);
    let outcome = await this.#lanes.open(item);
    if (outcome.outcome === "other_terms") {
      priced = { ...request, charging: await request.chargingBy(outcome.planVersionId!) };
      item = openItem(this.#context, { request: priced, size }, stream);
      outcome = await this.#lanes.open(item);
    }
    return { item, outcome, priced };
  }

  /** Keeps a call in the register, and its place at the gateway, until it has ended; a stream ends when `ended` resolves. */
  async #tracked<Result>(
    call: OpenedCall,
    stop: RunningCall["stop"],
    run: () => Promise<Result>,
    ended?: (result: Result) => Promise<void>,
  ): Promise<Result> {
    this.#running.set(call.callId, { jobId: call.jobId, permit: call.request.permit, stop });
    const forget = () => {
      call.lease.release();
      this.#running.delete(call.callId);
      if (this.#running.size === 0) this.#onIdle?.();
    };
    try {
      const result = await run();
      if (ended) void ended(result).finally(forget);
      else forget();
      return result;
    } catch (error) {
      forget();
      throw error;
    }
  }
}
