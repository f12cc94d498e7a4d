import { Type } from "@sinclair/typebox";
import { idempotencyClaim } from "../http/idempotency.ts";
import { teamOperation, type Operation } from "../http/operation.ts";
import { DomainError } from "../kernel/errors.ts";
import type { TeamPrincipal } from "../keys/principal.ts";
import type { ModelAlias } from "../models/catalog.ts";
import {
  embeddingListExample,
  embeddingsExample,
  openAiChatExample,
  openAiCompletionExample,
  streamExample,
} from "./examples.ts";
import { type JobHeaders, openAiRequest } from "./requests.ts";
import {
  callHeaders,
  type CallParts,
  callProblems,
  jsonReply,
  refuseKeyedStream,
  requester,
  streamResponse,
} from "./replies.ts";
import {
  ChatCompletion,
  EmbeddingList,
  OpenAiChat,
  OpenAiEmbeddings,
  OpenAiModelList,
  StreamText,
} from "./schema.ts";

const tag = "OpenAI-compatible";

const jobHeaders = {
  "x-job-id": Type.String({
    description: "Puts the call in this job.",
    examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  }),
  "x-job-ref": Type.String({
    description:
      "Your own name of a job: finds the open job of that name or creates it. It ends when idle.",
    examples: ["ticket-4711"],
  }),
  "x-job-type": Type.String({
    description: "The type of the job that the call makes; `single_call` without it.",
    examples: ["ticket_summary"],
  }),
};

/** What an OpenAI SDK reaches by base URL and key. */
export function openAiOperations(parts: CallParts): Operation[] {
  return [
    teamOperation(
      "POST",
      "/v1/chat/completions",
      {
        operationId: "createChatCompletion",
        summary: "Create a chat completion",
        description:
          "OpenAI's endpoint: point any OpenAI SDK at this service by base URL and key. `X-Job-Id` or `X-Job-Ref` puts the call in a job; without them it is a job of its own. A stream carries usage only when `stream_options.include_usage` asks for it.",
        tag,
        body: OpenAiChat,
        bodyExample: openAiChatExample,
        headers: jobHeaders,
        success: {
          description: "The completion; Server-Sent Events with `stream`.",
          schema: ChatCompletion,
          example: openAiCompletionExample,
          headers: callHeaders,
          also: { mediaType: "text/event-stream", schema: StreamText, example: streamExample },
        },
        idempotent: true,
        startsWork: true,
        problems: [...callProblems, "idempotency_not_supported"],
      },
      async ({ principal, body, request }) => {
        if (!body.stream) {
          const headers = readJobHeaders(request);
          const claim = claimOf(principal, request, { body, headers });
          const call = await openAiRequest(
            requester(parts, principal, claim),
            "chat",
            body,
            headers,
          );
          return jsonReply(parts, call, (completion) => completion);
        }
        refuseKeyedStream(request);
        const call = await openAiRequest(
          requester(parts, principal),
          "chat",
          body,
          readJobHeaders(request),
        );
        const withUsage = body.stream_options?.include_usage === true;
        return streamResponse(
          await parts.calls.stream(call, { signal: request.signal, withUsage }),
        );
      },
    ),
    teamOperation(
      "POST",
      "/v1/embeddings",
      {
        operationId: "createEmbeddings",
        summary: "Create embeddings",
        description: "OpenAI's endpoint. The job headers work as for chat completions.",
        tag,
        body: OpenAiEmbeddings,
        bodyExample: embeddingsExample,
        headers: jobHeaders,
        success: {
          description: "The embeddings, in the order of the inputs.",
          schema: EmbeddingList,
          example: embeddingListExample,
          headers: callHeaders,
        },
        idempotent: true,
        startsWork: true,
        problems: callProblems,
      },
      async ({ principal, body, request }) => {
        const headers = readJobHeaders(request);
        const claim = claimOf(principal, request, { body, headers });
        const call = await openAiRequest(
          requester(parts, principal, claim),
          "embeddings",
          body,
          headers,
        );
        return jsonReply(parts, call, (list) => list);
      },
    ),
    teamOperation(
      "GET",
      "/v1/models",
      {
        operationId: "listOpenAiModels",
        summary: "List models, as OpenAI does",
        description: "The models that this key may use.",
        tag,
        success: {
          description: "The models.",
          schema: OpenAiModelList,
          example: {
            object: "list",
            data: [{ id: "chat-fast", object: "model", created: 1795471079, owned_by: "service" }],
          },
        },
      },
      async ({ principal }) => ({
        object: "list",
        data: (await parts.catalog.grantedTo(principal.teamId)).map(openAiModel),
      }),
    ),
  ];
}

/** The job headers count as part of the body: the same call for another job is another request. */
const claimOf = (
  principal: TeamPrincipal,
  request: Request,
  content: { body: object; headers: JobHeaders },
) => idempotencyClaim({ principalId: principal.teamId, request, body: content });

const openAiModel = (alias: ModelAlias) => ({
  id: alias.name,
  object: "model",
  created: Math.floor(alias.createdAt.getTime() / 1000),
  owned_by: "service",
});

function readJobHeaders(request: Request): JobHeaders {
  const jobId = readHeader(request, "x-job-id");
  const jobReference = readHeader(request, "x-job-ref");
  if (jobId !== undefined && jobReference !== undefined) {
    throw new DomainError(
      "invalid_request",
      "X-Job-Id and X-Job-Ref name a job in two ways: send one of them.",
      {
        hints: { field: "x-job-ref" },
      },
    );
  }
  return { jobId, jobReference, jobType: readHeader(request, "x-job-type") };
}

/** A header of 1 to 100 characters; undefined when it was not sent. */
function readHeader(request: Request, name: string): string | undefined {
  const value = request.headers.get(name);
  if (value === null) return undefined;
  if (value.length >= 1 && value.length <= 100) return value;
  throw new DomainError(
    "invalid_request",
    `The header ${name} has ${value.length} characters; it must have 1 to 100.`,
    {
      hints: { field: name },
    },
  );
}
