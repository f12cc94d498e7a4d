import { Type } from "@sinclair/typebox";
import { cacheHeader } from "../cache/schema.ts";
import { given } from "../http/optional.ts";
import { teamOperation, type Operation } from "../http/operation.ts";
import { requireOwnTeam } from "../keys/own-team.ts";
import { askedOnce } from "./asked-once.ts";
import {
  createAndCallExample,
  completionExample,
  jobCallExample,
  streamExample,
} from "./examples.ts";
import {
  callHeaders,
  type CallParts,
  callProblems,
  jsonReply,
  requester,
  requireStreamFlag,
  streamReply,
} from "./replies.ts";
import { createAndCallRequest, jobCallRequest } from "./requests.ts";
import {
  CreateAndCall,
  CreateAndCallAnswer,
  CreateAndStream,
  JobCall,
  JobChatCompletion,
  StreamedJobCall,
  StreamText,
} from "./schema.ts";

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
        headers: cacheHeader,
        success: {
          description: "The completion.",
          schema: JobChatCompletion,
          example: completionExample,
          headers: callHeaders,
        },
        idempotent: true,
        startsWork: true,
        forBrowsers: true,
        problems: callProblems,
      },
      async ({ principal, params, body: sent, request }) => {
        const body = given(sent);
        requireStreamFlag(body.stream, false);
        const asked = askedOnce(principal, request, body);
        const call = await jobCallRequest(requester(parts, principal, asked), params.job_id, body);
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
        body: StreamedJobCall,
        bodyExample: jobCallExample,
        headers: cacheHeader,
        success: streamSuccess,
        idempotent: true,
        startsWork: true,
        forBrowsers: true,
        problems: callProblems,
      },
      async ({ principal, params, body: sent, request }) => {
        const body = given(sent);
        requireStreamFlag(body.stream, true);
        const asked = askedOnce(principal, request, body);
        const call = await jobCallRequest(requester(parts, principal, asked), params.job_id, body);
        return streamReply(parts, call, { signal: request.signal, withUsage: true });
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
        headers: cacheHeader,
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
            billing: { credits_charged: 1, credits_remaining: 99 },
          },
          headers: callHeaders,
        },
        idempotent: true,
        startsWork: true,
        problems: callProblems,
      },
      async ({ principal, body: sent, request }) => {
        const body = given(sent);
        requireStreamFlag(body.stream, false);
        requireOwnTeam(principal, body.team_id);
        const asked = askedOnce(principal, request, body);
        const call = await createAndCallRequest(requester(parts, principal, asked), body);
        return jsonReply(
          parts,
          call,
          (completion, ids) => ({
            ...withIds(completion, ids),
            summary: oneCallSummary(completion["usage"]),
          }),
          { withBilling: true },
        );
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
        body: CreateAndStream,
        bodyExample: createAndCallExample,
        headers: cacheHeader,
        success: streamSuccess,
        idempotent: true,
        startsWork: true,
        problems: callProblems,
      },
      async ({ principal, body: sent, request }) => {
        const body = given(sent);
        requireStreamFlag(body.stream, true);
        requireOwnTeam(principal, body.team_id);
        const asked = askedOnce(principal, request, body);
        const call = await createAndCallRequest(requester(parts, principal, asked), body);
        return streamReply(parts, call, { signal: request.signal, withUsage: true });
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

const withIds = (completion: Record<string, unknown>, ids: { jobId: string; callId: string }) => ({
  ...completion,
  job_id: ids.jobId,
  call_id: ids.callId,
});

function oneCallSummary(usage: unknown): object {
  const { total_tokens } = (usage ?? {}) as { total_tokens?: number };
  return { total_calls: 1, successful_calls: 1, failed_calls: 0, total_tokens: total_tokens ?? 0 };
}
