import type { FoundCallView } from "../../server/calls/schema.ts";

/** Rows that are kept; older ones that have ended make room. */
const mostRows = 200;

/** What a tail shows: newest first. */
export interface Tail {
  calls: readonly FoundCallView[];
  passedOver: boolean;
}

export const emptyTail: Tail = { calls: [], passedOver: false };

/** An event of the stream, or the remark that some were passed over. */
export type TailEvent = FoundCallView | "passed_over";

/**
 * The tail after some events. A call that ended takes the place it had; one that was told twice stands once; when there are too
 * many, the oldest that are over leave first.
 */
export function after(tail: Tail, events: readonly TailEvent[]): Tail {
  const calls = new Map(tail.calls.map((call) => [call.call_id, call]));
  let { passedOver } = tail;
  for (const event of events) {
    if (event === "passed_over") passedOver = true;
    else if (!isOlder(event, calls.get(event.call_id))) calls.set(event.call_id, event);
  }
  // Ids are UUIDv7: their order is that of the calls' beginnings.
  const sorted = [...calls.values()].sort((one, other) => (one.call_id < other.call_id ? 1 : -1));
  return { calls: shortened(sorted), passedOver };
}

/** The start of a call whose end is known already: the two may come out of order when the tail connects again. */
function isOlder(event: FoundCallView, known: FoundCallView | undefined): boolean {
  return event.status === "in_flight" && known !== undefined && known.status !== "in_flight";
}

function shortened(calls: FoundCallView[]): FoundCallView[] {
  let excess = calls.length - mostRows;
  if (excess <= 0) return calls;
  const kept: FoundCallView[] = [];
  for (const call of calls.toReversed()) {
    if (excess > 0 && call.status !== "in_flight") excess -= 1;
    else kept.push(call);
  }
  return kept.reverse().slice(0, mostRows);
}
