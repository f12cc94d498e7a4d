import type { CallView } from "../../server/calls/schema.ts";

/** The time axis that all bars of a job share, in milliseconds since the epoch. */
export interface Span {
  startMs: number;
  endMs: number;
}

/** Where a call's bar lies, in percent of the span; `waitPercent` is the part of the bar before the first token. */
interface Bar {
  leftPercent: number;
  widthPercent: number;
  waitPercent: number;
}

/**
 * From the first call's start to the last one's end; a call in flight reaches to `nowMs`. Not the job's own span: an
 * application may keep a job open for an hour around one call, which would shrink every bar to nothing.
 */
export function spanOf(calls: readonly CallView[], nowMs: number): Span {
  const startMs = Math.min(...calls.map((call) => Date.parse(call.created_at)));
  const endMs = Math.max(...calls.map((call) => endOf(call, nowMs)));
  return { startMs, endMs: Math.max(endMs, startMs + 1) };
}

export function barOf(call: CallView, span: Span, nowMs: number): Bar {
  const length = span.endMs - span.startMs;
  const start = Date.parse(call.created_at);
  const lasts = Math.max(endOf(call, nowMs) - start, 0);
  return {
    leftPercent: percent(start - span.startMs, length),
    widthPercent: percent(lasts, length),
    waitPercent: call.first_token_ms === null ? 0 : percent(call.first_token_ms, lasts),
  };
}

function endOf(call: CallView, nowMs: number): number {
  return call.ended_at === null ? nowMs : Date.parse(call.ended_at);
}

function percent(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(100, Math.max(0, (100 * part) / whole));
}
