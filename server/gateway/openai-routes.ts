import { Type } from "@sinclair/typebox";
import { idempotencyClaim } from "../http/idempotency.ts";
import { given } from "../http/optional.ts";
import { teamOperation, type Operation } from "../http/operation.ts";
import { validated } from "../http/validation.ts";
import { DomainError } from "../kernel/errors.ts";
import { line } from "../jobs/fields.ts";
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
    minLength: 1,
    maxLength: 100,
    description: "Puts the call in this job.",
    examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a10"],
  }),
  "x-job-ref": line(
    100,
    "Your own name of a job, UTF-8 without control characters: finds the open job of that name or creates it. It ends when idle.",
    "ticket-4711",
  ),
  "x-job-type": line(
    100,
    "The type of the job that the call makes, UTF-8 without control characters; `single_call` without it.",
    "ticket_summary",
  ),
};

const JobHeaderFields = Type.Partial(Type.Object(jobHeaders));

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
      async ({ principal, body: sent, request }) => {
        const body = given(sent);
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
      async ({ principal, body: sent, request }) => {
        const body = given(sent);
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
  const sent = Object.keys(jobHeaders).flatMap((name) => {
    const value = request.headers.get(name);
    return value === null ? [] : [[name, decoded(name, value)]];
  });
  const headers = validated(JobHeaderFields, Object.fromEntries(sent));
  const jobId = headers["x-job-id"];
  const jobReference = headers["x-job-ref"];
  if (jobId !== undefined && jobReference !== undefined) {
    const message = "X-Job-Id and X-Job-Ref name a job in two ways: send one of them.";
    throw new DomainError("invalid_request", message, { hints: { field: "x-job-ref" } });
  }
  return { jobId, jobReference, jobType: headers["x-job-type"] };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The text of a header: the runtimes hand over each of its bytes as a character of Latin-1. */
function decoded(field: string, value: string): string {
  try {
    return utf8.decode(Buffer.from(value, "latin1"));
  } catch (error) {
    const message = `The header ${field} is not valid UTF-8.`;
    throw new DomainError("invalid_request", message, { hints: { field }, cause: error });
  }
}
