import type { CallView } from "../../server/calls/schema.ts";
import * as format from "../format.ts";
import { barOf, type Span } from "./waterfall.ts";
import { jobs } from "../strings/jobs.ts";

const answerLooks: Record<CallView["status"], string> = {
  succeeded: "bg-bar-answer",
  in_flight: "bg-bar-answer",
  failed: "bg-bad-dot",
  aborted: "bg-warn-dot",
};

/** One call on the job's time axis: the wait for the first token pale, the answer full. */
export function CallBar({ call, span, nowMs }: { call: CallView; span: Span; nowMs: number }) {
  const { leftPercent, widthPercent, waitPercent } = barOf(call, span, nowMs);
  const startMs = Date.parse(call.created_at) - span.startMs;
  const lasts =
    call.latency_ms === null ? jobs.stillRunning : jobs.lasts(format.duration(call.latency_ms));
  const name = jobs.startsAfter(format.duration(startMs), lasts);
  return (
    <div role="img" aria-label={name} title={name} class="relative h-3 rounded-sm bg-hairline">
      <div
        class={`absolute inset-y-0 flex min-w-0.5 overflow-hidden rounded-sm ${answerLooks[call.status]}`}
        // A bar at the very end would otherwise leave the track by its least width.
        style={{ left: `min(${leftPercent}%, 100% - 2px)`, width: `${widthPercent}%` }}
      >
        {waitPercent > 0 && <div class="bg-bar-wait" style={{ width: `${waitPercent}%` }} />}
      </div>
    </div>
  );
}
