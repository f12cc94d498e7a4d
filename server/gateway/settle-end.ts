import type { Context } from "../context.ts";
import { sealAnswer, type StoredCall } from "../http/idempotency.ts";
import { type CallEnd, type OpenedCall, settleItem } from "./call.ts";
import type { LedgerLanes } from "./ledger-lanes.ts";
import { freeKey, type SettleItem, type SettleOutcome } from "./store.ts";
import type { TokenCounter } from "./tokens/token-counter.ts";

export interface SettleParts {
  context: Pick<Context, "database" | "log" | "masterKey">;
  lanes: Pick<LedgerLanes, "settle">;
  /** For calls whose provider has not counted. */
  tokens: TokenCounter;
}

interface Ending {
  /** Nobody has had anything of a failure, though its model has written: the team does not pay for the call itself. */
  free?: boolean;
  /** What a repeat gets, if the call has an idempotency key. */
  stored: () => StoredCall;
}

/**
 * Settles a call and stores its answer under its idempotency key, if it has one. Invariant: what was charged, also of a
 * failure, is answered again; a failure that was not charged frees the key, so that its repeat runs anew.
 */
export async function settleEnd(
  parts: Omit<SettleParts, "tokens">,
  call: OpenedCall,
  end: CallEnd,
  ending: Ending,
): Promise<SettleOutcome | undefined> {
  const priced = settleItem(call, end);
  const free = ending.free === true || gaveNothing(end);
  const item = free ? { ...priced, charge: 0n } : priced;
  const outcome = await settleKeyed(parts, call, item, ending);
  call.keeper?.ended(item, call.sentLimit);
  return outcome;
}

/** A failure without a token of output is the operator's loss, if it cost anything; `settle_calls` holds to the same. */
const gaveNothing = ({ status, usage }: CallEnd) =>
  status === "failed" && (usage?.outputTokens ?? 0) === 0;

async function settleKeyed(
  { context, lanes }: Omit<SettleParts, "tokens">,
  call: OpenedCall,
  item: SettleItem,
  { stored }: Ending,
): Promise<SettleOutcome | undefined> {
  const { claim } = call.request;
  const failed = item.status !== "succeeded";
  if (claim === undefined || (failed && !mayBeCharged(call, item))) return lanes.settle(item);
  const answer = stored();
  const sealed = sealAnswer(context.masterKey, answer);
  const outcome = await lanes.settle({ ...item, answer: { status: answer.status, sealed } });
  // Whether a job that ends with its call is charged is known to its settle only.
  if (failed && outcome?.charged === 0n) {
    const key = { id: claim.id, callId: call.callId };
    await freeKey(context.database, key).catch((error: unknown) => {
      // At worst the failure is answered again for a day.
      context.log.warn("an idempotency key could not be freed", { callId: call.callId, error });
    });
  }
  return outcome;
}

function mayBeCharged({ request: { job } }: OpenedCall, item: SettleItem): boolean {
  if (item.charge > 0n) return true;
  return "create" in job && job.create.endsWithCall && job.create.start?.terms.charged === "job";
}
