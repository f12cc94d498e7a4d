import { failedEnd } from "./json-call.ts";
import { type OpenedCall, settleItem, upstreamRequest } from "./call.ts";
import { Deadlines, totalTimeoutMs } from "./deadlines.ts";
import { Relay, type RelayOptions, type StreamStop } from "./relay.ts";
import {
  failureFromException,
  failureFromResponse,
  type UpstreamFailure,
} from "./upstream-errors.ts";
import { estimateUsage } from "./usage.ts";

export interface StreamAnswer {
  callId: string;
  jobId: string;
  headers: Readonly<Record<string, string>>;
  /** Micro-credits before the call is charged; undefined = not known. */
  balance: bigint | undefined;
  /** Server-Sent Events, ready to send. */
  body: ReadableStream<Uint8Array>;
  /** Resolves when the stream has ended, one way or another, and is settled. */
  settled: Promise<void>;
}

interface StreamCall extends Omit<RelayOptions, "onFrame"> {
  /** Aborts when the client leaves. */
  clientSignal: AbortSignal;
  /** Told how to stop the stream. */
  onStop: (stop: (reason: StreamStop) => void) => void;
}

/** Sends an opened call upstream and relays its stream. Throws, settled, when the upstream refuses before it begins. */
export async function runStreamCall(options: StreamCall): Promise<StreamAnswer> {
  const { call, lanes, clientSignal } = options;
  // Its reason is a StreamStop: whatever ends the stream early ends the upstream's work at once, also before its first byte.
  const abort = new AbortController();
  const { alias } = call.request;
  const deadlines = new Deadlines({
    firstByte: alias.timeouts.firstByte,
    idle: alias.timeouts.idle,
    total: totalTimeoutMs(alias),
    onOverdue: () => abort.abort("timeout"),
  });
  const leave = () => abort.abort("client_left");
  clientSignal.addEventListener("abort", leave);
  if (clientSignal.aborted) leave();
  options.onStop((reason) => abort.abort(reason));
  const stopListening = () => {
    deadlines.end();
    clientSignal.removeEventListener("abort", leave);
  };

  const begun = await begin(call, abort.signal);
  if ("failure" in begun) {
    stopListening();
    const end = endBeforeStart(call, begun.failure, abort.signal);
    await lanes.settle(settleItem(call, end));
    call.record?.end(end.status);
    throw begun.failure.error;
  }
  const relay = new Relay({ ...options, onFrame: () => deadlines.frame() }, begun.response, abort);
  const stop = () => relay.stop(abort.signal.reason as StreamStop);
  abort.signal.addEventListener("abort", stop);
  if (abort.signal.aborted) stop();
  return {
    callId: call.callId,
    jobId: call.jobId,
    headers: call.headers,
    balance: call.balance,
    body: relay.body,
    settled: relay.settled.finally(stopListening),
  };
}

async function begin(
  call: OpenedCall,
  signal: AbortSignal,
): Promise<{ response: Response } | { failure: UpstreamFailure }> {
  const { url, ...init } = upstreamRequest(call, true);
  try {
    const response = await fetch(url, { ...init, signal });
    if (response.ok) return { response };
    const text = await response.text();
    call.record?.received(text);
    return { failure: failureFromResponse(response.status, response.headers, text) };
  } catch (error) {
    return { failure: failureFromException(error, signal.aborted) };
  }
}

/** A refusal is free. Work that was broken off has cost its input, as far as anybody can tell. */
function endBeforeStart(call: OpenedCall, failure: UpstreamFailure, signal: AbortSignal) {
  const end = failedEnd(failure);
  if (!signal.aborted || signal.reason === "timeout") return end;
  const code = signal.reason as StreamStop;
  return {
    ...end,
    status: "aborted" as const,
    usage: estimateUsage(call.request, 0),
    estimated: true,
    error: { code, adminMessage: code },
  };
}
