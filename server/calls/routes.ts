import { Type } from "@sinclair/typebox";
import { authorOf } from "../audit/audit.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";
import { listAllCalls, readCall } from "./calls.ts";
import { cancelCall } from "./cancel.ts";
import { liveCalls } from "./live.ts";
import {
  CallDetail,
  callDetailExample,
  callExample,
  CallPage,
  CallQuery,
  LiveQuery,
} from "./schema.ts";

/** Calls of all teams, for admins. */
export function adminCallOperations(context: Context): readonly Operation[] {
  const tag = "Calls";
  return [
    adminOperation(
      "GET",
      "/api/calls",
      {
        operationId: "listCalls",
        needs: "viewer",
        summary: "List calls of all teams",
        description: "Newest first, with what they cost.",
        tag,
        query: CallQuery,
        success: { description: "A page of calls.", schema: CallPage },
        problems: ["amount_invalid"],
      },
      ({ query }) => listAllCalls(context, query),
    ),

    adminOperation(
      "GET",
      "/api/calls/live",
      {
        operationId: "watchCalls",
        needs: "viewer",
        summary: "Watch calls begin and end",
        description:
          "Server-Sent Events for an `EventSource`: `started` and `ended`, each with the call as the list shows it, from all servers; at first what is in flight. `passed_over` says that more calls came than are shown. A comment every 15 s; the stream ends after 15 minutes, and an `EventSource` connects again by itself.",
        tag,
        query: LiveQuery,
        success: {
          description: "The events.",
          mediaType: "text/event-stream",
          schema: Type.String({ description: "Server-Sent Events." }),
          example: `event: ended\ndata: ${JSON.stringify(callExample)}\n\n`,
        },
        problems: ["too_many_streams"],
      },
      ({ query, principal }) => {
        const leftMs = principal.expiresAt && principal.expiresAt.getTime() - context.clock.now();
        const untilMs = leftMs === null ? undefined : performance.now() + leftMs;
        return new Response(liveCalls(context, query, untilMs), {
          headers: {
            "content-type": "text/event-stream; charset=utf-8",
            "x-accel-buffering": "no",
          },
        });
      },
    ),

    adminOperation(
      "GET",
      "/api/calls/:call_id",
      {
        operationId: "getCall",
        needs: "viewer",
        summary: "Get a call",
        description:
          "With the prices it was opened with, its tokens by kind, and what was held for it.",
        tag,
        params: {
          call_id: Type.String({
            description: "Id of a call.",
            examples: ["019aaf3c-6b10-7a52-8c3d-0d6f0e6f2b11"],
          }),
        },
        success: { description: "The call.", schema: CallDetail, example: callDetailExample },
        problems: ["not_found"],
      },
      ({ params }) => readCall(context, params.call_id),
    ),

    adminOperation(
      "POST",
      "/api/calls/:call_id/cancel",
      {
        operationId: "cancelCall",
        summary: "Cancel a running call",
        description:
          "Ends its stream within two seconds, on whichever server carries it out, and charges what was delivered until then. The job goes on. A call that is no stream runs to its end at the provider and cannot be cancelled.",
        tag,
        needs: "support",
        params: {
          call_id: Type.String({
            description: "Id of a call.",
            examples: ["019aaf3c-6b10-7a52-8c3d-0d6f0e6f2b11"],
          }),
        },
        success: { status: 202, description: "It is being cancelled." },
        problems: ["not_found", "state_conflict"],
      },
      async (input) => {
        await cancelCall(context, authorOf(input), input.params.call_id);
        return new Response(null, { status: 202 });
      },
    ),
  ];
}
