import { Type } from "@sinclair/typebox";
import type { Context } from "../context.ts";
import { idempotencyClaim, replayedAnswer } from "../http/idempotency.ts";
import { Reply, teamOperation, type Operation } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import { microsToCredits } from "../kernel/money.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import type { ModelCatalog } from "../models/catalog.ts";
import type { CallRequest } from "./call.ts";
import type { Calls } from "./calls.ts";
import {
  createAndCallExample,
  completionExample,
  jobCallExample,
  streamExample,
} from "./examples.ts";
import { idHeaders, type ShapeAnswer } from "./json-call.ts";
import { createAndCallRequest, jobCallRequest, type Requester } from "./requests.ts";
import {
  CreateAndCall,
  CreateAndCallAnswer,
  JobCall,
  JobChatCompletion,
  StreamText,
} from "./schema.ts";
import { walletBalance } from "./store.ts";
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

const tag = "Calls";
const jobIdParameter = {
  job_id: Type.String({
    description: "The job.",
    examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  }),
};

/** Calls in a job, and a job of one call in one request. */
export function callOperations(parts: CallParts): Operation[] {
  return [
    teamOperation(
      "POST",
      "/api/jobs/:job_id/llm-call",
      {
        operationId: "callInJob",
        summary: "Make a call in a job",
        description:
          "An OpenAI chat completion as part of a job. Messages alone are enough: without `model` the one set for the job's type is used, else the team's default, else the only one granted.",
        tag,
        params: jobIdParameter,
        body: JobCall,
        bodyExample: jobCallExample,
        success: {
          description: "The completion.",
          schema: JobChatCompletion,
          example: completionExample,
          headers: callHeaders,
        },
        idempotent: true,
        startsWork: true,
        problems: callProblems,
      },
      async ({ principal, params, body, request }) => {
        const claim = idempotencyClaim({ principalId: principal.teamId, request, body });
        const call = await jobCallRequest(requester(parts, principal, claim), params.job_id, body);
        return jsonReply(parts, call, withIds);
      },
    ),
    teamOperation(
      "POST",
      "/api/jobs/:job_id/llm-call-stream",
      {
        operationId: "streamInJob",
        summary: "Make a streamed call in a job",
        description:
          'The same as a call in a job, as Server-Sent Events: OpenAI `chat.completion.chunk` frames, the last with `usage`, then `data: [DONE]`. An error after the first byte is one `{"error": …}` event, then the end.',
        tag,
        params: jobIdParameter,
        body: JobCall,
        bodyExample: jobCallExample,
        success: streamSuccess,
        startsWork: true,
        problems: [...callProblems, "idempotency_not_supported"],
      },
      async ({ principal, params, body, request }) => {
        refuseKeyedStream(request);
        const call = await jobCallRequest(requester(parts, principal), params.job_id, body);
        return streamResponse(
          await parts.calls.stream(call, { signal: request.signal, withUsage: true }),
        );
      },
    ),
    teamOperation(
      "POST",
      "/api/jobs/create-and-call",
      {
        operationId: "createAndCall",
        summary: "Create a job, make its only call, complete it",
        description:
          "A whole job in one request. It ends `completed` when the call succeeded, else `failed`. The answer has the completion and what `complete` tells.",
        tag,
        body: CreateAndCall,
        bodyExample: createAndCallExample,
        success: {
          description: "The completion, and the job's summary and billing.",
          schema: CreateAndCallAnswer,
          example: {
            ...completionExample,
            summary: {
              total_calls: 1,
              successful_calls: 1,
              failed_calls: 0,
              total_tokens: completionExample.usage.total_tokens,
            },
            billing: { credits_charged: 0, credits_remaining: 100 },
          },
          headers: callHeaders,
        },
        idempotent: true,
        startsWork: true,
        problems: callProblems,
      },
      async ({ principal, body, request }) => {
        requireOwnTeam(principal, body.team_id);
        const claim = idempotencyClaim({ principalId: principal.teamId, request, body });
        const call = await createAndCallRequest(requester(parts, principal, claim), body);
        return jsonReply(parts, call, async (completion, ids) => ({
          ...withIds(completion, ids),
          summary: oneCallSummary(completion["usage"]),
          billing: {
            credits_charged: 0,
            credits_remaining: microsToCredits(
              await walletBalance(parts.context.database, principal.teamId),
            ),
          },
        }));
      },
    ),
    teamOperation(
      "POST",
      "/api/jobs/create-and-call-stream",
      {
        operationId: "createAndStream",
        summary: "Create a job, stream its only call, complete it",
        description:
          "The same as create-and-call, as Server-Sent Events. The job's id stands in `x-job-id`.",
        tag,
        body: CreateAndCall,
        bodyExample: createAndCallExample,
        success: streamSuccess,
        startsWork: true,
        problems: [...callProblems, "idempotency_not_supported"],
      },
      async ({ principal, body, request }) => {
        refuseKeyedStream(request);
        requireOwnTeam(principal, body.team_id);
        const call = await createAndCallRequest(requester(parts, principal), body);
        return streamResponse(
          await parts.calls.stream(call, { signal: request.signal, withUsage: true }),
        );
      },
    ),
  ];
}

const streamSuccess = {
  description: "Server-Sent Events.",
  mediaType: "text/event-stream",
  schema: StreamText,
  example: streamExample,
  headers: callHeaders,
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

function requireOwnTeam(principal: TeamPrincipal, teamId: string | undefined): void {
  if (teamId === undefined || teamId === principal.teamId) return;
  throw new DomainError(
    "not_found",
    "There is no such team: team_id, when given, must be the key's own.",
  );
}

const withIds = (completion: Record<string, unknown>, ids: { jobId: string; callId: string }) => ({
  ...completion,
  job_id: ids.jobId,
  call_id: ids.callId,
});

function oneCallSummary(usage: unknown): object {
  const { total_tokens } = (usage ?? {}) as { total_tokens?: number };
  return { total_calls: 1, successful_calls: 1, failed_calls: 0, total_tokens: total_tokens ?? 0 };
}
