import { cacheHeader } from "../../cache/schema.ts";
import { given } from "../../http/optional.ts";
import { teamOperation, type Operation } from "../../http/operation.ts";
import { askedOnce } from "../asked-once.ts";
import { jobHeaders, readJobHeaders } from "../job-headers.ts";
import {
  callHeaders,
  type CallParts,
  callProblems,
  jsonReply,
  requester,
  streamReply,
} from "../replies.ts";
import { openAiResponseRequest } from "../requests.ts";
import { StreamText } from "../schema.ts";
import { responseExample, responseRequestExample, responseStreamExample } from "./examples.ts";
import { OpenAiResponse, ResponseAnswer } from "./schema.ts";

/** OpenAI's Responses API, as far as nothing has to be kept between two requests. */
export function responseOperations(parts: CallParts): Operation[] {
  return [
    teamOperation(
      "POST",
      "/v1/responses",
      {
        operationId: "createResponse",
        summary: "Create a response",
        description:
          "OpenAI's endpoint. Nothing is kept: the conversation so far is sent in `input`, and the fields `previous_response_id`, `conversation`, `background` and `prompt`, references to items and tools that run at the provider are refused. A stream consists of typed events and ends with `response.completed`, `response.incomplete` or `response.failed`; what breaks it off is an event `error`. The job headers work as for chat completions.",
        tag: "OpenAI-compatible",
        body: OpenAiResponse,
        bodyExample: responseRequestExample,
        headers: { ...jobHeaders, ...cacheHeader },
        success: {
          description: "The response; Server-Sent Events with `stream`.",
          schema: ResponseAnswer,
          example: responseExample,
          headers: callHeaders,
          also: {
            mediaType: "text/event-stream",
            schema: StreamText,
            example: responseStreamExample,
          },
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
        const call = await openAiResponseRequest(requester(parts, principal, asked), body, headers);
        if (!body.stream) return jsonReply(parts, call, (response) => response);
        return streamReply(parts, call, { signal: request.signal, withUsage: true });
      },
    ),
  ];
}
