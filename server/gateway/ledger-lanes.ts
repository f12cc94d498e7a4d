import { setTimeout as wait } from "node:timers/promises";
import { isContentError, isStatementError } from "../../db/sql-state.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { inTime } from "../kernel/waiting.ts";
import { CallsUnderWay } from "./calls-under-way.ts";
import { Lane } from "./lane.ts";
import { Pace } from "./pace.ts";
import { isPlainOpen, isPlainSettle, PlainLane } from "./plain-lane.ts";
import { plainCalls } from "./plain-store.ts";
import * as store from "./store.ts";

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** How long an answer waits for its settle; what is not booked by then is booked later. */
const SETTLE_PATIENCE_MS = 10_000;

/**
 * Opens and settles calls in lanes of one statement each. An open either is accepted or throws; a settle is repeated until
 * it is committed, whatever happens to the connection, and counts as pending until then. One that the database refuses goes
 * on alone and ever simpler, so that none rides with it; refused at its simplest while others are booked, it is given up, and
 * the call left to the sweeper. After `stop` nothing is repeated: what is not booked by then is left in flight, for the next
 * start to resolve.
 */
export class LedgerLanes {
  readonly #context: Context;
  readonly #onSettle: (item: store.SettleItem) => void;
  readonly #plain: PlainLane;
  readonly #opens: Lane<store.OpenItem, store.OpenOutcome>;
  readonly #settles: Lane<store.SettleItem, store.SettleOutcome>;
  /** In a statement of its own. */
  readonly #settleAlone: (item: store.SettleItem) => Promise<store.SettleOutcome>;
  readonly underWay = new CallsUnderWay();
  readonly #pace = new Pace();
  readonly #pending = new Set<Promise<unknown>>();
  readonly #stopped = new AbortController();
  /** How many settles are booked: where it grows, the database refuses an item and not all of them. */
  #booked = 0;

