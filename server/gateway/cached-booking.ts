import { isContentError, isStatementError } from "../../db/sql-state.ts";
import type { KeptAnswer } from "../cache/kept-answer.ts";
import type { Context } from "../context.ts";
import { DomainError } from "../kernel/errors.ts";
import { type CallRequest, describedCall } from "./call.ts";
import { bookCachedCalls, type CachedItem, type CachedOutcome } from "./cached-store.ts";
import { billedBefore, type Replay } from "./json-call.ts";
import { Lane } from "./lane.ts";
import type { LedgerLanes } from "./ledger-lanes.ts";
import { openRefusal } from "./refusals.ts";
import type { OpenItem, OpenOutcome, SettleItem } from "./store.ts";

/** A call that is answered by an answer that is there already. */
export interface CachedCall {
  request: CallRequest;
  answer: KeptAnswer;
  stream: boolean;
  /** For its duration. */
  startedMs: number;
  /** What a repeat of a request with an idempotency key gets. */
  seal: (ids: { jobId: string; callId: string }) => NonNullable<SettleItem["answer"]>;
}

export interface Booked extends Pick<CachedOutcome, "charged" | "balance"> {
  callId: string;
  jobId: string;
}

/**
 * Books cached calls, each by one statement that opens and settles it. What the plan charges for a hit is held, which is nothing
 * where hits are free; a hit costs the operator nothing, so that budgets and caps of cost hold nothing.
 */
export class CachedBooking {
  readonly #context: Context;
  readonly #ledger: LedgerLanes;
  readonly #lane: Lane<CachedItem, CachedOutcome>;

  constructor(context: Context, ledger: LedgerLanes) {
    this.#context = context;
    this.#ledger = ledger;
    this.#lane = new Lane({
      send: (items) =>
        bookCachedCalls(context.database, new Date(context.clock.now()), context.instanceId, items),
      isOfBatch: isStatementError,
    });
  }

  /** Throws what `open` of a call is refused with. */
  async book(call: CachedCall): Promise<Booked | Replay> {
    let priced = call;
    let { item, outcome } = await this.#send(priced);
    if (outcome.outcome === "other_terms") {
      const { request } = call;
      const charging = await request.chargingBy(outcome.planVersionId!);
      priced = { ...call, request: { ...request, charging } };
      ({ item, outcome } = await this.#send(priced));
    }
    if (outcome.outcome === "replay") {
      return { replay: outcome.sealedResponse!, billed: billedBefore(outcome) };
    }
    if (outcome.outcome !== "opened") throw openRefusal(priced.request, outcome);
    const { jobId, charged, balance } = outcome;
    return { callId: item.open.callId, jobId, charged, balance };
  }

  async #send(call: CachedCall): Promise<{ item: CachedItem; outcome: CachedOutcome }> {
    const item = itemOf(this.#context, call);
    // Where a reference finds the job, the answer that is to be sealed names a job that is not known before.
    if (call.request.claim && item.open.create?.reference !== undefined) {
      return { item, outcome: await this.#inTwo(call, item) };
    }
    try {
      return { item, outcome: await this.#lane.add(item) };
    } catch (error) {
      if (error instanceof DomainError) throw error;
      if (isContentError(error)) {
        const { callId } = item.open;
        this.#context.log.error("the database refuses a cached call", { callId, error });
        throw error;
      }
      // Opened and settled or neither: nothing is left behind, whatever became of the connection.
      throw new DomainError(
        "database_unavailable",
        "The database does not answer. Try again in a moment.",
        { cause: error, retryAfterSeconds: 2 },
      );
    }
  }

  async #inTwo(
    call: CachedCall,
    { open, settle }: CachedItem,
  ): Promise<OpenOutcome & { charged: bigint }> {
    const opened = await this.#ledger.open(open);
    if (opened.outcome !== "opened") return { ...opened, charged: 0n };
    const { jobId } = opened;
    const answer = call.seal({ jobId, callId: open.callId });
    const settled = await this.#ledger.settle({ ...settle, jobId, answer });
    const { charged = 0n, balance } = settled ?? {};
    return { ...opened, charged, balance };
  }
}

function itemOf(context: Context, call: CachedCall): CachedItem {
  const { request, answer } = call;
  const { usage, costNanos, target, finishReason } = answer;
  const { charging } = request;
  const charge = charging.charge({ costNanos, usage, cacheHit: true });
  const open: OpenItem = {
    ...describedCall(context, request, call.stream),
    worstCostNanos: 0n,
    costMinNanos: 0n,
    planVersionId: charging.planVersionId,
    hold: charging.charged === "call" ? charge : undefined,
    holdMin: undefined,
    budgets: [],
  };
  const latencyMs = Math.round(performance.now() - call.startedMs);
  const ids = { jobId: open.jobId, callId: open.callId };
  return {
    open,
    settle: {
      ...ids,
      ...{ status: "succeeded", target, usage, finishReason, charge, latencyMs },
      providerCostNanos: 0n,
      litellmCostNanos: undefined,
      costFlags: [],
      walletId: request.principal.walletId,
      cacheHit: true,
      firstTokenMs: call.stream ? latencyMs : undefined,
      errorCode: undefined,
      errorMessage: undefined,
      claimId: request.claim?.id,
      answer: request.claim && call.seal(ids),
      endJob: open.create?.endsWithCall ? "completed" : undefined,
    },
  };
}
