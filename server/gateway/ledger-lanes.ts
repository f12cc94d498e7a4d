import { isContentError } from "../../db/sql-state.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { delay, inTime } from "../kernel/waiting.ts";
import { Lane } from "./lane.ts";
import * as store from "./store.ts";

/** Most items of one statement; more gains nothing and holds its locks longer. */
const BATCH = 64;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** How long an answer waits for its settle; what is not booked by then is booked later. */
const SETTLE_PATIENCE_MS = 10_000;

/**
 * Opens and settles calls in lanes of one statement each. An open either is accepted or throws; a settle is repeated until
 * it is committed, whatever happens to the connection, and counts as pending until then.
 */
export class LedgerLanes {
  readonly #context: Context;
  readonly #opens: Lane<store.OpenItem, store.OpenOutcome>;
  readonly #settles: Lane<store.SettleItem, store.SettleOutcome>;
  readonly #pending = new Set<Promise<void>>();

  constructor(context: Context) {
    this.#context = context;
    const now = () => new Date(context.clock.now());
    this.#opens = new Lane({
      send: (items) => store.openCalls(context.database, now(), context.instanceId, items),
      limit: BATCH,
      isContentError,
    });
    this.#settles = new Lane({
      send: (items) => store.settleCalls(context.database, now(), items),
      limit: BATCH,
      isContentError,
    });
  }

  async open(item: store.OpenItem): Promise<store.OpenOutcome> {
    try {
      return await this.#opens.add(item);
    } catch (error) {
      if (error instanceof DomainError) throw error;
      // The connection may have broken after the commit: then a row stands in flight that nobody would end.
      if (!isContentError(error)) void this.settle(abandoned(item));
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

  /** Resolves when the end of the call is booked, or after ten seconds while it goes on being tried. */
  async settle(item: store.SettleItem): Promise<void> {
    const booked = this.#untilBooked(item);
    this.#pending.add(booked);
    void booked.finally(() => this.#pending.delete(booked));
    await inTime(booked, SETTLE_PATIENCE_MS);
  }

  /** Resolves when every settle that was asked for is booked. */
  async drained(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  async #untilBooked(asked: store.SettleItem): Promise<void> {
    let item = asked;
    for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_RETRY_MS)) {
      try {
        const outcome = await this.#settles.add(item);
        if (outcome === "swept")
          this.#context.log.warn("a call ended after it had been swept", { callId: item.callId });
        return;
      } catch (error) {
        this.#context.log.error("a settle failed and is tried again", {
          callId: item.callId,
          error,
        });
        // A text that PostgreSQL refuses must not keep the money from being booked.
        if (isContentError(error))
          item = { ...item, errorMessage: undefined, target: undefined, finishReason: undefined };
        await delay(delayMs);
      }
    }
  }
}

function abandoned(item: store.OpenItem): store.SettleItem {
  return {
    callId: item.callId,
    jobId: item.jobId,
    status: "aborted",
    target: undefined,
    usage: undefined,
    providerCostNanos: 0n,
    litellmCostNanos: undefined,
    costFlags: [],
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
