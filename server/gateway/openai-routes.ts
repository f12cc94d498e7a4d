import { cacheHeader } from "../cache/schema.ts";
import { given } from "../http/optional.ts";
import { teamOperation, type Operation } from "../http/operation.ts";
import { askedOnce } from "./asked-once.ts";
import {
  embeddingListExample,
  embeddingsExample,
  openAiChatExample,
  openAiCompletionExample,
  streamExample,
} from "./examples.ts";
import { jobHeaders, readJobHeaders } from "./job-headers.ts";
import { openAiModelOperations } from "./openai-models.ts";
import { openAiChatRequest, openAiRequest } from "./requests.ts";
import { responseOperations } from "./responses/routes.ts";
import {
  callHeaders,
  type CallParts,
  callProblems,
  jsonReply,
  requester,
  streamReply,
} from "./replies.ts";
import {
  ChatCompletion,
  EmbeddingList,
  OpenAiChat,
  OpenAiEmbeddings,
  StreamText,
} from "./schema.ts";

const tag = "OpenAI-compatible";

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
        headers: { ...jobHeaders, ...cacheHeader },
        success: {
          description: "The completion; Server-Sent Events with `stream`.",
          schema: ChatCompletion,
          example: openAiCompletionExample,
          headers: callHeaders,
          also: { mediaType: "text/event-stream", schema: StreamText, example: streamExample },
        },
        idempotent: true,
        startsWork: true,
        forBrowsers: true,
        problems: callProblems,
      },
      async ({ principal, body: sent, request }) => {
        const body = given(sent);
        const headers = readJobHeaders(request);
        const asked = askedOnce(principal, request, { body, headers });
        const call = await openAiChatRequest(requester(parts, principal, asked), body, headers);
        if (!body.stream) return jsonReply(parts, call, (completion) => completion);
        const withUsage = body.stream_options?.include_usage === true;
        return streamReply(parts, call, { signal: request.signal, withUsage });
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
        headers: { ...jobHeaders, ...cacheHeader },
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
        const asked = askedOnce(principal, request, { body, headers });
        const call = await openAiRequest(
          requester(parts, principal, asked),
          "embeddings",
          body,
          headers,
        );
        return jsonReply(parts, call, (list) => list);
      },
    ),
    ...responseOperations(parts),
    ...openAiModelOperations(parts.catalog),
  ];
}
