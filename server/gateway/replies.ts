import type { Context } from "../context.ts";
import { replayedAnswer } from "../http/idempotency.ts";
import { Reply } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import type { ModelCatalog } from "../models/catalog.ts";
import type { CallRequest } from "./call.ts";
import type { Calls } from "./calls.ts";
import { idHeaders, type ShapeAnswer } from "./json-call.ts";
import type { Requester } from "./requests.ts";
import type { StreamAnswer } from "./stream-call.ts";

/** What the routes of calls stand on. */
export interface CallParts {
  context: Context;
  catalog: ModelCatalog;
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
  "upstream_bad_request",
  "upstream_rate_limited",
  "upstream_error",
  "gateway_installing",
  "gateway_unavailable",
  "gateway_timeout",
  "shutting_down",
] as const;

export const callHeaders = {
  "x-job-id": "The job of the call.",
  "x-call-id": "The call.",
};

export function requester(
  parts: CallParts,
  principal: TeamPrincipal,
  claim?: CallRequest["claim"],
): Requester {
  return { context: parts.context, catalog: parts.catalog, principal, claim };
}

/** Runs a JSON call and answers it, or replays the answer of the first request with its idempotency key. */
export async function jsonReply(
  parts: CallParts,
  call: CallRequest,
  shape: ShapeAnswer,
): Promise<Reply | Response> {
  const answer = await parts.calls.json(call, shape);
  if ("replay" in answer) return replayedAnswer(parts.context.masterKey, answer.replay);
  return new Reply(answer.body, { headers: idHeaders(answer) });
}

export function streamResponse(stream: StreamAnswer): Response {
  return new Response(stream.body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      // Proxies that buffer would hold the tokens back.
      "x-accel-buffering": "no",
      ...idHeaders(stream),
    },
  });
}

/** A stream is not stored, so a key could not be kept: better said than silently ignored. */
export function refuseKeyedStream(request: Request): void {
  if (!request.headers.has("idempotency-key")) return;
  throw new DomainError(
    "idempotency_not_supported",
    "A streamed call takes no Idempotency-Key yet: leave the header out, or make the call without streaming.",
  );
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
