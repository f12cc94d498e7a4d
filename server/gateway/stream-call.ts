import { notKept, type StoredCall, storedFailure } from "../http/idempotency.ts";
import type { Answer } from "../litellm/wire/answer.ts";
import { NeverSent } from "../litellm/wire/connection.ts";
import { send } from "../litellm/wire/send.ts";
import { Audience, type Keeping } from "./audience.ts";
import { type CallEnd, type OpenedCall, upstreamRequest } from "./call.ts";
import { Deadlines, totalTimeoutMs } from "./deadlines.ts";
import { failedEnd, brokenOffEnd, type Replay } from "./json-call.ts";
import { KeptFrames } from "./kept-frames.ts";
import { Relay, type StreamStop } from "./relay.ts";
import { settleEnd, type SettleParts } from "./settle-end.ts";
import {
  failureFromException,
  failureFromResponse,
  type UpstreamFailure,
} from "./upstream-errors.ts";

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
  /** For a retry of its request; absent = it ends with its client. */
  kept?: JoinableStream;
}

/** A stream that goes on without its client. */
export interface JoinableStream {
  /** The stream from its first frame; undefined when that is no longer there. */
  join(signal: AbortSignal): ReadableStream<Uint8Array> | undefined;
  /** When a client has had its first byte, else at its end. */
  over: Promise<"delivered" | "succeeded" | "failed">;
  heldBytes(): number;
  drop(): void;
}

/** A stream under way, or the answer of the first request with its idempotency key. */
export type StreamOrReplay = StreamAnswer | Replay;

/** Who a stream is for. */
export interface StreamClient {
  /** Aborts when the client leaves. */
  signal: AbortSignal;
  /** Whether it gets the usage at the end. */
  withUsage: boolean;
}

interface StreamCall extends SettleParts {
  call: OpenedCall;
  client: StreamClient;
  keeping: Keeping;
  /** Between two comments while the model is silent. */
  commentMs: number;
  /** How long a client may take nothing of what is there. */
  stallMs: number;
  /** Told how to stop the stream. */
  onStop: (stop: (reason: StreamStop) => void) => void;
}

/** Sends an opened call upstream and relays its stream. Throws, settled, when the upstream refuses before it begins. */
export async function runStreamCall(options: StreamCall): Promise<StreamAnswer> {
  const { call, client, keeping } = options;
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
  if (keeping === "never") {
    client.signal.addEventListener("abort", leave);
    if (client.signal.aborted) leave();
  }
  options.onStop((reason) => abort.abort(reason));
  const stopListening = () => {
    deadlines.end();
    client.signal.removeEventListener("abort", leave);
  };

  const begun = await begin(call, abort.signal);
  if ("failure" in begun) {
    stopListening();
    const { error } = begun.failure;
    const end = await endBeforeStart(options, begun, abort.signal);
    await settleEnd(options, call, end, {
      stored: () => storedFailure(error, call.request.claim!),
    });
    call.record?.end(end.status);
    throw error;
  }
  const stream = relayed(options, begun.response, { abort, deadlines });
  return { ...stream, settled: stream.settled.finally(stopListening) };
}

/** The relay, who listens to it, and what is kept of it. */
function relayed(
  options: StreamCall,
  response: Answer,
  { abort, deadlines }: { abort: AbortController; deadlines: Deadlines },
): StreamAnswer {
  const { call, client, keeping, commentMs, stallMs } = options;
  const kept = keeping === "never" ? undefined : new KeptFrames();
  let onDelivered: () => void = () => {};
  const delivered = new Promise<"delivered">((resolve) => {
    onDelivered = () => resolve("delivered");
  });
  const audience = new Audience({ keeping, kept, commentMs, stallMs, onDelivered });
  const relay = new Relay(
    {
      ...options,
      withUsage: client.withUsage,
      deadlines,
      deliver: (frame) => audience.push(frame),
      delivered: () => audience.delivered,
      stored: (last) => storedFrames(kept!, last, call.headers),
    },
    response,
    abort,
  );
  audience.listenTo(relay);
  const stop = () => relay.stop(abort.signal.reason as StreamStop);
  abort.signal.addEventListener("abort", stop);
  if (abort.signal.aborted) stop();
  const answer = {
    callId: call.callId,
    jobId: call.jobId,
    headers: call.headers,
    balance: call.balance,
    body: audience.open(client.signal),
    settled: relay.settled.then(() => {}),
  };
  if (kept === undefined) return answer;
  const over = relay.settled.then((end) => (end === "succeeded" ? end : "failed"));
  return {
    ...answer,
    kept: {
      join: (signal) => audience.join(signal),
      // A stream with a key can be joined as long as it runs.
      over: keeping === "always" ? over : Promise.race([delivered, over]),
      heldBytes: () => kept.heldBytes,
      drop: () => kept.drop(),
    },
  };
}

/** The stream as it will have been with its last frame, which goes out after it is stored. */
function storedFrames(
  kept: KeptFrames,
  last: Uint8Array,
  headers: OpenedCall["headers"],
): StoredCall {
  const frames = kept.packedWith(last);
  return frames === undefined ? notKept : { status: 200, headers, frames };
}

interface NotBegun {
  failure: UpstreamFailure;
  /** Sent, and broken off by us: its provider may be at work. */
  cut?: boolean;
}

async function begin(
  call: OpenedCall,
  signal: AbortSignal,
): Promise<{ response: Answer } | NotBegun> {
  try {
    const response = await send({ ...upstreamRequest(call, true), signal });
    if (response.ok) return { response };
    const text = await response.text();
    call.record?.received(text);
    const fields = Object.keys(call.request.parameters);
    return { failure: failureFromResponse(response, text, { fields }) };
  } catch (error) {
    const failure = failureFromException(error, signal.aborted);
    return { failure, cut: signal.aborted && !(error instanceof NeverSent) };
  }
}

/** A refusal is free. Work that was broken off has cost its input, as far as anybody can tell. */
async function endBeforeStart(
  { call, tokens }: StreamCall,
  { failure, cut = false }: NotBegun,
  signal: AbortSignal,
): Promise<CallEnd> {
  const end = cut ? await brokenOffEnd(call, failure, tokens) : failedEnd(failure);
  if (!signal.aborted || signal.reason === "timeout") return end;
  const code = signal.reason as StreamStop;
  return { ...end, status: "aborted", error: { code, adminMessage: code } };
}
