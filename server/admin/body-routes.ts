import { Type } from "@sinclair/typebox";
import { readBodies } from "../bodies/bodies.ts";
import { CallBodiesView } from "../bodies/schema.ts";
import type { Context } from "../context.ts";
import { adminOperation, type Operation } from "../http/operation.ts";

/** Requests and answers, where they are stored. */
export function bodyOperations(context: Context): readonly Operation[] {
  return [
    adminOperation(
      "GET",
      "/api/calls/:call_id/bodies",
      {
        operationId: "getCallBodies",
        needs: "support",
        summary: "Get a call's request and answer",
        description:
          "Only of calls that the setting `store_bodies` asked for when they began, and as long as `store_bodies_days`. They are encrypted at rest.",
        tag: "Jobs",
        params: {
          call_id: Type.String({
            description: "Id of a call.",
            examples: ["019aaf3c-6a80-7c11-9d1b-2f9d1b6d2a11"],
          }),
        },
        success: { description: "What was sent and what came back.", schema: CallBodiesView },
        problems: ["not_found"],
      },
      ({ params: { call_id } }) => readBodies(context, call_id),
    ),
  ];
}