  /** `onSettle` is told of the end of each call as it is asked for. */
  constructor(context: Context, onSettle: (item: store.SettleItem) => void = () => {}) {
    this.#context = context;
    this.#onSettle = onSettle;
    const open = (items: readonly store.OpenItem[]) =>
      store.openCalls(context.database, this.#now(), context.instanceId, items);
    const settle = (items: readonly store.SettleItem[]) =>
      store.settleCalls(context.database, this.#now(), items);
    this.#settleAlone = async (item) => (await settle([item]))[0]!;
    const company = () => {
      const ms = this.#pace.waitMs(this.underWay.size);
      return ms > 0 ? wait(ms) : undefined;
    };
    this.#opens = new Lane({ isOfBatch: isStatementError, company, send: open });
    this.#settles = new Lane({ isOfBatch: isStatementError, company, send: settle });
    this.#plain = new PlainLane({
      company,
      open: async (item) => (await open([item]))[0]!,
      settle: this.#settleAlone,
      together: (items) => plainCalls(context.database, this.#now(), context.instanceId, items),
    });
  }

  async open(item: store.OpenItem): Promise<store.OpenOutcome> {
    this.underWay.begin(item, this.#context.clock.now());
    try {
      const outcome =
        (isPlainOpen(item) ? await this.#plain.open(item) : undefined) ??
        (await this.#opens.add(item));
      if (outcome.outcome === "opened") this.underWay.opened(item, outcome.jobId);
      else this.underWay.end(item.callId);
      return outcome;
    } catch (error) {
      // Content that PostgreSQL refuses should never have come this far: a fault of ours, not the database's.
      if (error instanceof DomainError || isContentError(error)) {
        if (!(error instanceof DomainError)) {
          const { callId } = item;
          this.#context.log.error("the database refuses to open a call", { callId, error });
        }
        this.underWay.end(item.callId);
        throw error;
      }
      // The connection may have broken after the commit: then a row stands in flight that nobody would end.
      void this.settle(abandoned(item));
      throw new DomainError(
        "database_unavailable",
        "The database does not answer. Try again in a moment.",
        {
          cause: error,
          retryAfterSeconds: 2,
        },
      );
    }
  }

  /** Resolves when the end of the call is booked; with undefined after ten seconds, while it goes on, or when it is given up. */
  async settle(item: store.SettleItem): Promise<store.SettleOutcome | undefined> {
    this.#onSettle(item);
    this.#pace.saw(item);
    const booked = this.#untilBooked(item);
    this.#pending.add(booked);
    void booked.finally(() => this.#pending.delete(booked));
    return inTime(booked, SETTLE_PATIENCE_MS);
  }

  /** Resolves when every settle that was asked for is booked. */
  async drained(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** Gives up what is still pending. Twice is fine. */
  stop(): void {
    if (this.#pending.size > 0) {
      this.#context.log.warn("calls are left to the next start", { calls: this.#pending.size });
    }
    this.#stopped.abort();
  }

  #now(): Date {
    return new Date(this.#context.clock.now());
  }

  /** Beside others in a lane: that of plain calls where it is one, else, or when it is left there, the general one. */
  async #settleInLane(item: store.SettleItem): Promise<store.SettleOutcome> {
    const isPlain = isPlainSettle(item) && !this.underWay.hasBudgets(item.callId);
    const outcome = isPlain ? await this.#plain.settle(item) : undefined;
    return outcome ?? this.#settles.add(item);
  }

  async #untilBooked(asked: store.SettleItem): Promise<store.SettleOutcome | undefined> {
    const { signal } = this.#stopped;
    const { log } = this.#context;
    const { callId } = asked;
    let item = asked;
    /** What is sent when that is refused. */
    let forms: store.SettleItem[] | undefined;
    /** Settles that were booked when this one was first refused. */
    let bookedBefore: number | undefined;
    for (
      let delayMs = FIRST_RETRY_MS;
      !signal.aborted;
      delayMs = Math.min(delayMs * 2, LONGEST_RETRY_MS)
    ) {
      try {
        const outcome = await (bookedBefore === undefined
          ? this.#settleInLane(item)
          : this.#settleAlone(item));
        this.#booked += 1;
        this.underWay.end(callId);
        if (outcome.outcome === "swept") {
          log.warn("a call ended after it had been swept", { callId });
        }
        return outcome;
      } catch (error) {
        if (signal.aborted) return undefined;
        if (isContentError(error)) {
          bookedBefore ??= this.#booked;
          forms ??= simpler(asked);
          const next = forms.shift();
          if (next) {
            item = next;
          } else if (this.#booked > bookedBefore) {
            log.error("a settle is given up: the database refuses it", { callId, error });
            this.underWay.giveUp(callId);
            return undefined;
          }
        }
        log.error("a settle failed and is tried again", { callId, error });
        await wait(delayMs, undefined, { signal }).catch(() => {});
      }
    }
    return undefined;
  }
}

/** What PostgreSQL refuses must not keep a call in flight: first its texts go, then its figures, flagged. */
function simpler(item: store.SettleItem): store.SettleItem[] {
  const noTexts = { errorMessage: undefined, target: undefined, attempts: undefined };
  const noFigures = { usage: undefined, providerCostNanos: undefined, litellmCostNanos: undefined };
  const bare = { ...item, ...noTexts, finishReason: undefined };
  return [bare, { ...bare, ...noFigures, costFlags: ["unpriced", "estimated"] }];
}

function abandoned(item: store.OpenItem): store.SettleItem {
  return {
    callId: item.callId,
    // With a reference the job may be another one than was asked for.
    jobId: item.create ? undefined : item.jobId,
    status: "aborted",
    target: undefined,
    usage: undefined,
    providerCostNanos: 0n,
    litellmCostNanos: undefined,
    costFlags: [],
    walletId: item.walletId,
    charge: 0n,
    cacheHit: false,
    latencyMs: 0,
    firstTokenMs: undefined,
    finishReason: undefined,
    errorCode: "database_unavailable",
    errorMessage: undefined,
    claimId: item.claim?.id,
    answer: undefined,
    endJob: item.create?.endsWithCall ? "failed" : undefined,
  };
}
