import type { Drizzle } from "../../db/client.ts";
import type { Context } from "../context.ts";
import {
  idempotencyMismatch,
  idempotencyRunning,
  type IdempotencyClaim,
  replayedAnswer,
  sealAnswer,
} from "../http/idempotency.ts";
import { Reply } from "../http/operation.ts";
import { claimKey, storeAnswer } from "./once-store.ts";

/**
 * Work in one transaction, done once for an `Idempotency-Key`: a repeat gets the stored answer. Claim, work and answer commit
 * together, so that a failure or crash frees the key. Throws `idempotency_mismatch`.
 */
export function once(
  context: Context,
  claim: IdempotencyClaim | undefined,
  status: number,
  work: (transaction: Drizzle) => Promise<unknown>,
): Promise<Reply> {
  const at = new Date(context.clock.now());
  return context.database.drizzle.transaction(async (transaction) => {
    if (!claim) return new Reply(await work(transaction), { status });
    const { outcome, sealed } = await claimKey(transaction, at, claim);
    switch (outcome) {
      case "claimed": {
        const body = await work(transaction);
        const answer = sealAnswer(context.masterKey, { status, body });
        await storeAnswer(transaction, { id: claim.id, status, sealed: answer });
        return new Reply(body, { status });
      }
      case "replay":
        return replayedAnswer(context.masterKey, sealed!);
      case "running":
        throw idempotencyRunning();
      case "mismatch":
        throw idempotencyMismatch();
    }
  });
}
