import type { Context } from "../context.ts";
import { type StoredAnswer, storedFailure } from "../http/idempotency.ts";
import { AnswerTimeout } from "../litellm/wire/connection.ts";
import type { HeaderFields } from "../litellm/wire/response-parser.ts";
import { send } from "../litellm/wire/send.ts";
import {
  type CallEnd,
  costFromHeader,
  estimatedUsage,
  type OpenedCall,
  upstreamRequest,
} from "./call.ts";
import { type TriedTargets, triedTargets } from "./attempts.ts";
import { totalTimeoutMs } from "./deadlines.ts";
import { endpointForms } from "./endpoints.ts";
import type { LedgerLanes } from "./ledger-lanes.ts";
import { settleEnd } from "./settle-end.ts";
import type { OpenOutcome, SettleOutcome } from "./store.ts";
import type { TokenCounter } from "./tokens/token-counter.ts";
import {
  failureFromException,
  failureFromResponse,
  type UpstreamFailure,
} from "./upstream-errors.ts";
import { parseRecord } from "./usage.ts";

/** What the route makes of a sanitized completion: adds job and call ids, say. */
export type ShapeAnswer = (
  completion: Record<string, unknown>,
  ids: { jobId: string; callId: string },
) => Record<string, unknown>;

/** What a call, or the job that it ended, came to; micro-credits. */
export interface Billed {
  charged: bigint;
  balance: bigint;
}

/** The sealed answer of the first request with this idempotency key. What it came to was known only after it was sealed. */
export interface Replay {
  replay: Uint8Array;
  billed: Billed | undefined;
}

/** A fresh answer, or that of the first request. */
export type JsonAnswer =
  | {
      jobId: string;
      callId: string;
      body: Record<string, unknown>;
      /** Roughly the length of the body. */
      bytes: number;
      headers: Readonly<Record<string, string>>;
      /** Undefined = the wallet was not touched, or the end is not booked yet. */
      billed: Billed | undefined;
    }
  | Replay;

interface JsonCall {
  context: Context;
  lanes: LedgerLanes;
  tokens: TokenCounter;
  call: OpenedCall;
  shape: ShapeAnswer;
}

/** Sends an opened call upstream and settles it. Throws the public error of a failure after that is settled. */
export async function runJsonCall({
  context,
  lanes,
  tokens,
  call,
  shape,
}: JsonCall): Promise<JsonAnswer> {
  const received = await receive(call);
  if ("failure" in received) {
    const { failure, overdue } = received;
    const { error } = failure;
    const end = overdue ? await brokenOffEnd(call, failure, tokens) : failedEnd(failure);
    await settleEnd({ context, lanes }, call, end, {
      stored: () => storedFailure(error, call.request.claim!),
    });
    call.record?.end("failed");
    throw error;
  }
  const { upstream, headers, targets } = received;
  const { alias, endpoint, metadata } = call.request;
  const form = endpointForms[endpoint];
  const identity = { alias: alias.name, callId: call.callId, metadata };
  const ids = { jobId: call.jobId, callId: call.callId };
  const usage = form.usage(upstream);
  const end: CallEnd = {
    status: "succeeded",
    usage:
      usage ?? (await estimatedUsage(call, { targets, written: form.written(upstream) }, tokens)),
    estimated: usage === undefined,
    litellmCostUsd: costFromHeader(headers),
    targets,
    firstTokenMs: undefined,
    finishReason: form.finishReason(upstream),
    error: undefined,
    answer: undefined,
  };
  let body: Record<string, unknown> | undefined;
  const shaped = () => (body ??= shape(form.forTeam(upstream, identity), ids));
  const stored = (): StoredAnswer => ({ status: 200, body: shaped(), headers: call.headers });
  const settled = settleEnd({ context, lanes }, call, end, { stored });
  // The answer takes shape while the database flushes.
  shaped();
  const billed = billedBy(await settled);
  call.record?.end("succeeded");
  return { ...ids, body: shaped(), bytes: received.bytes, headers: call.headers, billed };
}

const billedBy = (settled: SettleOutcome | undefined): Billed | undefined =>
  settled?.balance === undefined
    ? undefined
    : { charged: settled.charged, balance: settled.balance };

/** What the first request came to, as its settle noted it beside the sealed answer. */
export function billedBefore({ detail }: Pick<OpenOutcome, "detail">): Billed | undefined {
  const balance = detail?.["balance"] ?? undefined;
  if (balance === undefined) return undefined;
  return { charged: BigInt(detail?.["charged"] ?? 0), balance: BigInt(balance) };
}

/** The headers that name a job and a call. */
export function idHeaders(ids: { jobId: string; callId: string }): Record<string, string> {
  return { "x-job-id": ids.jobId, "x-call-id": ids.callId };
}

type Received =
  | {
      upstream: Record<string, unknown>;
      headers: HeaderFields;
      targets: TriedTargets;
      bytes: number;
    }
  | {
      failure: UpstreamFailure;
      /** Sent, and cut by our own deadline. */
      overdue?: boolean;
    };

async function receive(call: OpenedCall): Promise<Received> {
  const totalMs = totalTimeoutMs(call.request.alias);
  try {
    const response = await send({ ...upstreamRequest(call, false), totalMs });
    const text = await response.text();
    call.record?.received(text);
    call.keeper?.received(text);
    if (!response.ok) {
      const fields = Object.keys(call.request.parameters);
      return { failure: failureFromResponse(response, text, { fields }) };
    }
    const upstream = parseRecord(text);
    if (!upstream || !endpointForms[call.request.endpoint].isAnswer(upstream))
      return {
        failure: failureFromResponse(response, `no answer of this kind: ${text}`, { status: 502 }),
      };
    const targets = triedTargets(response);
    return { upstream, headers: response.headers, targets, bytes: text.length };
  } catch (error) {
    const overdue = error instanceof AnswerTimeout;
    return { failure: failureFromException(error, overdue), overdue };
  }
}

/** A call that was sent and cut by us before anything came of it: its provider may bill what it was asked. */
export async function brokenOffEnd(
  call: OpenedCall,
  failure: UpstreamFailure,
  tokens: TokenCounter,
): Promise<CallEnd> {
  const usage = await estimatedUsage(call, { targets: failure.targets, written: [] }, tokens);
  return { ...failedEnd(failure), usage, estimated: true };
}

/** A call that gave nothing: free. */
export function failedEnd(failure: UpstreamFailure): CallEnd {
  return {
    status: "failed",
    usage: undefined,
    estimated: false,
    litellmCostUsd: undefined,
    targets: failure.targets,
    firstTokenMs: undefined,
    finishReason: undefined,
    error: { code: failure.error.code, adminMessage: failure.adminMessage },
    answer: undefined,
  };
}
