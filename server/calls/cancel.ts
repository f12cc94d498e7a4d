import { type Author, recordAudit } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { findCall } from "../jobs/search.ts";
import { DomainError } from "../kernel/errors.ts";
import { deleteCancellations, insertCancellation } from "./store.ts";

/** No stream runs longer. */
const KEPT_MS = 24 * 3_600_000;

/**
 * Has a stream stopped by the instance that carries it out, which learns it by its heartbeat. Throws `not_found`, and
 * `state_conflict` for a call that is over or no stream: the gateway would run that one to its end all the same.
 */
export async function cancelCall(context: Context, author: Author, callId: string): Promise<void> {
  const call = await findCall(context, callId);
  if (!call) throw new DomainError("not_found", "There is no call with this id.");
  if (call.status !== "in_flight") {
    throw new DomainError("state_conflict", `The call is over already: ${call.status}.`);
  }
  if (!call.stream) {
    throw new DomainError(
      "state_conflict",
      "The call is no stream: the provider answers it to its end, whatever is asked here.",
    );
  }
  const at = new Date(context.clock.now());
  await context.database.drizzle.transaction(async (transaction) => {
    await deleteCancellations(transaction, new Date(at.getTime() - KEPT_MS));
    await insertCancellation(transaction, call.id, at);
    await recordAudit(transaction, at, author, {
      action: "call.cancel",
      subject: { kind: "call", id: call.id },
      organizationId: call.organizationId,
      teamId: call.teamId,
      before: { status: "in_flight" },
      after: { status: "cancelled" },
    });
  });
}
