import type { Context } from "../context.ts";
import type { BudgetCatalog } from "../budgets/catalog.ts";
import { cacheAnswerHeaders } from "../cache/schema.ts";
import { openAnswer, replayedAnswer, replayedHeader } from "../http/idempotency.ts";
import { Reply } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import { microsToCredits } from "../kernel/money.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import { rateLimitHeaderTexts } from "../limits/headers.ts";
import type { ModelCatalog } from "../models/catalog.ts";
import type { PlanCatalog } from "../pricing/catalog.ts";
import type { CallRequest } from "./call.ts";
import type { Calls } from "./calls.ts";
import type { AskedOnce } from "./asked-once.ts";
import type { Billed, ShapeAnswer } from "./json-call.ts";
import { unpackFrames } from "./kept-frames.ts";
import type { Requester } from "./requests.ts";
import type { StreamClient } from "./stream-call.ts";

/** What the routes of calls stand on. */
export interface CallParts {
  context: Context;
  catalog: ModelCatalog;
  plans: PlanCatalog;
  budgets: BudgetCatalog;
  calls: Calls;
}

/** Everything that a call may be refused with, beside what every operation may. */
export const callProblems = [
  "not_found",
  "job_ended",
  "job_expired",
  "team_paused",
  "model_not_granted",
  "model_ambiguous",
  "model_not_found",
  "model_unpriced",
  "model_unavailable",
  "insufficient_credits",
  "job_limit_exceeded",
  "budget_exceeded",
  "upstream_bad_request",
  "rate_limited",
  "upstream_rate_limited",
  "upstream_error",
  "gateway_installing",
  "gateway_unavailable",
  "gateway_timeout",
  "answer_not_kept",
  "shutting_down",
] as const;

export const callHeaders = {
  "x-job-id": "The job of the call.",
  "x-call-id": "The call.",
  ...cacheAnswerHeaders,
  "idempotency-replayed":
    "`true` where this is the answer of an earlier request, by its `Idempotency-Key` or as an SDK's automatic retry.",
  "x-credits-remaining": "The team's balance, where the call has changed or needed it.",
  "x-max-tokens-clamped":
    "The output limit that the call was cut down to, because credits or a budget allow no more.",
  ...rateLimitHeaderTexts,
};

export function requester(parts: CallParts, principal: TeamPrincipal, asked: AskedOnce): Requester {
  const { context, catalog, plans, budgets } = parts;
  return { context, catalog, plans, budgets, principal, ...asked };
}

/**
 * Runs a JSON call and answers it, or replays the answer of the first request with its idempotency key. `withBilling` adds what
 * the job came to.
 */
export async function jsonReply(
  parts: CallParts,
  call: CallRequest,
  shape: ShapeAnswer,
  options: { withBilling: boolean } = { withBilling: false },
): Promise<Reply> {
  const answer = await parts.calls.json(call, shape);
  const first =
    "replay" in answer ? replayedAnswer(parts.context.masterKey, answer.replay) : answer;
  const { billed } = answer;
  const status = ("status" in first ? first.status : undefined) ?? 200;
  const withBilling = options.withBilling && status === 200;
  return new Reply(
    withBilling ? { ...(first.body as object), billing: billingOf(billed) } : first.body,
    { status, headers: { ...first.headers, ...creditHeaders(billed?.balance) } },
  );
}

/** Null while the database has not booked it: the answer itself does not wait longer than ten seconds for that. */
function billingOf(billed: Billed | undefined) {
  return {
    credits_charged: billed ? microsToCredits(billed.charged) : null,
    credits_remaining: billed ? microsToCredits(billed.balance) : null,
  };
}

export function creditHeaders(balance: bigint | undefined): Record<string, string> {
  return balance === undefined ? {} : { "x-credits-remaining": String(microsToCredits(balance)) };
}

/** Runs a streamed call and relays it, or replays the stream of the first request with its idempotency key. */
export async function streamReply(
  parts: CallParts,
  call: CallRequest,
  client: StreamClient,
): Promise<Response | Reply> {
  const stream = await parts.calls.stream(call, client);
  if (!("replay" in stream)) return streamResponse(stream.body, stream.headers, stream.balance);
  const { masterKey } = parts.context;
  const stored = openAnswer(masterKey, stream.replay);
  // It was refused before it began.
  if (!("frames" in stored)) return replayedAnswer(masterKey, stream.replay);
  const headers = { ...stored.headers, ...replayedHeader };
  return streamResponse(unpackFrames(stored.frames), headers, stream.billed?.balance);
}

function streamResponse(
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
  balance: bigint | undefined,
): Response {
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      // Proxies that buffer would hold the tokens back.
      "x-accel-buffering": "no",
      ...headers,
      ...creditHeaders(balance),
    },
  });
}

/** On the job's endpoints the path says whether to stream; a body that says otherwise is a slip. */
export function requireStreamFlag(stream: boolean | undefined, streams: boolean): void {
  if (stream === undefined || stream === streams) return;
  throw new DomainError(
    "invalid_request",
    streams
      ? "stream is false; this endpoint streams: leave the field out, or use the endpoint of the same name without -stream."
      : "stream is true; this endpoint does not stream: use the endpoint of the same name with -stream.",
    { hints: { field: "stream" } },
  );
}
